"""Scores without gradients, from any number of threads at once."""

from collections import deque
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from nn_layers.binding import Arena, Binder, Vectors
from nn_layers.calls import Call, Port, bind, explained
from nn_layers.layout import Layout
from nn_layers.passes import forward_calls
from nn_model.arrays import Array

if TYPE_CHECKING:
    from nn_layers.protocol import Kernel

CHUNK_BYTES = 1 << 20
"""Size of the wider of the two alternating buffers that a chunk should stay below: a share of a core's cache."""


def chunk_rows(layout: Layout, itemsize: int) -> int:
    """Choose how many rows go through the layers at a time: a power of two in 32..1024."""
    widest = max(prod(node.plan.out_shape) for node in layout.nodes) * itemsize
    return 1 << min(10, max(5, (CHUNK_BYTES // max(widest, 1)).bit_length() - 1))


class Inference:
    """A pool of bound inference programs over one set of vectors.

    A call takes a program from the pool, or binds a new one, and puts it back: appending to and popping from a deque
    are atomic, so that no lock is held and no two threads share an array that is written.
    """

    def __init__(self, layout: Layout, vectors: Vectors) -> None:
        self._layout = layout
        self._vectors = vectors
        self._chunk = chunk_rows(layout, vectors.theta.itemsize)
        self._pool: deque[_Pass] = deque()

    def scores(self, x: Array) -> Array:
        """Give the scores of checked rows, in fixed chunks."""
        try:
            run_through = self._pool.pop()
        except IndexError:
            run_through = _Pass(self._layout, self._vectors, self._chunk)
        out = np.empty((len(x), *self._layout.out_shape), self._vectors.theta.dtype)
        with np.errstate(all="ignore"):  # as in training: whoever reads the scores sees what is not finite
            if len(x) <= self._chunk:
                run_through.scores(x, out)
            else:
                for start in range(0, len(x), self._chunk):
                    chunk = slice(start, start + self._chunk)
                    run_through.scores(x[chunk], out[chunk])
        self._pool.append(run_through)
        return out


class _Pass:
    """One program of the pool: two alternating buffers, and bound calls for each number of rows seen."""

    def __init__(self, layout: Layout, vectors: Vectors, chunk: int) -> None:
        self._binder = Binder(layout, vectors, Arena(chunk), False, _no_generator)
        self._bound: dict[int, tuple[Port, list[Call], Array]] = {}

    def scores(self, x: Array, out: Array) -> None:
        if len(x) not in self._bound:
            self._bound[len(x)] = self._bind(len(x))
        port, calls, scores = self._bound[len(x)]
        port.feed(x)
        kernel: Kernel | None = None
        try:
            for kernel, args in calls:
                kernel(*args)
        except ValueError as error:
            raise explained(error, kernel) from error
        np.copyto(out, scores if calls else x.reshape(out.shape))
        port.release()

    def _bind(self, rows: int) -> tuple[Port, list[Call], Array]:
        layout = self._binder.layout
        x = self._binder.arena.take("x", rows, layout.input_shape, self._binder.dtype)
        frames = self._binder.frames(x)
        calls = bind(forward_calls(layout, frames))
        return Port(x, (calls,)), calls, frames[-1].y


def _no_generator(path: tuple[int, ...]) -> np.random.Generator:
    raise RuntimeError(f"layers[{path[0]}] asks for random numbers at inference")
