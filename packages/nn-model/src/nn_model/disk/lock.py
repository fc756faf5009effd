"""Lock files: they prevent nothing, but say when two processes write to one path."""

import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from inspect import currentframe
from pathlib import Path

from nn_model.disk.opening import PathLike

HAS_LOCKS = sys.platform != "win32"
"""Windows has none of these locks; files are whole there all the same."""

if HAS_LOCKS:
    import fcntl

__all__ = ["HAS_LOCKS", "claim", "hold"]

_claims: dict[tuple[int, str], tuple[int, int]] = {}
"""Of every path that a process of this number holds: the descriptor, and how many blocks claim it.

A child made by fork has another number, and so has claimed none.
"""
_warned: set[str] = set()
_guard = threading.Lock()
_OURS = (str(Path(__file__).parents[1]) + os.sep, contextmanager.__code__.co_filename)
"""Files whose lines no warning shall point to: those of this package, and of `with`."""


@contextmanager
def claim(path: PathLike) -> Iterator[bool]:
    """Say that this process writes to `path` while the block runs, as long as that takes.

    Gives whether no other process says so too, as far as this disk can tell.

    Warns
    -----
    UserWarning
        Another process says so too; once for each path. Neither waits for the other, and no file is ever a mixture
        of both: the one that writes last wins.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, claim(f"{folder}/a.json"):
    ...     os.listdir(folder)
    ['.a.json.lock']
    """
    target = Path(os.path.abspath(path))  # noqa: PTH100  # resolve() would follow links
    key = (os.getpid(), str(target))
    with _guard:
        taken = _taken(key, target)
    if taken is False:
        _warn(target)
    try:
        yield taken is not False
    finally:
        if taken:
            with _guard:
                _give_back(key, target)


def _taken(key: tuple[int, str], target: Path) -> bool | None:
    """Take the lock, or a share of it if this process has it: whether it has it now; `None`: there are no locks."""
    if key in _claims:
        descriptor, count = _claims[key]
        _claims[key] = (descriptor, count + 1)
        return True
    opened = _opened(_lock_of(target)) if HAS_LOCKS else None
    if opened is None:
        return None
    held = hold(opened)
    if held:
        _claims[key] = (opened, 1)
    else:
        _close(opened)
    return held


def _give_back(key: tuple[int, str], target: Path) -> None:
    descriptor, count = _claims.pop(key)
    if count > 1:
        _claims[key] = (descriptor, count - 1)
        return
    with suppress(OSError):
        _lock_of(target).unlink()
    hold(descriptor, release=True)  # a child made by fork has the descriptor, too
    _close(descriptor)


def _close(descriptor: int) -> None:
    """Close a lock file, which holds nothing: a disk that fails here has lost nothing."""
    with suppress(OSError):
        os.close(descriptor)


def _lock_of(target: Path) -> Path:
    return target.with_name(f".{target.name}.lock")


def _opened(lock: Path) -> int | None:
    """Open the lock file; `None` where that is not possible: a lock is no reason not to save."""
    flags = os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        return os.open(lock, flags, 0o666)
    except (OSError, ValueError):
        return None


def hold(descriptor: int, *, release: bool = False) -> bool | None:
    """Lock an open file, without waiting; `False`: another process has it; `None`: this disk can lock nothing now."""
    if not HAS_LOCKS:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_UN if release else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _warn(target: Path) -> None:
    if str(target) not in _warned:
        _warned.add(str(target))
        warnings.warn(
            f"{target}: another process writes to this path as well; the one that writes last wins: "
            "give each its own path",
            UserWarning,
            stacklevel=_outside(),
        )


def _outside() -> int:
    """Count the frames from the caller's to the first that is not ours: the line that asked for the file."""
    frame, level = currentframe(), 0
    while frame is not None and frame.f_code.co_filename.startswith(_OURS):
        frame, level = frame.f_back, level + 1
    return level
