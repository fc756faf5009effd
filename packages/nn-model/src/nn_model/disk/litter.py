"""Temporary files: their names, and the removal of those whose process has died."""

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from nn_model.disk.lock import HAS_LOCKS, hold

__all__ = ["sweep", "temporary"]

_LIFE = secrets.token_hex(4)
"""Tells this life of a process from an earlier one of the same number: in a container that is always 1."""


def temporary(target: Path) -> Path:
    """Give a new name in the target's folder: `.NAME.PID.RANDOM.tmp`."""
    return target.with_name(f".{target.name}.{os.getpid()}.{_LIFE}{secrets.token_hex(4)}.tmp")


def sweep(target: Path) -> None:
    """Remove the temporary files that dead processes left for this target; others are not touched."""
    pattern = re.compile(re.escape(f".{target.name}.") + r"([0-9]{1,10})\.([0-9a-f]{16})\.tmp")
    if not HAS_LOCKS:  # Windows: asking after a process there may end it
        return
    with suppress(OSError):
        for name in os.listdir(target.parent):  # noqa: PTH208  # names are all that is needed
            found = pattern.fullmatch(name)
            if found and _is_dead(int(found[1]), found[2]):
                _remove(target.with_name(name))


def _is_dead(process: int, random: str) -> bool:
    if process == os.getpid():
        return not random.startswith(_LIFE)
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # it lives, and is somebody else's
        return False
    return False


def _remove(path: Path) -> None:
    """Remove a file unless its writer, in a container or on a machine whose processes we do not see, locks it."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if hold(descriptor):
                path.unlink()
        finally:
            os.close(descriptor)
