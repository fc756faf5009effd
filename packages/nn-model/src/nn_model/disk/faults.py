"""What the system says of a failed write, as a sentence with the remedy."""

import errno
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import RawIOBase
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = ["Write", "explained"]

Write = Callable[[BinaryIO], object]


@contextmanager
def explained(target: Path, write: Write | None, refusal: type[ValueError]) -> Iterator[None]:
    """Turn the system's errors into a sentence of the class `refusal`; `write` tells how many bytes were needed."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if write is None:
            raise refusal(f"{target}: cannot be written: {reason}; {_remedy(error)}") from error
        raise refusal(
            f"{target}: cannot be written: {reason}; {_needs(target, write)}; "
            f"what was there is unchanged; {_remedy(error)}"
        ) from error
    except ValueError as error:
        if write is not None or isinstance(error, refusal):  # the writer's own: the path has been looked at before
            raise
        raise refusal(f"{str(target)!r}: not a possible path: {error}; choose another") from None


def _remedy(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "free some space, or choose another folder"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "choose a folder that you may write to"
    return "check the disk, or choose another folder"


def _needs(target: Path, write: Write) -> str:
    try:
        return f"the file needs {_count(write):,} bytes and {shutil.disk_usage(target.parent).free:,} are free"
    except OSError:
        return "how many bytes the file needs is not known"


class _Counter(RawIOBase):
    """A file that forgets what is written to it, but not how much."""

    count = 0

    def writable(self) -> bool:
        """Take anything."""
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        """Count."""
        size = memoryview(data).nbytes
        self.count += size
        return size


def _count(write: Write) -> int:
    counter = _Counter()
    write(cast("BinaryIO", counter))
    return counter.count
