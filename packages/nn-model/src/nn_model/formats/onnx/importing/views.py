"""Operators that only move numbers: tried out on the numbers of the places, so that any spelling of them is one."""

from collections.abc import Callable

import numpy as np

from nn_layers.protocol import Shape
from nn_model.arrays import Array
from nn_model.errors import OnnxError
from nn_model.formats.onnx.importing.budget import check_index, spend
from nn_model.formats.onnx.importing.values import Rows, natural, size_of

__all__ = ["along_last", "index_of", "is_order", "perm_of", "same_place", "view"]


def index_of(rows: Rows) -> Array:
    """Give the places of the numbers, written down even where they are the natural ones."""
    if rows.index is not None:
        return rows.index
    size = size_of(rows.shape)
    check_index(size)
    return np.arange(size, dtype=np.int32).reshape(rows.shape)


def view(rows: Rows, move: Callable[[Array], Array]) -> Rows:
    """Move the numbers; at least one must be left, and whoever makes them more checks that first."""
    spend(size_of(rows.shape))
    moved = Rows(rows.source, move(index_of(rows)), rows.whole)
    if not size_of(moved.shape):
        raise OnnxError(f"a slice leaves nothing of an array of shape {rows.shape}")
    return Rows(rows.source, None, rows.whole) if moved.shape == rows.source.shape and natural(moved) else moved


def same_place(one: Rows, other: Rows) -> bool:
    """Whether the numbers of both stand alike in what was computed, which has the same shape."""
    if one.source.shape != other.source.shape or one.shape != other.shape:
        return False
    a, b = one.index, other.index
    return (a is None and b is None) or (a is not None and b is not None and np.array_equal(a, b))


def along_last(rows: Rows) -> Array | None:
    """Give which line of numbers each line is, if lines along the last axis are whole lines of what was computed."""
    width = rows.shape[-1] if rows.shape else 0
    if not width or not rows.source.shape or rows.source.shape[-1] != width:
        return None
    if rows.index is None:
        return np.arange(size_of(rows.shape) // width).reshape(rows.shape[:-1])
    first: Array = rows.index[..., 0]
    whole = (first % width == 0).all() and (rows.index == first[..., np.newaxis] + np.arange(width)).all()
    return first // width if whole else None


def perm_of(rows: Rows) -> Array | None:
    """Give where each number of a row stands in its row of what was computed, if that is the same for all rows."""
    if not rows.shape or not rows.source.shape or rows.shape[0] != rows.source.shape[0]:
        return None
    count, size = rows.shape[0], size_of(rows.source.shape[1:])
    places: Array = index_of(rows).reshape(count, -1) - size * np.arange(count)[:, np.newaxis]
    inside = places.size and places.min() >= 0 and places.max() < size
    return places[0] if inside and (places == places[0]).all() else None


def is_order(perm: Array | None, shape: Shape) -> bool:
    """Whether each number of a row of this shape stands in exactly one place."""
    return perm is not None and perm.size == size_of(shape) and np.array_equal(np.sort(perm), np.arange(perm.size))
