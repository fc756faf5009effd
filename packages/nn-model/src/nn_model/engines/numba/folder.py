"""Where compiled code is kept: a folder that only its owner can write to, since what is found there is run."""

import atexit
import hashlib
import os
import platform
import shutil
import stat
import sys
import tempfile
import warnings
from functools import cache
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("numba", "llvmlite", "numpy", "nn-layers", "nn-loss", "nn-optim", "nn-model")
"""What compiled code depends on, beside the text of the twins."""


_FOUND: list[Path] = []
"""The folder in use, last."""


def folder() -> Path:
    """Give the folder for code compiled from these sources, with these versions; made when first asked for.

    Warns
    -----
    UserWarning
        The folder cannot be used: code is then compiled into one that goes when the process ends.
    """
    if not _FOUND:
        try:
            base = _base().absolute() / "nn-model"
            for place in (base, found := base / f"numba-{digest()[:16]}"):
                place.mkdir(mode=0o700, parents=True, exist_ok=True)
                check_own(place)
            _FOUND.append(found)
        except (OSError, RuntimeError) as error:  # RuntimeError: nobody knows where the user's home is
            temporary(error)
    return _FOUND[-1]


def temporary(error: Exception) -> Path:
    """Give up the folder for one that goes when the process ends, and say why."""
    warnings.warn(f"compiled code is not kept for the next process: {error}", UserWarning, stacklevel=3)
    found = Path(tempfile.mkdtemp(prefix="nn-model-"))
    atexit.register(_remove, found, os.getpid())
    _FOUND.append(found)
    return found


def _remove(place: Path, owner: int) -> None:
    """Remove a folder, unless this is a fork of the process that it belongs to."""
    if os.getpid() == owner:
        shutil.rmtree(place, ignore_errors=True)


def check_own(place: Path) -> None:
    """Raise `PermissionError` unless this is a folder, no link, of ours, that nobody else may write to."""
    found = place.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise PermissionError(f"{place} is no folder; remove it, or set NUMBA_CACHE_DIR")
    if hasattr(os, "geteuid"):  # Windows protects a user's own folders by other means
        if found.st_uid != os.geteuid():
            raise PermissionError(f"{place} belongs to another user; set NUMBA_CACHE_DIR to a folder of your own")
        if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise PermissionError(f"others may write to {place}, and code in it would be run; run: chmod go-w {place}")


@cache
def digest() -> str:
    """Give a sha256 of everything that compiled code depends on but the program itself."""
    found = hashlib.sha256()
    for name in PACKAGES:
        found.update(f"{name} {version(name)}\n".encode())
    found.update(f"{sys.version}\n{platform.machine()}\n".encode())
    here = Path(__file__).parent
    for path in sorted(here.rglob("*.py")):
        found.update(f"{path.relative_to(here).as_posix()}\n".encode() + path.read_bytes())
    return found.hexdigest()


def _base() -> Path:
    """Give the folder where a person keeps what can be made again."""
    if given := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
