"""Tensors of a model as arrays: of the size that they say, and of finite numbers."""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from nn_model.arrays import Array
from nn_model.errors import OnnxError

__all__ = ["DOUBLE", "DTYPES", "FLOAT", "INTEGERS", "STRING", "Tensor", "tensor_of"]

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
_FIELDS = {"float_data": "f4", "int32_data": "i4", "int64_data": "i8", "double_data": "f8", "uint64_data": "u8"}
MAX_ELEMENTS = 2**31


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor apart from ONNX's message, whose memory it would keep.

    Attributes
    ----------
    place
        What messages call it.
    type
        ONNX's number of its type.
    dims
        Its sizes.
    values
        Its numbers as bytes, or as the array that its field is; its texts as a list of bytes.
    """

    place: str
    type: int
    dims: tuple[int, ...]
    values: Any

    def array(self) -> Array:
        """Give it as an array, which may share its memory.

        Raises
        ------
        OnnxError
            Text, a type that layers cannot compute with, or numbers that are NaN or infinite.
        """
        if self.type not in _TYPES:
            kind = "text" if self.type == STRING else f"numbers of ONNX's type {self.type}"
            raise OnnxError(f"{self.place}: it holds {kind}; weights must be float or double")
        dtype = np.dtype(_TYPES[self.type][0])
        raw = isinstance(self.values, bytes)
        values: Array = np.frombuffer(self.values, dtype) if raw else _fitting(self.values, dtype, self.place)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            first = int(np.flatnonzero(~np.isfinite(values))[0])
            raise OnnxError(f"{self.place}: number {first} is {values[first]}; weights must be finite")
        return values.reshape(self.dims).astype(values.dtype.newbyteorder("="), copy=False)


def tensor_of(message: Any, place: str) -> Tensor:
    """Give a tensor of a message: it holds as many values as its sizes say, all where its type has them.

    Raises
    ------
    OnnxError
        It does not.
    """
    dims, kind = tuple(message.dims), message.data_type
    count = _elements(dims, place)
    if kind == UNDEFINED:
        raise OnnxError(f"{place}: its type is undefined")
    if message.HasField("segment"):
        raise OnnxError(f"{place}: it is a segment of a tensor; save the model with whole tensors")
    home, raw = "string_data" if kind == STRING else _TYPES.get(kind, ("", ""))[1], message.raw_data
    filled = [name for name in (*_FIELDS, "string_data") if len(getattr(message, name))] + ["raw_data"] * bool(raw)
    allowed = {home} if home == "string_data" else {home, "raw_data"}
    if len(filled) > 1 or (home and not allowed.issuperset(filled)):
        raise OnnxError(f"{place}: its numbers are in {' and '.join(filled)}, and one field must hold them")
    if not home:
        return Tensor(place, kind, dims, None)
    found = len(raw) / DTYPES[kind].itemsize if raw else len(getattr(message, home))
    if found != count:
        raise OnnxError(f"{place}: sizes {list(dims)} make {count:,} values; the file holds {found:,}")
    return Tensor(place, kind, dims, raw or _listed(getattr(message, home), home))


def _listed(values: Any, home: str) -> Any:
    return [*values] if home == "string_data" else np.fromiter(values, _FIELDS[home], len(values))


def _fitting(values: Array, dtype: "np.dtype[Any]", place: str) -> Array:
    made = values.astype(dtype)
    if dtype.kind in "iu" and (made != values).any():
        raise OnnxError(f"{place}: a number does not fit its type")
    return made


def _elements(dims: tuple[int, ...], place: str) -> int:
    """Count the numbers that sizes declare."""
    if any(n < 0 for n in dims):
        raise OnnxError(f"{place}: sizes cannot be negative; found {list(dims)}")
    if len(dims) > 32 or prod(max(n, 1) for n in dims) > MAX_ELEMENTS:
        sizes = " x ".join(map(str, dims[:6])) + (" x ..." if len(dims) > 6 else "")
        raise OnnxError(f"{place}: declares {sizes} numbers, more than any model holds")
    return prod(dims)
