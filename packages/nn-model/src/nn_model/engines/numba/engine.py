"""The engine that runs a program as one compiled function."""

from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from operator import is_not
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from nn_layers.calls import Call
from nn_model.arrays import Array
from nn_model.engines.numba.loading import load
from nn_model.engines.numba.registry import SMALL
from nn_model.engines.numba.source import Places, address, calls_of, write
from nn_model.program import Program
from nn_model.threads import forget


@dataclass(slots=True)
class Driver:
    """A program's compiled function, and what it is handed.

    Attributes
    ----------
    run
        The compiled function.
    places
        Where its arguments are in the program.
    calls
        The calls whose arrays' addresses the table holds; they keep these arrays alive.
    table, floats
        The addresses, `(n,)`, and the numbers with a fraction, `(m,)`.
    """

    run: Any
    places: Places
    calls: list[Call]
    table: Array = field(init=False)
    floats: Array = field(init=False)

    def __post_init__(self) -> None:
        """Make the tables."""
        self.table = np.zeros(len(self.places.arrays), np.int64)
        self.floats = np.array(self.places.floats, np.float64)
        self.look_up()

    def look_up(self) -> None:
        """Write down where the arrays are."""
        calls = self.calls
        self.table[:] = [address(calls[i][1][j]) for i, j in self.places.arrays]

    def is_kept(self) -> bool:
        """Whether the compiled function is there already, in this process or on disk."""
        pattern = f"{self.run.__module__}.{self.run.__name__}-*.nbi"
        return bool(self.run.signatures) or any(Path(self.run._cache.cache_path).glob(pattern))

    def compile(self) -> None:
        """Compile, or take from disk, without making a step."""
        self.run(self.table, self.floats, 0)

    def __call__(self, program: Program, steps: int) -> int:
        """Run steps; the arrays are looked for anew where others were fed."""
        now = calls_of(program)
        if len(now) != len(self.calls) or any(map(is_not, now, self.calls)):
            self.calls = now
            self.look_up()
        return int(self.run(self.table, self.floats, steps))


def make_driver(program: Program) -> Driver:
    """Write and load the driver of a program; it is compiled when it first runs."""
    _load_blas()
    source, places = write(program)
    return Driver(driver_of(load(source)), places, calls_of(program))


@cache
def _load_blas() -> None:
    """Load scipy's BLAS, which compiled code calls, now: it has threads of its own, to be limited from here on."""
    import_module("scipy.linalg.cython_blas")
    forget()


def driver_of(module: ModuleType) -> Any:
    """Give the one function of a driver's module."""
    return next(getattr(module, name) for name in ("run", SMALL) if hasattr(module, name))
