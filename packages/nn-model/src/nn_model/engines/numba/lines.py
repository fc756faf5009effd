"""Copies of many short lines, as of the rows of images, by whole vectors.

A loop over a line of 14 numbers takes 23 cycles, most of them for finding out how to end. Whole vectors take 3; what
they write too much of a line is overwritten by the line after it, and only the last one is copied number by number.
"""

# ruff: noqa: ARG001  # the arguments of an intrinsic, and of what it returns, are fixed

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from nn_layers.protocol import Array
from nn_model.engines.numba.keeping import keep_part
from nn_model.engines.numba.registry import OPTIONS, compiled

LANES = 16
U = np.uint64  # an index of this type cannot be negative, and so need not be asked whether it is


@intrinsic  # type: ignore[untyped-decorator]
def _copy_vector(_: Any, source: Any, at: Any, target: Any, to: Any) -> Any:
    """Copy LANES numbers: target[to : to + LANES] = source[at : at + LANES], both flat."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = ir.VectorType(context.get_value_type(source.dtype), LANES)
        size = context.get_abi_sizeof(context.get_value_type(source.dtype))

        def place(kind: Any, array: Any, index: Any) -> Any:
            data = context.make_array(kind)(context, builder, array).data
            return builder.bitcast(builder.gep(data, [index]), vector.as_pointer())

        numbers = builder.load(place(source, args[0], args[1]), align=size)
        builder.store(numbers, place(target, args[2], args[3]), align=size)
        return context.get_dummy_value()

    return types.void(source, types.uint64, target, types.uint64), generate


def written_in(function: Any) -> Any:
    """Compile a function as lines of the one that calls it, where that is one only: it takes a third less time."""
    return keep_part(numba.njit(**{**OPTIONS, "inline": "always"})(function))


@compiled
def copy_lines(source: Array, at: int, apart: int, target: Array, to: int, step: int, width: int, count: int) -> None:
    """Copy `count` lines of `width` numbers between flat arrays: from `at`, `apart` each, to `to`, `step` each.

    At most `width` numbers between one line and the next are written over in `target`. apart, step >= width.
    """
    vectors = (width + LANES - 1) // LANES
    whole = count - 1 if vectors * LANES <= 2 * width else 0
    for line in range(whole):
        start, end = U(at + line * apart), U(to + line * step)
        for i in range(vectors):
            _copy_vector(source, start + U(i * LANES), target, end + U(i * LANES))
    for line in range(whole, count):
        start, end = U(at + line * apart), U(to + line * step)
        for i in range(width):
            target[end + U(i)] = source[start + U(i)]


@compiled
def fill(target: Array, to: int, count: int, value: Any) -> None:
    """Write `value` into `count` numbers of a flat array from `to` on."""
    for i in range(count):
        target[U(to) + U(i)] = value
