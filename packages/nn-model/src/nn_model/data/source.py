"""Opens data files: regular files only, and every refusal in one sentence that names the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, FileIO
from pathlib import Path
from typing import BinaryIO

from nn_model.disk.opening import PathLike, open_regular
from nn_model.errors import DataError

__all__ = ["GZIP", "PathLike", "opened", "resembles"]

GZIP = b"\x1f\x8b"

_KINDS = {
    GZIP: "gzip-compressed data",
    b"PK\x03\x04": "a zip archive (an .xlsx sheet is one, too)",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"%PDF": "a PDF document",
    b"\x93NUMPY": "a .npy array",
    b"<!": "HTML (a download page instead of the file?)",
    b"<html": "HTML (a download page instead of the file?)",
    b"<?xml": "XML",
}


def resembles(head: bytes) -> str:
    """Say in words what a file that begins with `head` looks like; empty if nothing known.

    Parameters
    ----------
    head : bytes
        The first bytes of the file, 8 or more.
    """
    for magic, kind in _KINDS.items():
        if head.startswith(magic):
            return kind
    return "text" if head and all(32 <= byte < 127 or byte in b"\t\r\n" for byte in head) else ""


@contextmanager
def opened(path: PathLike) -> Iterator[tuple[BinaryIO, int]]:
    """Open a regular file for reading, and tell its size in bytes.

    Raises
    ------
    DataError
        The file is missing, unreadable, or something other than a regular file (folder, pipe, device).
    """
    try:
        raw, size = _open(path)
        with BufferedReader(raw) as file:
            yield file, size
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"{path}: the file cannot be read: {reason}; check the path and its permissions") from None


def _open(path: PathLike) -> tuple[FileIO, int]:
    try:
        return open_regular(Path(path), f"{path}: a data file", DataError, links=True)
    except TypeError:
        raise DataError(f"a path must be text or a path object; found {path!r}; name an existing file") from None
    except DataError:
        raise
    except ValueError as error:
        raise DataError(f"{str(path)!r}: not a possible path: {error}; name an existing file") from None
