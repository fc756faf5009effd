"""The IDX format of MNIST: a big-endian header that says type and shape, then the numbers row by row."""

import gzip
import math
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn_model.data.idx_header import Stream, read_header, refuse_not_finite
from nn_model.data.source import GZIP, PathLike, opened
from nn_model.errors import DataError

__all__ = ["read_idx"]

_CHUNK = 1 << 20
# Deflate spends at least 2 bits on a run of 258 bytes.
_DEFLATE_RATIO = 1032


def read_idx(path: PathLike, max_bytes: int = 2**30) -> NDArray[Any]:
    """Read an IDX file, plain or gzip-compressed, into an array of native byte order.

    The shape in the header is believed only as far as the file can bear it out: its product, in Python's
    unbounded integers, is compared with the size of the file before any memory is asked for, and compressed
    data is unpacked piece by piece, to one byte past what the header declares at most.

    Parameters
    ----------
    path : path
        The file. Compression is recognised by content, whatever the name.
    max_bytes : int
        Largest body that is read, in bytes (default 1 GiB).

    Returns
    -------
    array
        uint8, int8, int16, int32, float32 or float64, of 1 to 4 dimensions; writable.

    Raises
    ------
    DataError
        No such file, not IDX, damaged, cut, longer than declared, empty, or holding NaN or infinity.

    Notes
    -----
    Y. LeCun, C. Cortes, C. J. C. Burges, *The MNIST database of handwritten digits* (1998), section on file
    formats. The readers of nn-rs, rsnet and Rust-Neural-Networks check neither the magic number nor the sizes.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from nn_model.data import write_idx
    >>> with TemporaryDirectory() as folder:
    ...     write_idx(Path(folder, "labels-idx1-ubyte.gz"), np.array([7, 2, 1], dtype=np.uint8))
    ...     read_idx(Path(folder, "labels-idx1-ubyte.gz"))
    array([7, 2, 1], dtype=uint8)
    """
    with opened(path) as (file, size):
        packed = file.read(len(GZIP)) == GZIP
        file.seek(0)
        if not packed:
            return _parse(file, path, size, max_bytes, packed=False)
        try:
            with gzip.GzipFile(fileobj=file) as stream:
                return _parse(stream, path, size, max_bytes, packed=True)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DataError(f"{path}: the gzip data is damaged or cut: {error}; fetch the file again") from None


def _parse(stream: Stream, path: PathLike, size: int, max_bytes: int, *, packed: bool) -> NDArray[Any]:
    dtype, shape = read_header(stream, path)
    header, body = 4 + 4 * len(shape), math.prod(shape) * dtype.itemsize
    declared = f"the header declares {shape} of {dtype.newbyteorder('=')}, {header} + {body} bytes"
    if packed and header + body > size * _DEFLATE_RATIO:
        raise DataError(f"{path}: {declared}, more than {size} bytes of gzip data can hold; fetch the file again")
    if not packed and header + body != size:
        raise DataError(f"{path}: {declared} in all; found {size} bytes; fetch the file again")
    if body > max_bytes:
        raise DataError(f"{path}: {declared}, over the limit of {max_bytes}; pass a larger max_bytes")
    data = _read_at_most(stream, body)
    # Asking for one more byte also makes gzip check the sums at the end.
    if len(data) < body or stream.read(1):
        found = "more" if len(data) == body else f"{header + len(data)} bytes"
        raise DataError(f"{path}: {declared} in all; found {found}; fetch the file again")
    array = np.frombuffer(data, dtype).reshape(shape)
    if not dtype.isnative:
        array = array.byteswap(inplace=True).view(dtype.newbyteorder("="))
    refuse_not_finite(array, path)
    return array


def _read_at_most(stream: Stream, count: int) -> bytearray:
    data = bytearray()
    while len(data) < count and (piece := stream.read(min(_CHUNK, count - len(data)))):
        data += piece
    return data
