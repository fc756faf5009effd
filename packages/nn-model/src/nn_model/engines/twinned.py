"""Which calls the numba engine can compile: known without importing numba."""

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from nn_layers.calls import Call
from nn_model.program import Program

TWINS = "nn_model.engines.numba.twins"
"""The package with a module of twins for every module of kernels."""

HOMES = {
    "nn_layers.kernels": "",
    "nn_loss.kernels": "",
    "nn_optim.kernels": "",
    "nn_model.program": "clock",
    "nn_model.targets.kernels": "targets",
    "nn_model.train.kernels": "epoch",
}
"""Where kernels live, and the module of their twins; empty: the one of the kernels' own name."""

INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
DTYPES = frozenset(("bool", "float32", "float64", *INTEGERS))
"""Dtypes that the driver has words for."""


def twin_module(kernel: Any) -> str | None:
    """Name the module, in the twins' package, that has the twin of a kernel; `None` where there is none."""
    module, name = getattr(kernel, "__module__", None) or "", getattr(kernel, "__name__", "")
    place, _, file = module.rpartition(".")
    home = HOMES.get(module, file if place in HOMES else "")
    own = (
        getattr(sys.modules.get(module), name, None) is kernel
    )  # what is wrapped keeps its name, and does something else
    return home if own and name in _twins_in(home) else None


@cache
def _twins_in(home: str) -> frozenset[str]:
    """Read which functions a module of twins has, without importing it."""
    path = Path(__file__).parent / "numba" / "twins" / f"{home}.py"
    return (
        frozenset(re.findall(r"^def (\w+)\(", path.read_text("utf-8"), re.MULTILINE)) if path.is_file() else frozenset()
    )


def untwinned(program: Program) -> Iterator[tuple[str, Call]]:
    """Give the calls, with their owners, that only the numpy engine can run."""
    for part in (program.gradients, program.update.part):
        for i, call in enumerate(part.calls):
            if twin_module(call[0]) is None or not all(map(_is_known, call[1])):
                yield part.owners[i] if i < len(part.owners) else "", call


def _is_known(arg: Any) -> bool:
    """Whether the driver can hand an argument on."""
    if isinstance(arg, np.ndarray):
        return arg.dtype.name in DTYPES and arg.dtype.isnative and arg.flags.c_contiguous and arg.ndim > 0
    if isinstance(arg, tuple):
        return all(isinstance(item, int | float | np.integer | np.floating) for item in arg)
    return arg is None or isinstance(arg, int | float | np.integer | np.floating | np.random.Generator)
