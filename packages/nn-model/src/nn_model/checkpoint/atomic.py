"""Files that are there whole or not at all, whatever happens while they are written."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from nn_model.checkpoint.disk import Write, explained
from nn_model.checkpoint.litter import sweep, temporary
from nn_model.checkpoint.lock import HAS_LOCKS, claim, hold
from nn_model.checkpoint.source import PathLike
from nn_model.errors import CheckpointError

__all__ = ["check_writable", "write_atomic"]


def write_atomic(path: PathLike, write: Write) -> None:
    """Write a file under a temporary name in the same folder, flush it to the disk, and rename it over the old one.

    Parameters
    ----------
    path
        The file. What dead processes left of earlier attempts at it is removed first.
    write
        Writes the content into an open file; after a failure it is called again to count the bytes.

    Raises
    ------
    CheckpointError
        The path cannot be written, the disk is full or broken; the old file is as it was, and nothing is left behind.

    Warns
    -----
    UserWarning
        Another process writes to the same path.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_atomic(f"{folder}/a.txt", lambda file: file.write(b"whole"))
    ...     os.listdir(folder)
    ['a.txt']
    """
    target = Path(path)
    _check_target(target)
    with claim(target):
        sweep(target)
        _write(target, write)
        _flush_folder(target)


def check_writable(path: PathLike) -> None:
    """Find out whether `path` can be written, before the hours of work that are to be kept there.

    Raises
    ------
    CheckpointError
        It cannot; with the reason and the remedy.

    Examples
    --------
    >>> check_writable("/nowhere/model.json")
    Traceback (most recent call last):
    nn_model.errors.CheckpointError: /nowhere/model.json: the folder /nowhere does not exist; make it first
    """
    target = Path(path)
    _check_target(target)
    with explained(target, None):
        trial = temporary(target)
        _created(trial, target).close()
        trial.unlink()


def _check_target(target: Path) -> None:
    """Check what stands at the path and above it."""
    with explained(target, None):
        if not target.parent.is_dir():
            raise CheckpointError(f"{target}: the folder {target.parent} does not exist; make it first")
        try:
            mode = target.lstat().st_mode
        except FileNotFoundError:
            return
        if stat.S_ISDIR(mode):
            raise CheckpointError(f"{target}: this is a folder; name a file in it")
        if not stat.S_ISREG(mode):
            raise CheckpointError(f"{target}: this is a link, pipe or device, which would be replaced; name a file")


def _write(target: Path, write: Write) -> None:
    name = temporary(target)
    try:
        with explained(target, write):
            with _created(name, target) as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            name.replace(target)
    except BaseException:
        with suppress(OSError):
            name.unlink()
        raise


def _created(name: Path, target: Path) -> BinaryIO:
    """Create the temporary file with the old one's permissions, and lock it against sweepers that see no processes."""
    descriptor = os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_CLOEXEC", 0), 0o666)
    hold(descriptor)
    with suppress(OSError):
        name.chmod(stat.S_IMODE(target.stat().st_mode))
    return os.fdopen(descriptor, "wb")


def _flush_folder(target: Path) -> None:
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
            raise CheckpointError(
                f"{target}: written, but its folder could not be flushed to the disk ({error.strerror}): "
                "it may not survive a power cut; check the disk"
            ) from error
