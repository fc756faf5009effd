"""Opens the one file that was named: a regular file, and nothing that waits, wakes a device, or never ends."""

import os
import stat
from io import FileIO
from pathlib import Path

__all__ = ["PathLike", "open_regular"]

PathLike = str | os.PathLike[str]

# A pipe is not waited for, and a terminal not made ours. Not every system has all of these.
_FLAGS = sum(getattr(os, name, 0) for name in ("O_CLOEXEC", "O_NONBLOCK", "O_NOCTTY", "O_BINARY"))

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


def open_regular(path: Path, what: str, refusal: type[ValueError], *, links: bool) -> tuple[FileIO, int]:
    """Open a regular file for reading, and tell its size in bytes.

    Parameters
    ----------
    path
        The file.
    what
        What messages call it: "a checkpoint".
    refusal
        The class of the error.
    links
        Whether a symbolic link is followed.

    Raises
    ------
    refusal
        Something other than a regular file is there.
    OSError, ValueError
        What the system says of the path.
    """
    # Before it is opened: opening a device may already do something.
    _check_regular(path.stat(follow_symlinks=links), what, refusal)
    file = FileIO(os.open(path, os.O_RDONLY | _FLAGS | (0 if links else getattr(os, "O_NOFOLLOW", 0))), "rb")
    try:
        status = os.fstat(file.fileno())
        _check_regular(status, what, refusal)  # it may have changed in between
    except BaseException:
        file.close()
        raise
    return file, status.st_size


def _check_regular(status: os.stat_result, what: str, refusal: type[ValueError]) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "a device")
        raise refusal(f"{what} must be a regular file; found {kind}; name the file itself")
