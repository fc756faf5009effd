"""What the work costs at least: its bare matrix products, the program without `fit`, one thread instead of two."""

import threading
from dataclasses import replace

import numpy as np

from benchmarks.contenders.ours import compiled
from benchmarks.row import Row, Run
from nn_layers import Dense
from nn_model.train.source import Source
from nn_model.train.stream import stream

__all__ = ["one_thread", "products", "program", "two_threads", "unshuffled"]


def products(row: Row) -> Run:
    """Give exactly the matrix products of one training step of dense layers, as bare calls."""
    nn = row.make()
    rows, rng = len(row.batches()[0][0]), np.random.default_rng(0)
    calls = []
    for i, layer in enumerate(layer for layer in nn.layers if isinstance(layer, Dense)):
        a, b = layer.in_features or 0, layer.out_features
        x, w, y = (rng.standard_normal(shape, dtype=np.float32) for shape in ((rows, a), (a, b), (rows, b)))
        calls += [(x, w, y), (x.T, y, np.empty_like(w))]
        if i:  # nobody reads the gradient of the data
            calls.append((y, w.T, np.empty_like(x)))
    made = sum(line.count(" affine.") for line in nn.explain(rows).splitlines())
    if made != len(calls):  # the comparison would be of different work
        raise ValueError(f"the program makes {made} products, the yardstick {len(calls)}")

    def run(times: int) -> float:
        for _ in range(times):
            for left, right, out in calls:
                np.matmul(left, right, out=out)
        return np.nan

    return run


def program(row: Row) -> Run:
    """Run the program of an epoch, its batches gathered, with nobody around it."""
    nn = row.make(engine="numpy")
    x, y = row.data()
    source = Source(x, y, None, np.arange(len(x)), row.batch_size or len(x), seed=0, shuffle=False)
    made, sums = stream(nn.core.trainer.program(source.batch_size), source, np.zeros(4)), np.zeros(4)

    def run(times: int) -> float:
        for epoch in range(times):
            sums[:] = 0.0
            source.begin(epoch, 0)
            nn.core.engine.run(made, source.batches)
        return np.nan

    return run


def one_thread(row: Row) -> Run:
    """Answer twice, one time after the other."""
    nn = row.make()
    (x, _) = row.data()

    def run(times: int) -> float:
        for _ in range(2 * times):
            nn.predict(x)
        return np.nan

    return run


def two_threads(row: Row) -> Run:
    """Answer twice, at the same time."""
    nn = row.make()
    (x, _) = row.data()

    def answer(times: int) -> None:
        for _ in range(times):
            nn.predict(x)

    def run(times: int) -> float:
        workers = [threading.Thread(target=answer, args=(times,)) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return np.nan

    return run


def unshuffled(row: Row) -> Run:
    """Train by `fit` with the compiled engine on rows in their own order, whose losses are others."""
    train = compiled(replace(row, shuffle=False))

    def run(times: int) -> float:
        train(times)
        return np.nan

    return run
