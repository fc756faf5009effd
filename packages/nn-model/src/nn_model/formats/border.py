"""What enters from a file of another program, and what leaves for one: opened, counted, checked, put into a network."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from pydantic import ValidationError

from nn_model.arrays import Array
from nn_model.checkpoint.places import MAX_PARAMETERS, check_numbers
from nn_model.checkpoint.source import MAX_BYTES, PathLike, Source, opened
from nn_model.checkpoint.strict_json import cut
from nn_model.errors import CheckpointError, PartError, ShapeError

__all__ = [
    "F32",
    "F64",
    "MAX_BYTES",
    "MAX_PARAMETERS",
    "as_dtype",
    "building",
    "check_count",
    "fill",
    "naming",
    "put",
    "reading",
    "size_in",
]

F32, F64 = np.dtype("<f4"), np.dtype("<f8")
MAX_SIZE = 2**31 - 1
"""The largest size that a file may name: what a signed 32-bit number holds."""
CHUNK = 2**20
"""Bytes that are read at a time."""


@contextmanager
def reading(path: PathLike, max_bytes: int = MAX_BYTES) -> Iterator[Source]:
    """Open another program's file; whatever is wrong with it is a `CheckpointError` that names it."""
    try:
        with opened(path, max_bytes) as source:
            yield source
    except ShapeError as error:
        raise CheckpointError(str(error)) from None


@contextmanager
def naming(path: PathLike) -> Iterator[None]:
    """Let errors about a network that is to be written name the file."""
    try:
        yield
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None


def size_in(value: object, name: str, least: int = 1) -> int:
    """Check a size from a file: a whole number of at least 1."""
    if type(value) is not int or not least <= value <= MAX_SIZE:
        raise CheckpointError(f"{name} must be a whole number from {least} to {MAX_SIZE:,}; found {cut(value)}")
    return value


def check_count(count: int, max_parameters: int) -> None:
    """Check how many numbers the network will have, before it is made."""
    if count > max_parameters:
        raise CheckpointError(
            f"the file holds {count:,} numbers and at most {max_parameters:,} are allowed; "
            "pass max_parameters to allow more"
        )


@contextmanager
def building() -> Iterator[None]:
    """Let layers of a file that do not fit each other be a fault of the file."""
    try:
        yield
    except (ShapeError, PartError, ValidationError) as error:
        raise CheckpointError(f"its layers make no network: {' '.join(str(error).split())}") from None


def put(view: Array, array: Array, name: str) -> None:
    """Copy an array of the file to its place in the network; it must have its shape, and finite numbers."""
    if array.shape != view.shape:
        raise CheckpointError(f"{name} must have the shape {view.shape}; found {array.shape}")
    check_numbers(name, array, "any")
    view[...] = array


def fill(source: Source, view: Array, dtype: "np.dtype[Any]", name: str) -> None:
    """Read the next numbers of a binary file straight into their place, some rows at a time."""
    rows = max(1, CHUNK // (view[:1].size * dtype.itemsize))
    for start in range(0, len(view), rows):
        part = view[start : start + rows]
        part[...] = np.frombuffer(source.read(part.size * dtype.itemsize), dtype).reshape(part.shape)
    check_numbers(name, view, "any")


def as_dtype(array: Array, dtype: "np.dtype[Any]", name: str) -> Array:
    """Give an array as the file's kind of number; refuse what that cannot hold."""
    with np.errstate(over="ignore"):
        numbers = np.ascontiguousarray(array, dtype)
    if not np.isfinite(numbers).all():
        raise CheckpointError(f"{name} holds numbers that {dtype.name} cannot; scale the network, or use .safetensors")
    return numbers
