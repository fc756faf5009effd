"""Compiled functions kept on disk: a file that is damaged, or cannot be written, costs a compilation and no more."""

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numba
from numba import types

from nn_model.engines.numba.folder import folder
from nn_model.engines.numba.libraries import DriverCompiler, in_parts


def _seal(file: Any) -> None:
    """Let numba's files of code have a checksum beside them: LLVM ends the process over code with a wrong bit."""
    save, load = file._save_data, file._load_data

    def content(name: str) -> bytes:
        return hashlib.sha256(Path(file._data_path(name)).read_bytes()).digest()

    def beside(name: str) -> Path:
        return Path(f"{file._data_path(name)}.sha256")

    def save_sealed(name: str, data: Any) -> None:
        save(name, data)
        beside(name).write_bytes(content(name))

    def load_sealed(name: str) -> Any:
        if beside(name).read_bytes() != content(name):
            raise ValueError("the file is damaged")
        return load(name)

    file._save_data, file._load_data = save_sealed, load_sealed


class _Forgiving:
    """A cache of numba's whose errors are misses."""

    def __init__(self, cache: Any) -> None:
        self._cache = cache
        _seal(cache._cache_file)

    def load_overload(self, signature: Any, context: Any) -> Any:
        with suppress(Exception):  # whatever unpickling a damaged file raises
            return self._cache.load_overload(signature, context)
        with suppress(Exception):
            self._cache.flush()
        return None

    def save_overload(self, *args: Any) -> None:
        with suppress(OSError):
            self._cache.save_overload(*args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cache, name)


class _Parts(_Forgiving):
    """A cache of functions that no machine code is made of."""

    def load_overload(self, signature: Any, context: Any) -> Any:
        return super().load_overload(signature, in_parts(context))


def keep(dispatcher: Any, cache: type[_Forgiving] = _Forgiving) -> Any:
    """Let numba keep what it compiles of this function in our folder, and give the function back."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder())  # read at once, by this function's cache alone
    try:
        dispatcher.enable_caching()
    finally:
        numba.config.CACHE_DIR = before
    dispatcher._cache = cache(dispatcher._cache)  # numba lets such errors through to the caller
    return dispatcher


def keep_part(dispatcher: Any) -> Any:
    """Let numba keep a function that only compiled ones call."""
    return keep(dispatcher, _Parts)


def general(dispatcher: Any) -> Any:
    """Let one compiled function do for all whole numbers: numba makes one for each number that a call's text has."""
    find = dispatcher.get_call_template

    def find_general(args: Any, kws: Any) -> Any:
        return find([types.unliteral(arg) for arg in args], {name: types.unliteral(arg) for name, arg in kws.items()})

    dispatcher.get_call_template = find_general
    return dispatcher


def keep_driver(function: Any) -> Any:
    """Compile and keep a driver: it holds no lock of the interpreter while it runs."""
    made = numba.njit(nogil=True, error_model="numpy", _nrt=False, no_cfunc_wrapper=True, pipeline_class=DriverCompiler)
    return keep(made(function))
