"""The engine that compiles programs, as far as it needs no numba: that is imported when the first program is run."""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from nn_model.engines.numpy import NumpyEngine
from nn_model.engines.twinned import untwinned
from nn_model.program import Program

if TYPE_CHECKING:
    from nn_model.engines.numba.engine import Driver


class NumbaEngine:
    """Runs a program as one compiled function; a program with a call that has no twin, as the numpy engine does."""

    name = "numba"

    def prepare(self, programs: Sequence[Program], say: Callable[[str], object] | None) -> None:
        """Compile what has not been compiled before, and say so."""
        drivers = [driver for program in programs if (driver := self._driver(program)) is not None]
        fresh = [driver for driver in drivers if not driver.is_kept()]
        if fresh and say is not None:
            say("Compiling the training step, once for this network, batch size and number of rows ...")
        start = perf_counter()
        for driver in drivers:
            driver.compile()
        if fresh and say is not None:
            say(f"Compiled in {perf_counter() - start:.1f} s")

    def run(self, program: Program, steps: int) -> int:
        """Run up to `steps` steps; stop before the update of one whose loss is not finite."""
        driver = self._driver(program)
        return NumpyEngine().run(program, steps) if driver is None else driver(program, steps)

    def _driver(self, program: Program) -> "Driver | None":
        """Give a program's driver, made when it is first asked for; `None` where a call has no twin."""
        if "numba" not in program.made:
            from nn_model.engines.numba.engine import make_driver  # noqa: PLC0415  # numba takes its time to import

            alone = next(untwinned(program), None) is not None
            program.made["numba"] = None if alone else make_driver(program)
        driver: Driver | None = program.made["numba"]
        return driver
