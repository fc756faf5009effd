"""The header of a safetensors file, read and checked before any data: which tensors, where, and the metadata."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from nn_model.checkpoint.places import MAX_ARRAYS, MAX_AXES, Want, check_name
from nn_model.checkpoint.source import Source, resembles
from nn_model.checkpoint.strict_json import MAX_TEXT, cut, decode
from nn_model.errors import CheckpointError

__all__ = ["DTYPES", "Header", "Tensor", "read_header"]

DTYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}
MAX_TENSORS = MAX_ARRAYS + 1
"""The history is one, too."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """What an array is, and where its bytes lie in the data."""

    want: Want
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Header:
    """A checked header: the tensors fill the data exactly, one after another."""

    tensors: dict[str, Tensor]
    metadata: dict[str, str]
    data_size: int


def read_header(
    source: Source,
    dtypes: "Mapping[str, np.dtype[Any]]" = DTYPES,
    check: Callable[[str], None] = check_name,
) -> Header:
    """Read the header; tensors may have these dtypes, and names that pass the check.

    Raises
    ------
    CheckpointError
        Its length cannot be, it is no JSON, or its tensors do not fill the rest of the file exactly.
    """
    first = bytes(source.read(min(8, source.size)))
    if len(first) < 8:
        raise CheckpointError(f"a safetensors file has at least 10 bytes; found {source.size}: truncated or damaged")
    length = int.from_bytes(first, "little")
    if not 2 <= length <= min(source.size - 8, MAX_TEXT):
        raise CheckpointError(
            f"the header's length must be from 2 to {min(source.size - 8, MAX_TEXT):,} bytes in a file of "
            f"{source.size:,}; found {length:,}: not a checkpoint, truncated or damaged{resembles(first)}"
        )
    text = bytes(source.read(length))
    if not text.startswith(b"{"):
        raise CheckpointError(f"the header must begin with {{; found {cut(text[:1])}: not a checkpoint, or damaged")
    data = decode(text, "the header")
    metadata = _metadata(data.pop("__metadata__", {}))
    if len(data) > MAX_TENSORS:
        raise CheckpointError(f"a checkpoint may hold at most {MAX_TENSORS:,} tensors; found {len(data):,}")
    tensors = {name: _tensor(name, entry, dtypes, check) for name, entry in data.items()}
    _check_filled(tensors, source.size - 8 - length)
    return Header(tensors, metadata, source.size - 8 - length)


def _metadata(data: Any) -> dict[str, str]:
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
        raise CheckpointError(f"the header's __metadata__ must be an object of texts; found {cut(data)}")
    return data


def _tensor(name: str, entry: Any, dtypes: "Mapping[str, np.dtype[Any]]", check: Callable[[str], None]) -> Tensor:
    check(name)
    keys = ("dtype", "shape", "data_offsets")
    if not isinstance(entry, dict) or set(entry) != set(keys):
        raise CheckpointError(f"{name}: a tensor is described by {', '.join(keys)}; found {cut(entry)}")
    dtype, shape, offsets = (entry[key] for key in keys)
    if not isinstance(dtype, str) or dtype not in dtypes:
        raise CheckpointError(f"{name}: the dtype must be {' or '.join(dtypes)}; found {cut(dtype)}")
    if not _are_sizes(shape) or len(shape) > MAX_AXES:
        raise CheckpointError(f"{name}: the shape must be a list of at most {MAX_AXES} sizes; found {cut(shape)}")
    if not _are_sizes(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise CheckpointError(f"{name}: the offsets must be start and end, in order; found {cut(offsets)}")
    start, stop = offsets
    if prod(shape) * dtypes[dtype].itemsize != stop - start:
        raise CheckpointError(
            f"{name}: {dtype} of shape {cut(shape)} takes {cut(prod(shape) * dtypes[dtype].itemsize)} bytes; "
            f"found offsets {cut(offsets)}, which are {cut(stop - start)}"
        )
    return Tensor(Want(tuple(shape), dtypes[dtype]), start, stop)


def _are_sizes(sizes: Any) -> bool:
    return isinstance(sizes, list) and all(type(n) is int and n >= 0 for n in sizes)


def _check_filled(tensors: Mapping[str, Tensor], data_size: int) -> None:
    """Check that the tensors lie end to end: no overlap, no hole, nothing behind the last one."""
    end = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].stop)):
        if tensor.start != end:
            fault = "overlaps the one before" if tensor.start < end else "leaves a hole before it"
            raise CheckpointError(f"{name}: the tensor must begin at byte {end:,} of the data; it {fault}")
        end = tensor.stop
    if end != data_size:
        raise CheckpointError(
            f"the tensors take {cut(end)} bytes and the file has {data_size:,} for them: it is truncated or damaged"
        )
