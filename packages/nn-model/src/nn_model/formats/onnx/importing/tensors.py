"""Tensors of a model as arrays: of the size that they say, and of finite numbers."""

from math import prod
from typing import Any

import numpy as np

from nn_model.arrays import Array
from nn_model.errors import OnnxError

__all__ = ["DOUBLE", "DTYPES", "FLOAT", "INTEGERS", "array_of", "check_tensor", "elements"]

UNDEFINED, FLOAT, STRING, BOOL, DOUBLE = 0, 1, 8, 9, 11
_TYPES: dict[int, tuple[str, str]] = {
    FLOAT: ("<f4", "float_data"),
    2: ("<u1", "int32_data"),
    3: ("<i1", "int32_data"),
    4: ("<u2", "int32_data"),
    5: ("<i2", "int32_data"),
    6: ("<i4", "int32_data"),
    7: ("<i8", "int64_data"),
    BOOL: ("|b1", "int32_data"),
    DOUBLE: ("<f8", "double_data"),
    12: ("<u4", "uint64_data"),
    13: ("<u8", "uint64_data"),
}
"""NumPy's name of each type that can be read, and the field of its numbers where they are not raw."""
DTYPES = {number: np.dtype(name).newbyteorder("=") for number, (name, _) in _TYPES.items()}
INTEGERS = frozenset(_TYPES) - {FLOAT, DOUBLE, BOOL}
_FIELDS = ("float_data", "int32_data", "string_data", "int64_data", "double_data", "uint64_data")
MAX_ELEMENTS = 2**31


def elements(dims: tuple[int, ...], place: str) -> int:
    """Count the numbers that sizes declare."""
    if any(n < 0 for n in dims):
        raise OnnxError(f"{place}: sizes cannot be negative; found {list(dims)}")
    if len(dims) > 32 or prod(max(n, 1) for n in dims) > MAX_ELEMENTS:
        raise OnnxError(f"{place}: declares {cut_sizes(dims)} numbers, more than any model holds")
    return prod(dims)


def cut_sizes(dims: tuple[int, ...]) -> str:
    """Show sizes in a message."""
    return " x ".join(map(str, dims[:6])) + (" x ..." if len(dims) > 6 else "")


def check_tensor(tensor: Any, place: str) -> None:
    """Check that a tensor holds as many values as its sizes say, all in the one place where its type has them.

    Raises
    ------
    OnnxError
        It does not.
    """
    count = elements(tuple(tensor.dims), place)
    if tensor.data_type == UNDEFINED:
        raise OnnxError(f"{place}: its type is undefined")
    if tensor.HasField("segment"):
        raise OnnxError(f"{place}: it is a segment of a tensor; save the model with whole tensors")
    home = "string_data" if tensor.data_type == STRING else _TYPES.get(tensor.data_type, ("", ""))[1]
    filled = [name for name in _FIELDS if len(getattr(tensor, name))]
    if tensor.HasField("raw_data") and len(tensor.raw_data):
        filled.append("raw_data")
    allowed = {home} if home == "string_data" else {home, "raw_data"}
    if len(filled) > 1 or (home and not allowed.issuperset(filled)):
        raise OnnxError(f"{place}: its numbers are in {' and '.join(filled)}, and one field must hold them")
    if home and (found := _found(tensor, home)) != count:
        raise OnnxError(f"{place}: sizes {list(tensor.dims)} make {count:,} values; the file holds {found:,}")


def _found(tensor: Any, home: str) -> float:
    if len(tensor.raw_data):
        return len(tensor.raw_data) / np.dtype(_TYPES[tensor.data_type][0]).itemsize
    return len(getattr(tensor, home))


def array_of(tensor: Any, place: str) -> Array:
    """Give a checked tensor as an array, which may share its memory.

    Raises
    ------
    OnnxError
        Text, a type that layers cannot compute with, or numbers that are NaN or infinite.
    """
    if tensor.data_type not in _TYPES:
        kind = "text" if tensor.data_type == STRING else f"numbers of ONNX's type {tensor.data_type}"
        raise OnnxError(f"{place}: it holds {kind}; weights must be float or double")
    dtype, home = _TYPES[tensor.data_type]
    if len(tensor.raw_data):
        values: Array = np.frombuffer(tensor.raw_data, dtype)
    else:
        with np.errstate(over="ignore"):
            values = _typed(getattr(tensor, home), dtype, place)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        first = int(np.flatnonzero(~np.isfinite(values))[0])
        raise OnnxError(f"{place}: number {first} is {values[first]}; weights must be finite")
    return values.reshape(tuple(tensor.dims)).astype(values.dtype.newbyteorder("="), copy=False)


def _typed(numbers: Any, dtype: str, place: str) -> Array:
    try:
        return np.fromiter(numbers, dtype, len(numbers))
    except OverflowError:
        raise OnnxError(f"{place}: a number does not fit its type") from None
