"""Writes IDX files: whole or not at all, and the same bytes for the same array."""

import gzip
import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nn_model.data.idx_header import MAX_DIMENSIONS, TYPES, refuse_not_finite
from nn_model.data.source import PathLike
from nn_model.disk.atomic import check_target, write_whole
from nn_model.errors import DataError

__all__ = ["write_idx"]

_CODES = {name: code for code, name in TYPES.items()}


def write_idx(path: PathLike, array: NDArray[Any]) -> None:
    """Write an array as an IDX file, compressed when the name ends in ``.gz``.

    The file appears whole or not at all: it is written beside the target and renamed over it. Equal arrays
    give equal files, because no time and no name is stored.

    Parameters
    ----------
    path : path
        The file; replaced if it exists.
    array : array
        uint8, int8, int16, int32, float32 or float64, of 1 to 4 dimensions, none of them 0.

    Raises
    ------
    DataError
        IDX cannot hold the array, or the file cannot be written; what was there is unchanged.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_idx(Path(folder, "x"), np.zeros((2, 3), dtype=np.float32))
    ...     Path(folder, "x").stat().st_size
    36
    """
    name = f"{array.dtype.kind}{array.dtype.itemsize}"
    if name not in _CODES or not 1 <= array.ndim <= MAX_DIMENSIONS or 0 in array.shape or max(array.shape) >> 32:
        raise DataError(
            f"{path}: IDX holds uint8, int8, int16, int32, float32 or float64 of 1 to 4 dimensions, none 0; "
            f"found {array.dtype} of shape {array.shape}; convert with astype or reshape"
        )
    refuse_not_finite(array, path)
    body = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder(">"))
    header = struct.pack(f">4B{array.ndim}I", 0, 0, _CODES[name], array.ndim, *array.shape)

    def put(file: BinaryIO) -> None:
        if Path(path).suffix != ".gz":
            file.writelines((header, body.data))
        else:
            with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as stream:
                stream.writelines((header, body.data))

    check_target(Path(path), DataError)
    write_whole(Path(path), put, DataError)
