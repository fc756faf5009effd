"""What an engine is, which one a name means, and which one a run gets."""

import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

import numpy as np

from nn_layers.calls import Call
from nn_model.engines.compiled import NumbaEngine
from nn_model.engines.numpy import NumpyEngine
from nn_model.engines.twinned import untwinned
from nn_model.errors import PartError
from nn_model.extras import need
from nn_model.program import Program, tick
from nn_model.train.kernels import gather

Say = Callable[[str], object]

WORTH = 10.0
"""Seconds that a call of `fit` must be able to save before `"auto"` compiles: what large networks take to compile."""

CALL_SECONDS, NUMBER_SECONDS = 1.2e-6, 5e-11
"""What compiling saves of a step for each call, and for each number that its calls read or write: measured on the
presets at batches of 32 to 768, and rounded down."""

LARGE = 500_000
"""Numbers that a call works on, on average, above which nothing is saved: memory and BLAS take all the time."""


class Engine(Protocol):
    """Runs training steps."""

    @property
    def name(self) -> str:
        """What `NN(engine=...)` calls it."""
        ...

    def prepare(self, programs: Sequence[Program], say: Say | None) -> None:
        """Do what takes time before the first step, and say so."""
        ...

    def run(self, program: Program, steps: int) -> int:
        """Run up to `steps` steps; return how many updates were made: fewer only if a loss was not finite."""
        ...


class AutoEngine(NumpyEngine):
    """The numpy engine, until a call of `fit` is long enough for numba to pay; `choose` decides."""

    name = "auto"


def make_engine(name: str) -> Engine:
    """Make the engine of this name.

    Raises
    ------
    PartError
        No engine has this name, or numba is told to compile nothing.
    MissingExtraError
        numba, or scipy, through which it calls BLAS, is not installed.
    """
    if name not in ("auto", "numpy", "numba"):
        raise PartError(f"engine must be 'auto', 'numpy' or 'numba'; got {name!r}")
    if name == "numba":
        need("numba", "numba")
        need("scipy.linalg.cython_blas", "numba")
        if not _may_compile():
            raise PartError(
                "engine='numba' compiles, which NUMBA_DISABLE_JIT forbids; unset it, or take engine='numpy'"
            )
        return NumbaEngine()
    return NumpyEngine() if name == "numpy" else AutoEngine()


def choose(engine: Engine, programs: Sequence[Program], steps: int, before: str | None) -> Engine:
    """Give the engine for so many steps of these programs; a run that is resumed keeps the one it had, if it can.

    Warns
    -----
    UserWarning
        A resumed run gets another one.
    """
    wanted = engine.name
    if wanted == "auto":
        wanted = before or ("numba" if is_worth_it(programs[0], steps) else "numpy")
    if wanted == "numba" and not (_is_there() and all(next(untwinned(program), None) is None for program in programs)):
        wanted = "numpy"
    if before not in (None, wanted):
        warnings.warn(
            f"the run was made with the engine {before}, now it is {wanted}; it goes on, but its last bits may differ",
            UserWarning,
            stacklevel=5,
        )
    return engine if wanted == engine.name else NumbaEngine() if wanted == "numba" else NumpyEngine()


def is_worth_it(program: Program, steps: int) -> bool:
    """Judge by numbers that are the same on every machine: how many calls a step has, and on how much they work."""
    calls = [*program.gradients.calls, *program.update.part.calls]
    numbers = sum(numbers_of(call) for call in calls)
    saved = len(calls) * CALL_SECONDS + numbers * NUMBER_SECONDS
    return numbers <= LARGE * len(calls) and steps * saved >= WORTH


def numbers_of(call: Call) -> int:
    """Count what a call reads and writes of its arrays: of the data a batch, of scratch what the parameters need."""
    kernel, args = call
    sizes = [arg.size for arg in args if isinstance(arg, np.ndarray)]
    if kernel is gather:
        return 2 * sizes[-1]
    home = getattr(kernel, "__module__", None) or ""  # NumPy's older ufuncs name none
    if home in (gather.__module__, tick.__module__):
        return len(sizes)  # the clock and the epoch's sums: one place of each array
    if home.startswith("nn_optim."):
        return sum(min(size, sizes[0]) for size in sizes)
    return sum(sizes)


def _is_there() -> bool:
    """Whether numba can be used: it may be installed and refuse the NumPy beside it."""
    if find_spec("numba") is None or find_spec("scipy") is None:
        return False
    try:
        import_module("numba")
        import_module("scipy.linalg.cython_blas")
    except ImportError as error:
        warnings.warn(f"numba cannot be imported ({error}); training runs under numpy", UserWarning, stacklevel=6)
        return False
    return _may_compile()


def _may_compile() -> bool:
    """Whether numba compiles at all: NUMBA_DISABLE_JIT, which helps with debugging, lets it not."""
    return not import_module("numba").config.DISABLE_JIT
