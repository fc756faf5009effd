"""Files that are there whole or not at all, whatever happens while they are written."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from nn_model.disk.faults import Write, explained
from nn_model.disk.litter import sweep, temporary
from nn_model.disk.lock import HAS_LOCKS, hold

__all__ = ["check_target", "check_writable", "replacing", "write_whole"]


def write_whole(target: Path, write: Write, refusal: type[ValueError]) -> None:
    """Write a file that replaces the one that is there; say what went wrong, and how many bytes are needed.

    Parameters
    ----------
    target
        The file, which `check_target` has looked at.
    write
        Writes the content into an open file; after a failure it is called again to count the bytes.
    refusal
        The class of the error.

    Raises
    ------
    refusal
        The path cannot be written, the disk is full or broken; the old file is as it was, and nothing is left behind.
    """
    with explained(target, write, refusal), replacing(target, refusal) as file:
        write(file)


def check_writable(target: Path, refusal: type[ValueError]) -> None:
    """Find out whether a file can be written there; raise the error with the reason and the remedy."""
    check_target(target, refusal)
    with explained(target, None, refusal):
        _check_replaceable(target)
        trial = temporary(target)
        _created(trial, target).close()
        trial.unlink()


def _check_replaceable(target: Path) -> None:
    """Raise `PermissionError` if the file there may not be replaced: immutable, or another's in a shared folder."""
    # A file is no folder to remove, but systems look first whether its name may be removed, as a rename will. To open
    # it for writing would ask something else: a file without write permission can be replaced.
    with suppress(NotADirectoryError, FileNotFoundError):
        target.rmdir()


def check_target(target: Path, refusal: type[ValueError]) -> None:
    """Check what stands at the path and above it."""
    with explained(target, None, refusal):
        if not target.parent.is_dir():
            raise refusal(f"{target}: the folder {target.parent} does not exist; make it first")
        try:
            mode = target.lstat().st_mode
        except FileNotFoundError:
            return
        if stat.S_ISDIR(mode):
            raise refusal(f"{target}: this is a folder; name a file in it")
        if not stat.S_ISREG(mode):
            raise refusal(f"{target}: this is a link, pipe or device, which would be replaced; name a file")


@contextmanager
def replacing(target: Path, refusal: type[ValueError]) -> Iterator[BinaryIO]:
    """Give a new file that takes the target's place, flushed to the disk, when the block ends well.

    Until then it has a temporary name in the same folder, because a rename works within one file system only. What
    dead processes left of earlier attempts at this target is removed first.

    Raises
    ------
    OSError
        The file cannot be written; the old one is as it was, and nothing is left behind.
    refusal
        The new file is in its place, but its folder cannot be flushed.
    """
    sweep(target)
    name = temporary(target)
    try:
        with _created(name, target) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        name.replace(target)
    except BaseException:
        with suppress(OSError):
            name.unlink()
        raise
    _flush_folder(target, refusal)


def _created(name: Path, target: Path) -> BinaryIO:
    """Create the temporary file with the old one's permissions, and lock it against sweepers that see no processes."""
    descriptor = os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_CLOEXEC", 0), 0o666)
    hold(descriptor)
    with suppress(OSError):
        name.chmod(stat.S_IMODE(target.stat().st_mode))
    return os.fdopen(descriptor, "wb")


def _flush_folder(target: Path, refusal: type[ValueError]) -> None:
    """Flush the folder, so that the new name survives a power cut; not every system offers that."""
    if not HAS_LOCKS:
        return
    try:
        descriptor = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EACCES):
            raise refusal(
                f"{target}: written, but its folder could not be flushed to the disk ({error.strerror}): "
                "it may not survive a power cut; check the disk"
            ) from error
