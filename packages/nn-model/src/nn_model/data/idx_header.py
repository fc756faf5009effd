"""What reading and writing IDX share: the types, the header, and the refusal of NaN."""

import struct
from gzip import GzipFile
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nn_model.data.source import PathLike, resembles
from nn_model.errors import DataError

__all__ = ["MAX_DIMENSIONS", "TYPES", "Stream", "read_header", "refuse_not_finite"]

Stream = BinaryIO | GzipFile

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: "i2", 0x0C: "i4", 0x0D: "f4", 0x0E: "f8"}
MAX_DIMENSIONS = 4


def read_header(stream: Stream, path: PathLike) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """Read the magic number and the sizes; returns the big-endian dtype and the shape, or raises DataError."""
    magic = stream.read(4)
    if len(magic) < 4:
        raise DataError(f"{path}: an IDX file begins with 4 magic bytes; found {len(magic)}; fetch the file again")
    code, dimensions = magic[2], magic[3]
    if magic[:2] != b"\0\0" or code not in TYPES or not 1 <= dimensions <= MAX_DIMENSIONS:
        kind = resembles(magic + stream.read(4))
        raise DataError(
            f"{path}: the magic number of an IDX file is 0x0000, a type of 08 09 0B 0C 0D 0E, and 01 to 04 "
            f"dimensions; found 0x{magic.hex().upper()}{kind and f', which looks like {kind}'}; fetch the IDX file"
        )
    sizes = stream.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise DataError(
            f"{path}: the IDX header ends after {4 + len(sizes)} bytes, {4 + 4 * dimensions} expected; "
            "fetch the file again"
        )
    shape = struct.unpack(f">{dimensions}I", sizes)
    if 0 in shape:
        raise DataError(f"{path}: no dimension may be 0; found {shape}; use a file that holds data")
    return np.dtype(">" + TYPES[code]), shape


def refuse_not_finite(array: NDArray[Any], path: PathLike) -> None:
    """Raise DataError if there is a NaN or an infinity; says how many and where the first is."""
    if array.dtype.kind == "f" and not (finite := np.isfinite(array)).all():
        first = tuple(int(i) for i in np.unravel_index(np.argmin(finite), array.shape))
        raise DataError(
            f"{path}: numbers must be finite; found {np.count_nonzero(~finite)} NaN or infinite, the first at "
            f"{first}; clean the data"
        )
