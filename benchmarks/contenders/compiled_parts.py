"""Parts of a step alone under the compiled engine, which runs whole programs: an update, and a stack's two passes."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.contenders.ours import SOME
from benchmarks.row import Array, Row, Run
from nn_layers.binding import Arena, Binder, Vectors
from nn_layers.calls import Port
from nn_layers.passes import backward_pass, forward_pass
from nn_model.engines import make_engine
from nn_model.program import Part, Program, make_update
from nn_model.train.kernels import total
from nn_optim import SGD, Optimizer

__all__ = ["passes", "updates"]


def program(rule: Optimizer, theta: Array, grad: Array) -> Program:
    """Make a program that updates theta, at the optimizer's own rate, and computes no gradient yet."""
    whole: Any = SimpleNamespace(decay_ranges=lambda: ((0, theta.size),))
    update = make_update(rule, None, theta, grad, whole)
    update.rates[:] = getattr(rule, "lr", 0.0)
    nothing, loss, gradients = Port(np.empty(0), ()), np.zeros(1), Part()
    gradients.add("loss", [(total, np.zeros(1), loss)])  # an engine reads the loss that some call has written
    return Program(gradients, update, Part(), (), loss, loss, loss, nothing, nothing, None)


def updates(row: Row) -> Run:
    """Update one long vector."""
    theta, grad = row.data()
    made, engine, start = program(row.make(), theta, grad), make_engine("numba"), theta[SOME].copy()

    def run(times: int) -> float:
        engine.run(made, times)
        return float(np.abs(theta[SOME] - start).mean())

    return run


def passes(row: Row) -> Run:
    """Go forward and backward through a stack; one number is updated."""
    stack, (x, dy) = row.make(), row.data()
    vectors = Vectors(stack.theta, stack.grad, stack.state)
    frames = Binder(stack.layout, vectors, Arena(len(x)), True, no_generator, input_grad=True).frames(x)
    np.copyto(frames[-1].dy, dy)
    made, engine = program(SGD(), np.zeros(1, x.dtype), np.zeros(1, x.dtype)), make_engine("numba")
    pairs = (*forward_pass(stack.layout, frames), *backward_pass(stack.layout, frames, input_grad=True))
    for title, calls in pairs:
        made.gradients.add(title, calls)

    def run(times: int) -> float:
        engine.run(made, times)
        dx = frames[0].dx
        return float(np.square(0.0 if dx is None else dx).mean() + np.square(stack.grad).mean())

    return run


def no_generator(path: tuple[int, ...]) -> np.random.Generator:
    """Refuse: nothing here is random."""
    raise TypeError(f"layer {path} asks for random numbers")
