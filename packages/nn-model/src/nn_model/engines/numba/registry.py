"""The twins: for a kernel, the function of the same arguments that the numba engine compiles in its place."""

from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba.core.compiler import Compiler

from nn_layers.protocol import Kernel
from nn_model.engines.numba.keeping import general, keep_part
from nn_model.engines.numba.libraries import PartCompiler

F = TypeVar("F", bound=Callable[..., Any])

TWINS: dict[Kernel, Any] = {}
"""The compiled function of every kernel whose twin has been imported."""

SMALL = "run_small"
"""The name of a driver whose twins are written into it, line by line, before anything is compiled."""


def _into_small(call: Any, caller: Any, callee: Any) -> bool:  # noqa: ARG001  # numba's signature
    """Whether a call becomes the lines of the function called: the compiler then knows every shape."""
    return bool(caller.func_id.func_name == SMALL)


OPTIONS: dict[str, Any] = {
    # Sums may be taken in any order, and x / c become x (1 / c). NaN and infinity stay: they are looked for.
    "fastmath": {"reassoc", "contract", "arcp", "nsz"},
    "error_model": "numpy",  # a division by zero is infinite, so that loops of divisions vectorise
    "inline": _into_small,
    "_nrt": False,  # no reference counts: an allocation does not compile
    "no_cfunc_wrapper": True,  # neither C nor Python calls these: compiled functions do
    "no_cpython_wrapper": True,
    "pipeline_class": PartCompiler,
}


def compiled(function: F) -> F:
    """Compile a function that compiled ones call, with the twins' options."""
    made: F = general(keep_part(numba.njit(**OPTIONS)(function)))
    return made


def apart(function: F) -> F:
    """Compile a long function that is called, and never written into those that call it."""
    made: F = general(keep_part(numba.njit(**OPTIONS | {"inline": "never"})(function)))
    return made


def twin(kernel: Kernel) -> Callable[[F], F]:
    """Register the decorated function, compiled, as the twin of a kernel: same names of arguments, same results."""

    def register(function: F) -> F:
        TWINS[kernel] = made = compiled(function)
        return made

    return register


def callable_from_python(made: F) -> F:
    """Give a twin that Python can call; for tests, since drivers need none."""
    options = OPTIONS | {"no_cpython_wrapper": False, "pipeline_class": Compiler}
    again: F = numba.njit(**options)(made.py_func)  # type: ignore[attr-defined]  # a dispatcher
    return again
