"""What numba makes of our functions: parts, which are no machine code by themselves, and drivers, which take them in.

numba optimises every function by itself, writes its machine code, and does both again in each function that calls it.
Here that is done once, in the driver: the first compilation of `mnist_cnn` takes 7.9 s in place of 12.5, and the code
is the same. A second network takes from disk what it shares with the first, not yet optimised.

In drivers LLVM also looks for vectors in lines that are no loop, as those of a hidden layer of four are: XOR takes 5 %
less time. numba leaves that out, since it once went wrong (LLVM 11); drivers are compared with NumPy's engine.
"""

from copy import copy
from typing import Any

from numba.core import config
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler


class _Part(JITCodeLibrary):  # type: ignore[misc]  # numba has no types
    """The code of one function, for others to take in."""

    def _optimize_final_module(self) -> None:
        """Leave that to whoever takes it in."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:  # noqa: ARG002  # numba's signature
        """Say that there is no such address: nothing here can be run."""
        self._ensure_finalized()
        return 0

    def serialize_using_object_code(self) -> Any:
        """Give what is kept on disk: there is no machine code."""
        return self.serialize_using_bitcode()


class _Driver(JITCodeLibrary):  # type: ignore[misc]  # likewise
    """The code of a driver and of all that it calls."""

    def _optimize_functions(self, module: Any) -> None:
        """Leave out what goes over each function first: a seventh of the time of a deep network, for nothing."""
        module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self) -> None:
        before = config.SLP_VECTORIZE
        config.SLP_VECTORIZE = 1  # read at once; one thread compiles at a time
        try:
            super()._optimize_final_module()
        finally:
            config.SLP_VECTORIZE = before


_HELPERS: dict[Any, Any] = {}
"""What numba compiles for its own use in parts, once for all of them."""


def in_parts(context: Any) -> Any:
    """Give a target of numba's that makes parts, and shares all else with the one given."""
    made = _with_library(context, _Part)
    made.codegen().set_env = lambda name, env: None  # noqa: ARG005  # numba's names; parts never ask the interpreter
    made.cached_internal_func = _HELPERS
    return made


def _with_library(context: Any, library: type[JITCodeLibrary]) -> Any:
    codegen = copy(context.codegen())
    codegen._library_class = library
    return context.subtarget(_internal_codegen=codegen)


class PartCompiler(Compiler):  # type: ignore[misc]  # likewise
    """Compile a part."""

    def __init__(self, typing: Any, target: Any, *args: Any) -> None:
        super().__init__(typing, in_parts(target), *args)


class DriverCompiler(Compiler):  # type: ignore[misc]  # likewise
    """Compile a driver."""

    def __init__(self, typing: Any, target: Any, *args: Any) -> None:
        super().__init__(typing, _with_library(target, _Driver), *args)
