"""Compiled functions kept on disk: a file that is damaged, or cannot be written, costs a compilation and no more."""

import hashlib
import pickle
from contextlib import suppress
from typing import Any

import numba
from numba import types
from numba.core.serialize import dumps

from nn_model.engines.numba.folder import folder
from nn_model.engines.numba.libraries import DriverCompiler, in_parts


class _Sealed:
    """What numba keeps and takes back, with a checksum: LLVM ends the process over code with a wrong bit."""

    def __init__(self, kept: Any) -> None:
        self._kept = kept

    def reduce(self, data: Any) -> tuple[bytes, bytes]:
        content = dumps(self._kept.reduce(data))
        return hashlib.sha256(content).digest(), content

    def rebuild(self, context: Any, data: tuple[bytes, bytes]) -> Any:
        seal, content = data
        if hashlib.sha256(content).digest() != seal:
            raise ValueError("the file is damaged")
        return self._kept.rebuild(context, pickle.loads(content))  # noqa: S301  # our own file, in our own folder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kept, name)


class _Forgiving:
    """A cache of numba's whose errors are misses."""

    def __init__(self, cache: Any) -> None:
        self._cache = cache
        cache._impl = _Sealed(cache._impl)

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
