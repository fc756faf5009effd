"""Bursts of steps: how long they are, and that they allocate nothing."""

import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import nn_model.train
import nn_model.train.callbacks
import nn_model.train.fit
from nn_layers import Dense, Dropout, ElasticNet, He, ReLU
from nn_loss import MSE, CrossEntropy, Loss
from nn_model import NN
from nn_model.train.loop import Loop
from nn_model.train.source import Source, make_source
from nn_model.train.stream import stream
from nn_optim import SGD, Adam, ClipNorm

Array = np.ndarray[Any, np.dtype[Any]]
MakeNetwork = Callable[..., NN]
RNG = np.random.default_rng(0)


def source_of(nn: NN, rows: int, weighted: bool, batch_size: int) -> Source:
    x = RNG.standard_normal((rows, 784)).astype("float32")
    y: Array = RNG.integers(0, 10, rows) if nn.task == "classification" else x[:, :10]
    weights = np.ones(rows, "float32") if weighted else None
    return make_source((*nn.core.checked(x, y), weights), np.arange(rows), batch_size, 0, True)


@pytest.mark.parametrize("loss", [CrossEntropy(), MSE()], ids=repr)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("rows", [6400, 64])
def test_a_burst_of_100_steps_allocates_no_array(loss: Loss, weighted: bool, rows: int) -> None:
    penalty = ElasticNet(1e-5, 1e-5)
    nn = NN([Dense(784, 32, He(), penalty), ReLU(), Dropout(0.2), Dense(32, 10)], loss, Adam(), clip=ClipNorm(1.0))
    source = source_of(nn, rows, weighted, 64)
    program = stream(nn.core.trainer.program(64, weighted=weighted), source, np.zeros(4))
    for step in range(200):
        nn.core.update.set_rate(0.001, step)
    source.begin(0, 0)
    nn.core.engine.run(program, 100)
    source.begin(1, 0)
    tracemalloc.start()
    assert nn.core.engine.run(program, 100) == 100
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 16 * 1024
    assert source.cursor[0] == 6400


def test_a_burst_ends_after_about_50_ms(x: Array, y: Array, recorder: Any) -> None:
    nn = NN([Dense(4, 3)], CrossEntropy(), SGD())
    nn.core.update.part.calls.append((lambda: time.sleep(0.01), ()))
    seen = recorder()
    nn.fit(x, y, batch_size=1, callbacks=[seen], verbose=False)
    steps = [step for kind, _, _, step in seen.seen if kind == "steps"]
    assert steps[0] == 1
    assert steps[-1] == 37
    assert 9 <= len(steps) <= 20


def test_a_quick_network_makes_an_epoch_in_few_bursts(x: Array, y: Array, recorder: Any) -> None:
    nn, seen = NN([Dense(4, 3)], CrossEntropy(), SGD()), recorder()
    rows, labels = np.tile(x, (100, 1)), np.tile(y, 100)
    nn.fit(rows, labels, batch_size=1, callbacks=[seen], verbose=False)
    bursts = np.diff([0, *(step for kind, _, _, step in seen.seen if kind == "steps")])
    assert bursts.sum() == 3700
    assert 2 <= len(bursts) < 100
    assert bursts.max() <= 1024


@pytest.mark.parametrize("module", [nn_model.train, nn_model.train.callbacks])
def test_names_are_exported(module: Any) -> None:
    assert dir(module) == sorted(module.__all__)
    for name in module.__all__:
        assert getattr(module, name).__name__ == name
        assert getattr(module, name).__doc__.partition("\n")[0].endswith(".")
    with pytest.raises(AttributeError, match="has no attribute 'Trainer'"):
        module.Trainer  # noqa: B018  # the access is the test


@pytest.mark.parametrize("engine", ["numpy", "numba"])
@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("pace", [1, 2, 5, 7, 1000])
def test_epochs_gone_through_at_once_are_those_of_a_watched_run(
    x: Array, y: Array, recorder: Any, monkeypatch: pytest.MonkeyPatch, engine: Any, shuffle: bool, pace: int
) -> None:
    pytest.importorskip("numba" if engine == "numba" else "numpy")
    monkeypatch.setattr(Loop, "timely", lambda _: pace)
    watched, alone, stopped = (NN([Dense(4, 3)], CrossEntropy(), Adam(), engine=engine) for _ in range(3))
    options: dict[str, Any] = {"batch_size": 9, "shuffle": shuffle, "verbose": False}
    rows, labels = x[:36], y[:36]
    history = watched.fit(rows, labels, epochs=7, callbacks=[recorder()], **options)
    assert alone.fit(rows, labels, epochs=7, **options).train_loss == history.train_loss
    assert alone.theta.tobytes() == watched.theta.tobytes()

    @contextmanager
    def hurried() -> Iterator[Callable[[], str | None]]:
        yield lambda: "somebody wants to go home"

    with monkeypatch.context() as patch:  # it ends after its first burst, wherever that is
        patch.setattr(nn_model.train.fit, "interruptible", hurried)
        stopped.fit(rows, labels, epochs=7, **options)
    assert stopped.run is not None
    assert stopped.run.step == min(pace - (pace % 4 if pace > 4 else 0), 28)
    again = stopped.fit(rows, labels, epochs=7, resume=True, **options)
    assert again.train_loss == history.train_loss
    assert stopped.theta.tobytes() == watched.theta.tobytes()
