"""Drivers as files: written into our own folder and imported from there, in this one place."""

import hashlib
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import RLock
from types import ModuleType

from nn_model.disk.atomic import write_whole
from nn_model.engines.numba.folder import check_own, folder, temporary
from nn_model.errors import DataError

_LOCK = RLock()


def load(source: str) -> ModuleType:
    """Give the module of a driver's source; its file is named by that, and made anew where it holds anything else."""
    name = f"nn_driver_{hashlib.sha256(source.encode()).hexdigest()}"
    with _LOCK:  # of two threads, none gets a module that the other has not finished
        if name in sys.modules:
            return sys.modules[name]
        try:
            path = _written(folder(), name, source)
        except (OSError, DataError) as error:  # full, not to be written to, or gone
            path = _written(temporary(error), name, source)
        return _imported(name, path)


def _written(place: Path, name: str, source: str) -> Path:
    check_own(place)
    path = place / f"{name}.py"
    if not _holds(path, source):
        path.unlink(missing_ok=True)
        write_whole(path, lambda file: file.write(source.encode()), DataError)
    return path


def _holds(path: Path, source: str) -> bool:
    try:
        return not path.is_symlink() and path.read_bytes() == source.encode()
    except OSError:
        return False


def _imported(name: str, path: Path) -> ModuleType:
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported")
    module = module_from_spec(spec)
    sys.modules[name] = module  # numba looks for it there when it takes compiled code from disk
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
