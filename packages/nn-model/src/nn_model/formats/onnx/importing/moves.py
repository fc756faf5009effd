"""Operators that only move numbers, constant or not."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nn_layers.protocol import Shape
from nn_model.arrays import Array
from nn_model.formats.onnx.importing.budget import check_index, spend
from nn_model.formats.onnx.importing.site import Operator, Site
from nn_model.formats.onnx.importing.values import Known, Rows, Value, size_of
from nn_model.formats.onnx.importing.views import index_of, view

__all__ = ["OPERATORS"]

Move = Callable[[Array], Any]
"""Moves the numbers of an array; what it gives may be several arrays."""


def _flatten(site: Site, shape: Shape) -> Move:
    axis = site.attributes.whole("axis", 1)
    axis = axis if axis == len(shape) else site.axis(axis, len(shape))
    return lambda i: i.reshape(size_of(shape[:axis]), -1) if i.size else i.reshape(size_of(shape[:axis]), 0)


def _reshape(site: Site, shape: Shape) -> Move:
    wanted = _shape(site, 1)
    if not site.attributes.flag("allowzero"):
        if len(wanted) > len(shape) and 0 in wanted[len(shape) :]:
            raise site.refuse(f"0 keeps a size, and {wanted} has it where the input of shape {shape} has none")
        wanted = [shape[axis] if n == 0 else n for axis, n in enumerate(wanted)]
    size, fixed = size_of(shape), size_of(tuple(n for n in wanted if n != -1))
    fits = size == fixed if -1 not in wanted else fixed > 0 == size % fixed
    if min(wanted, default=0) < -1 or wanted.count(-1) > 1 or not fits:
        raise site.refuse(f"{size:,} numbers of shape {shape} cannot take the shape {wanted[:9]}")
    return lambda i: i.reshape(wanted)


def _shape(site: Site, place: int) -> list[int]:
    """Give a shape, which alone may depend on the number of rows."""
    found = site.value(place)
    if not isinstance(found, Known) or found.array.dtype.kind not in "iu" or found.array.size > 32:
        raise site.refuse("a shape must be a short list of whole numbers that does not come of the input")
    return [int(n) for n in found.array.reshape(-1)]


def _transpose(site: Site, shape: Shape) -> Move:
    perm = site.attributes.listed("perm")
    if perm is not None and sorted(perm) != [*range(len(shape))]:
        raise site.refuse(f"perm must name each of {len(shape)} axes once; found {perm[:9]}")
    return lambda i: i.transpose(perm)


def _squeeze(site: Site, shape: Shape) -> Move:
    axes = site.sizes(1, "axes") or [axis for axis, n in enumerate(shape) if n == 1]
    gone = tuple({site.axis(axis, len(shape)) for axis in axes})
    if any(shape[axis] != 1 for axis in gone):
        raise site.refuse(f"axes {sorted(gone)} of the shape {shape} are not all of size 1")
    return lambda i: np.squeeze(i, gone)


def _unsqueeze(site: Site, shape: Shape) -> Move:
    axes = site.sizes(1, "axes") or []
    rank = len(shape) + len(axes)
    new = {site.axis(axis, rank) for axis in axes}
    if len(new) < len(axes) or rank > 32:
        raise site.refuse(f"it names an axis twice, or too many: {axes[:9]}")
    return lambda i: np.expand_dims(i, tuple(new))


def _gather(site: Site, shape: Shape) -> Move:
    axis = site.axis(site.attributes.whole("axis", 0), len(shape))
    places = site.known(1, "places")
    inside = not places.size or -shape[axis] <= places.min() <= places.max() < shape[axis]
    # As ONNX: places of another kind, unsigned ones too, are no places.
    if places.dtype not in (np.int32, np.int64) or not inside:
        raise site.refuse(f"its places must be whole numbers below {shape[axis]}, int32 or int64")
    size = size_of(shape) // max(shape[axis], 1) * places.size
    if size > 2 * max(size_of(shape), 1_000):
        raise site.refuse("it repeats the numbers of its input, which no layer does")
    check_index(size)
    return lambda i: np.take(i, places, axis)


def _slice(site: Site, shape: Shape) -> Move:
    starts, ends = site.sizes(1, "starts") or [], site.sizes(2, "ends") or []
    axes = site.sizes(3, "axes", [*range(len(starts))]) or []
    steps = (site.known(4, "steps").reshape(-1).tolist() if site.has(4) else None) or [1] * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        raise site.refuse("starts, ends, axes and steps must be equally many, and no step 0")
    cut = [slice(None)] * len(shape)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        place = site.axis(axis, len(shape))
        # Before the first: Python's -1 would be the last.
        cut[place] = slice(start, None if step < 0 and end < -shape[place] else end, step)
    return lambda i: i[tuple(cut)]


def _split(site: Site, shape: Shape) -> Move:
    axis = site.axis(site.attributes.whole("axis", 0), len(shape))
    parts, count = site.sizes(1, "split"), site.attributes.whole("num_outputs", len(site.node.outputs))
    if parts is None:
        share = -(-shape[axis] // max(count, 1))
        parts = [max(0, min(share, shape[axis] - share * k)) for k in range(count)] if 0 < count <= 1000 else []
    if sum(parts) != shape[axis] or min(parts, default=-1) < 0:
        raise site.refuse(f"{shape[axis]} numbers cannot be split into {parts[:9]}")
    return lambda i: tuple(np.split(i, np.cumsum(parts)[:-1], axis))


def _identity(site: Site, shape: Shape) -> Move:  # noqa: ARG001  # one signature
    return lambda i: i


MOVES: dict[str, Callable[[Site, Shape], Move]] = {
    "Flatten": _flatten,
    "Gather": _gather,
    "Identity": _identity,
    "Reshape": _reshape,
    "Slice": _slice,
    "Split": _split,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}


def moving(kind: str) -> Operator:
    """Give the operator that moves numbers, constant or not."""

    def operate(site: Site) -> Value | tuple[Value, ...]:
        given = site.value(0)
        move = MOVES[kind](site, given.shape)
        if kind == "Identity":
            return given
        if isinstance(given, Known):
            return _constants(given, move)
        if kind == "Split":
            return tuple(_at(given, part) for part in move(index_of(given)))
        return view(given, move)

    return operate


def _at(given: Rows, places: Array) -> Rows:
    return view(given, lambda _: places)


def _constants(given: Known, move: Move) -> Value | tuple[Value, ...]:
    spend(given.array.size, 2)
    moved, varies = move(given.array), None if given.varies is None else move(given.varies)
    if isinstance(moved, tuple):
        return tuple(Known(part, None if varies is None else varies[k]) for k, part in enumerate(moved))
    return Known(np.asarray(moved), None if varies is None else np.asarray(varies))


OPERATORS: dict[str, Operator] = {kind: moving(kind) for kind in MOVES}
