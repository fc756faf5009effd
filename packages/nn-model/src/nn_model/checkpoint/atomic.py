"""Checkpoints are written whole or not at all, and two processes that write to one path hear of each other."""

from pathlib import Path

from nn_model.disk import atomic
from nn_model.disk.faults import Write
from nn_model.disk.lock import claim
from nn_model.disk.opening import PathLike
from nn_model.errors import CheckpointError

__all__ = ["check_writable", "claim", "write_atomic"]


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
    >>> import os
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_atomic(f"{folder}/a.txt", lambda file: file.write(b"whole"))
    ...     os.listdir(folder)
    ['a.txt']
    """
    target = Path(path)
    atomic.check_target(target, CheckpointError)  # before a lock file appears beside it
    with claim(target):
        atomic.write_whole(target, write, CheckpointError)


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
    atomic.check_writable(Path(path), CheckpointError)
