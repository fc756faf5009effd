"""Functions that only compiled ones call: kept as the compiler's own language, and made into machine code in these.

numba optimises every function by itself, writes its machine code, and does both again in each function that calls it.
Here that is done once, in the driver: the first compilation of `mnist_cnn` takes 7.9 s in place of 12.5, and the code
is the same. A second network takes from disk what it shares with the first, not yet optimised.
"""

from copy import copy
from typing import Any

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


def in_parts(context: Any) -> Any:
    """Give a target of numba's that makes parts, and shares all else with the one given."""
    codegen = copy(context.codegen())
    codegen._library_class = _Part
    codegen.set_env = lambda name, env: None  # noqa: ARG005  # numba's names: what a function of the interpreter is told
    made = context.subtarget(_internal_codegen=codegen)
    made.cached_internal_func = _HELPERS
    return made


_HELPERS: dict[Any, Any] = {}
"""What numba compiles for its own use in parts, once for all of them."""


class PartCompiler(Compiler):  # type: ignore[misc]  # numba has no types
    """Compile a part."""

    def __init__(self, typing: Any, target: Any, *args: Any) -> None:
        super().__init__(typing, in_parts(target), *args)
