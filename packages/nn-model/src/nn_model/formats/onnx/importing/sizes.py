"""Operators on values as they are: how large they are, of which type, one beside the other."""

from dataclasses import replace

import numpy as np

from nn_model.formats.onnx.importing.budget import MAX_ROW, check_index, spend
from nn_model.formats.onnx.importing.site import Operator, Site
from nn_model.formats.onnx.importing.tensors import DOUBLE, FLOAT
from nn_model.formats.onnx.importing.values import Known, Raw, Rows, Value, size_of
from nn_model.formats.onnx.importing.views import index_of, view

__all__ = ["CONSTANTS", "OPERATORS"]


def _shape(site: Site) -> Known:
    """Give the sizes of an array; those that may depend on the number of rows are marked."""
    given = site.value(0)
    start, end = site.attributes.whole("start", 0), site.attributes.whole("end", len(given.shape))
    cut = slice(start, end)
    sizes = np.array(given.shape, np.int64)[cut]
    rows = site.builder.rows
    varies = (sizes % rows == 0) if isinstance(given, Rows) and site.builder.open else None
    return Known(sizes, varies)


def _size(site: Site) -> Known:
    """Give how many numbers there are."""
    given = site.value(0)
    varies = isinstance(given, Rows) and site.builder.open
    return Known(np.asarray(size_of(given.shape), np.int64), np.asarray(varies))


def _cast(site: Site) -> Value:
    """Give the same numbers: layers compute in the network's own type."""
    given, to = site.value(0), site.attributes.whole("to", FLOAT)
    site.attributes.flag("saturate", default=True)
    site.attributes.text("round_mode", "up", "down", "nearest")
    if to not in (FLOAT, DOUBLE):
        raise site.refuse(f"it casts the input to ONNX's type {to}; a network computes in float or double")
    return given if isinstance(given, Known) else Rows(given.source, given.index)


def _cast_like(site: Site) -> Value:
    """Give numbers in the type of others."""
    given, other = site.value(0), site.value(1)
    site.attributes.flag("saturate", default=True)
    if isinstance(given, Rows):
        return Rows(given.source, given.index)
    if given.array.dtype.kind not in "fiu" or (isinstance(other, Known) and other.array.dtype.kind != "f"):
        raise site.refuse("it casts constants to another type than float or double")
    spend(given.array.size, 2)
    return replace(given, array=given.array.astype(np.float64 if given.array.dtype == np.float64 else np.float32))


def _concat(site: Site) -> Rows:
    """Put pieces of one thing together again; anything else only an output may be."""
    pieces = [piece for i in range(len(site.args)) if isinstance(piece := site.value(i), Rows)]
    if len(pieces) < len(site.args):
        raise site.refuse("it puts constants beside what comes of the input, which no layer does")
    rank = len(pieces[0].shape)
    axis = site.axis(site.attributes.whole("axis", 0), rank)
    apart = {(len(p.shape), p.shape[:axis], p.shape[axis + 1 :]) for p in pieces}
    if len(apart) > 1:
        raise site.refuse(f"shapes {[p.shape for p in pieces][:4]} do not fit each other")
    if all(p.source is pieces[0].source for p in pieces):
        check_index(sum(size_of(piece.shape) for piece in pieces))
        return view(pieces[0], lambda _: np.concatenate([index_of(p) for p in pieces], axis))
    sizes = list(pieces[0].shape)
    sizes[axis] = sum(p.shape[axis] for p in pieces)
    if size_of(tuple(sizes)) > MAX_ROW:
        raise site.refuse(f"it makes an array of {size_of(tuple(sizes)):,} numbers; at most {MAX_ROW:,} are possible")
    return Rows(Raw("Concat", tuple(pieces), tuple(sizes), site.node))


OPERATORS: dict[str, Operator] = {
    "Cast": _cast,
    "CastLike": _cast_like,
    "Concat": _concat,
    "Shape": _shape,
    "Size": _size,
}
CONSTANTS: dict[str, Operator] = {"CastLike": _cast_like, "Shape": _shape, "Size": _size}
