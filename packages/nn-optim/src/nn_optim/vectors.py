"""The checks of vectors that come from outside, made once for each pair of arrays."""

from operator import index
from typing import Any

import numpy as np

from nn_optim.errors import VectorError
from nn_optim.protocol import Array, Ranges


def check_vector(name: str, x: Any) -> Array:
    """Return `x` if it is flat, contiguous, and of a float type that the rules can work in."""
    if not isinstance(x, np.ndarray):
        raise VectorError(f"{name} must be a numpy array, got {type(x).__name__}; write np.asarray({name}, np.float32)")
    if x.ndim != 1:
        raise VectorError(
            f"{name} must be one flat vector, got shape {x.shape}; keep all parameters in one and reshape views of it"
        )
    if x.dtype not in (np.float32, np.float64):
        raise VectorError(f"{name} must be float32 or float64, got {x.dtype}; write {name}.astype(np.float32)")
    if not x.flags.c_contiguous:
        raise VectorError(
            f"{name} must be contiguous, got a stride of {x.strides[0]} bytes; write np.ascontiguousarray({name})"
        )
    return x


def check_writeable(name: str, x: Array) -> Array:
    """Return `x` if it can be updated in place."""
    if not x.flags.writeable:
        raise VectorError(
            f"{name} is updated in place and must be writeable, got a read-only array; write {name}.copy()"
        )
    return x


def check_like(name: str, x: Any, size: int, dtype: np.dtype[Any]) -> Array:
    """Return `x` if it is a vector of the length and dtype that the state was made for."""
    vector = check_vector(name, x)
    if vector.size != size or vector.dtype != dtype:
        raise VectorError(
            f"{name} must have {size} elements of {dtype} as the state has, got {vector.size} of {vector.dtype}; "
            "make a state for these arrays with init(theta)"
        )
    return vector


def check_eps(rule: str, eps: float, dtype: np.dtype[Any], share: float = 1.0) -> float:
    """Return epsilon if it, and the least `share` of it that the rule ever adds, is a normal number of the dtype.

    A smaller one has few digits or is 0 there, and the 0 / 0 of a parameter without a gradient would be NaN.
    """
    least = float(np.finfo(dtype).tiny) / share
    if eps < least:
        raise VectorError(
            f"{rule}: eps must be at least {least:.3g} for theta of {dtype}, where less vanishes, got {eps}; "
            "give a larger eps"
        )
    return eps


def check_ranges(ranges: Any, size: int) -> Ranges:
    """Return the ranges as integers, if they are in order, apart and inside of a vector of this size."""
    try:
        made = tuple((index(start), index(stop)) for start, stop in ranges)
    except (TypeError, ValueError) as error:
        raise VectorError(f"decay must be pairs of integers like ((0, {size}),), got {ranges!r}") from error
    edges = [0, *(edge for pair in made for edge in pair), size]
    if edges != sorted(edges):
        raise VectorError(f"decay must be ranges in order, apart, and within the {size} parameters, got {made}")
    return made
