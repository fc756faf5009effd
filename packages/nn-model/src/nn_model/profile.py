"""One training step, timed call by call."""

import inspect
import math
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from nn_layers.binding import Vectors
from nn_layers.calls import BUFFER, Call
from nn_layers.kernels import affine, attention, convolution
from nn_layers.protocol import Kernel
from nn_layers.summary import Text
from nn_model.arrays import Array
from nn_model.cause import diverged
from nn_model.explain import arguments, formula
from nn_model.program import Part, Program, make_update, tick
from nn_model.train.arguments import check_whole
from nn_model.trainer import Trainer
from nn_optim.protocol import OptimizerFrame

if TYPE_CHECKING:
    from nn_model.core import Core

PRODUCTS: dict[Kernel, Callable[[dict[str, Any]], int]] = {
    affine.forward: lambda a: 2 * a["x"].size * a["w"].shape[1],
    affine.parameter_grads: lambda a: 2 * a["x"].size * a["dy"].shape[-1],
    affine.input_grad: lambda a: 2 * a["dy"].size * a["w"].shape[0],
    convolution.forward: lambda a: 2 * a["y"].size * a["wb"].shape[2],
    convolution.parameter_grads: lambda a: 2 * a["dy"].size * a["dwb"].shape[2],
    convolution.input_grad: lambda a: 2 * a["dy"].size * a["w"].shape[2],
    attention.forward: lambda a: 4 * a["y"].size * a["y"].shape[1],
    attention.backward: lambda a: 8 * a["dy"].size * a["dy"].shape[1],
}
"""Multiplications and additions of the kernels that are matrix products, by their arguments' names."""


def profile(core: "Core", rows: Array, given: Array, steps: int) -> Text:
    """Time every kernel call of a training step of checked rows, and print a line for each.

    Raises
    ------
    ValueError
        `steps` is no whole number of at least 1.
    DivergedError
        The loss of these rows is not finite.
    """
    check_whole("steps", steps)
    program, vectors = _rehearsal(core, rows, given)
    gradients, update = program.gradients, program.update.part
    times = np.empty((steps, len(gradients.calls) + len(update.calls)))
    with np.errstate(all="ignore"):
        np.setbufsize(BUFFER)
        for step in times:
            _time(gradients.calls, step)
            if not math.isfinite(program.value[0]):
                raise diverged(program, core.body, vectors, core.step)
            _time(update.calls, step[len(gradients.calls) :])
    return Text("\n".join(_table(program, np.median(times, axis=0).tolist(), len(rows), steps)))


def _rehearsal(core: "Core", rows: Array, given: Array) -> tuple[Program, Vectors]:
    """Bind a step to memory of its own, at rate 0: no step changes the next one, and none the network."""
    vectors = Vectors(core.vectors.theta.copy(), core.vectors.grad.copy(), core.vectors.state.copy())
    update = make_update(core.optimizer, core.clip, vectors.theta, vectors.grad, core.layout)
    for name, slot in core.update.frame.slots.items():
        np.copyto(update.frame.slots[name], slot)
    np.copyto(update.frame.step, core.update.frame.step)
    generators = type(core.generators)(core.generators.seed)
    program = Trainer(core.body, vectors, core.loss, core.coding, update, generators).program(len(rows))
    program.feed(rows, given, None)
    return program, vectors


def _time(calls: list[Call], seconds: Array) -> None:
    for i, (kernel, args) in enumerate(calls):
        start = perf_counter()
        kernel(*args)
        seconds[i] = max(perf_counter() - start, 1e-9)


def _table(program: Program, seconds: list[float], rows: int, steps: int) -> Iterator[str]:
    """Yield the lines of both parts, their columns alike, and the sum."""
    gradients, update, frame = program.gradients, program.update.part, program.update.frame
    total, first = sum(seconds), len(gradients.calls)
    yield f"one training step of {rows} rows under numpy: {1e6 * total:,.1f} us, the sum of medians of {steps} steps"
    owners = max(map(len, gradients.owners + update.owners))
    names = max(len(formula(call)) for call in gradients.calls + update.calls)
    yield from ("", "gradients", *_lines(gradients, seconds[:first], total, owners, names, frame))
    yield from ("", "if the loss is finite: update", *_lines(update, seconds[first:], total, owners, names, frame))


def _lines(
    part: Part, seconds: list[float], total: float, owners: int, names: int, frame: OptimizerFrame
) -> Iterator[str]:
    last = None
    for owner, call, taken in zip(part.owners, part.calls, seconds, strict=True):
        shown = owner if owner != last else ""
        last = owner
        cells = f"{1e6 * taken:11,.1f} us {100 * taken / total:5.1f} % {_speed(call, taken, frame):>14}"
        yield f"  {shown:<{owners}}  {formula(call):<{names}} {cells}  {arguments(call)}".rstrip()


def _speed(call: Call, seconds: float, frame: OptimizerFrame) -> str:
    """Give the speed of a matrix product's arithmetic, or of the memory that any other call goes through."""
    kernel, args = call
    if kernel in PRODUCTS:
        named = inspect.signature(kernel).bind(*args).arguments
        return f"{PRODUCTS[kernel](named) / seconds / 1e9:,.1f} GFLOP/s"
    return f"{_traffic(call, frame) / seconds / 1e9:,.1f} GB/s"


def _traffic(call: Call, frame: OptimizerFrame) -> int:
    """Count the bytes that a call reads or writes: one rate of the ring, of a block as much as there are parameters."""
    kernel, args = call
    arrays = [arg for arg in args if isinstance(arg, np.ndarray)]
    if kernel is tick:
        return sum(array.itemsize for array in arrays)
    shared = [array for array in arrays if np.may_share_memory(array, frame.scratch)]
    unused = sum(max(array.nbytes - frame.theta.nbytes, 0) for array in shared)
    return sum(array.nbytes for array in arrays) - unused
