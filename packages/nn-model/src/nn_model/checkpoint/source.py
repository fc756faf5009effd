"""Opens the one file that was named: a regular file of a size that can be, and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from nn_model.disk.opening import PathLike, open_regular
from nn_model.errors import CheckpointError, ShapeError

__all__ = ["MAX_BYTES", "PathLike", "Source", "opened", "resembles"]

MAX_BYTES = 4 * 2**30
"""The largest file that is read, unless the format or the caller says otherwise."""

_KINDS = {
    b"\x80": "a pickle",
    b"PK\x03\x04": "a zip archive (.npz, or a PyTorch or Keras file)",
    b"\x93NUMPY": "a .npy array",
    b"\x89HDF": "an HDF5 file",
    b"\x1f\x8b": "gzip-compressed data",
    b"<": "HTML or XML",
}


def resembles(head: bytes) -> str:
    """Say what a file with these first bytes looks like, as the end of a sentence; empty if nothing known."""
    kinds = (kind for magic, kind in _KINDS.items() if head.startswith(magic))
    return next((f"; it looks like {kind}" for kind in kinds), "")


@dataclass(frozen=True, slots=True)
class Source:
    """An open file, its size in bytes, and reads that are whole or refused."""

    file: FileIO
    size: int

    def head(self, count: int) -> bytearray:
        """Read the first bytes, at most `count`, and go back to the start."""
        found = self.read(min(count, self.size))
        self.file.seek(0)
        return found

    def read(self, count: int) -> bytearray:
        """Read the next `count` bytes into fresh memory."""
        buffer = bytearray(count)
        view, done = memoryview(buffer), 0
        while done < count:
            read = self.file.readinto(view[done:])
            if not read:
                raise CheckpointError(f"the file ended {count - done:,} bytes early: it is truncated or being written")
            done += read
        return buffer


@contextmanager
def opened(path: PathLike, max_bytes: int) -> Iterator[Source]:
    """Open a file for reading; errors from inside name it.

    Raises
    ------
    CheckpointError
        The file is missing, unreadable, too large, or no regular file.
    """
    name = Path(path)
    try:
        file, size = _open(name)
        with file:
            _check_size(size, max_bytes)
            yield Source(file, size)
    except ShapeError as error:
        raise ShapeError(f"{name}: {error}") from None
    except CheckpointError as error:
        raise CheckpointError(f"{name}: {error}{_backup(name)}") from error.__cause__
    except OSError as error:
        raise CheckpointError(f"{name}: the file cannot be read: {error.strerror or error}; check the path") from None


def _open(path: Path) -> tuple[FileIO, int]:
    try:
        return open_regular(path, "a checkpoint", CheckpointError, links=False)
    except CheckpointError:
        raise
    except ValueError as error:
        raise CheckpointError(f"not a possible path ({error}); name an existing file") from None


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise CheckpointError(
            f"the file has {size:,} bytes and at most {max_bytes:,} are allowed; pass max_bytes to allow more"
        )


def _backup(path: Path) -> str:
    """Name a copy that an editor or a careful person has left beside a damaged file."""
    try:
        copies = [path.with_name(path.name + ending) for ending in (".bak", "~")]
        return next((f"; there is a copy, {copy.name}" for copy in copies if copy.is_file()), "")
    except (OSError, ValueError):
        return ""
