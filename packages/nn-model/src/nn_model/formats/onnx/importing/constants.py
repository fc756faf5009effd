"""Arithmetic on constants: what exporters leave to be worked out before the first row comes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nn_layers.protocol import Shape
from nn_model.arrays import Array
from nn_model.formats.onnx.importing.budget import MAX_MADE, spend
from nn_model.formats.onnx.importing.site import Operator, Site
from nn_model.formats.onnx.importing.tensors import DTYPES
from nn_model.formats.onnx.importing.values import Known, size_of

__all__ = ["OPERATORS"]


def given(site: Site, place: int) -> Known:
    """Give a constant input."""
    found = site.value(place)
    if not isinstance(found, Known):
        raise site.refuse(f"input {place} must be constant")
    return found


def checked(site: Site, array: Any, *sources: Known) -> Known:
    """Give a constant that was worked out; if what it came of depends on the number of rows, all of it does."""
    made = np.asarray(array)
    if made.dtype.kind == "f" and not np.isfinite(made).all():
        raise site.refuse("constants come out that are not finite")
    varies = None if all(source.fixed for source in sources) else np.full(made.shape, True)
    return Known(made, varies)


def check_size(site: Site, *shapes: Shape, least: int = 0) -> Shape:
    """Give the shape of constants worked out together, after taking it from the budget.

    Only so many numbers may come of fewer: of `least`.
    """
    if any(n < 0 for shape in shapes for n in shape):
        raise site.refuse("it makes a constant of a negative size")
    shape = site.joint(*shapes)
    if size_of(shape) > max(MAX_MADE, least):
        raise site.refuse(f"it makes a constant of {size_of(shape):,} numbers; at most {MAX_MADE:,} are possible")
    spend(size_of(shape), 2)
    return shape


def _by_number(work: Callable[..., Any]) -> Operator:
    """Give an operator that works number by number."""
    return lambda site: _numbers(site, work)


def _numbers(site: Site, work: Callable[..., Any]) -> Known:
    args = [given(site, place) for place in range(len(site.args))]
    check_size(site, *(arg.shape for arg in args), least=max((arg.array.size for arg in args), default=0))
    with np.errstate(all="ignore"):
        try:
            made = work(*(arg.array for arg in args))
        except (TypeError, ValueError):
            raise site.refuse("it does not work on constants of these types") from None
    return checked(site, made, *args)


def _divide(a: Array, b: Array) -> Array:
    if a.dtype.kind in "iu" and b.dtype.kind in "iu":
        if not np.all(b):
            raise ValueError("division by 0")
        return np.trunc(np.true_divide(a, b)).astype(a.dtype)
    return np.asarray(a / b, np.result_type(a, b))


def _power(a: Array, b: Array) -> Array:
    return np.power(a, b).astype(a.dtype)


def _constant(site: Site) -> Known:
    """Give the value of the one attribute that there is."""
    a = site.attributes
    tensor = a.tensor("value")
    if tensor is not None:
        return Known(tensor.array())
    for name in ("value_float", "value_floats", "value_int", "value_ints"):
        found, dtype = a.anything(name), np.float32 if "float" in name else np.int64
        if isinstance(found, int | float | list):
            return checked(site, np.asarray(found, dtype))
    raise site.refuse("it has no value that a layer can use")


def _cast(site: Site) -> Known:
    source, to = given(site, 0), site.attributes.whole("to", 1)
    site.attributes.flag("saturate", default=True)
    site.attributes.text("round_mode", "up", "down", "nearest")
    if to not in DTYPES:
        raise site.refuse(f"it casts constants to ONNX's type {to}, which is not known here")
    check_size(site, source.shape, least=source.array.size)
    with np.errstate(all="ignore"):
        made = checked(site, source.array.astype(DTYPES[to]))
    return Known(made.array, source.varies)


def _concat(site: Site) -> Known:
    parts = [given(site, place) for place in range(len(site.args))]
    axis = site.attributes.whole("axis", 0)
    total = sum(part.array.size for part in parts)
    check_size(site, (total,), least=total)  # only the budget says how often constants may be put side by side
    marks = [np.zeros(part.shape, bool) if part.varies is None else part.varies for part in parts]
    try:
        return Known(np.concatenate([part.array for part in parts], axis), np.concatenate(marks, axis))
    except ValueError:
        raise site.refuse("its constants do not fit each other") from None


def _wanted(site: Site, place: int) -> tuple[Known, Shape]:
    sizes = given(site, place)
    if sizes.array.dtype.kind not in "iu" or sizes.array.size > 32:
        raise site.refuse("a shape must be a short list of whole numbers")
    return sizes, tuple(sizes.array.reshape(-1).tolist())


def _full(site: Site) -> Known:
    sizes, shape = _wanted(site, 0)
    tensor = site.attributes.tensor("value")
    value = np.zeros(1, np.float32) if tensor is None else tensor.array()
    if value.size != 1:
        raise site.refuse("it must have one value")
    return checked(site, np.full(check_size(site, shape), value.reshape(-1)[0]), sizes)


def _expand(site: Site) -> Known:
    source, (sizes, shape) = given(site, 0), _wanted(site, 1)
    return checked(site, np.broadcast_to(source.array, check_size(site, source.shape, shape)), source, sizes)


def _mod(site: Site) -> Known:
    if not np.all(given(site, 1).array):
        raise site.refuse("it divides by 0")
    return _numbers(site, np.fmod if site.attributes.flag("fmod") else np.mod)


OPERATORS: dict[str, Operator] = {
    "Abs": _by_number(np.abs),
    "Add": _by_number(np.add),
    "And": _by_number(np.logical_and),
    "Cast": _cast,
    "Concat": _concat,
    "Constant": _constant,
    "ConstantOfShape": _full,
    "Div": _by_number(_divide),
    "Expand": _expand,
    "Equal": _by_number(np.equal),
    "Floor": _by_number(np.floor),
    "Greater": _by_number(np.greater),
    "Less": _by_number(np.less),
    "Mod": _mod,
    "Mul": _by_number(np.multiply),
    "Neg": _by_number(np.negative),
    "Not": _by_number(np.logical_not),
    "Or": _by_number(np.logical_or),
    "Pow": _by_number(_power),
    "Reciprocal": _by_number(np.reciprocal),
    "Sqrt": _by_number(np.sqrt),
    "Sub": _by_number(np.subtract),
    "Where": _by_number(np.where),
}
