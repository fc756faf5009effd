"""The engine that every network has: a loop over bound calls."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nn_layers.calls import BUFFER, explained
from nn_model.program import Program

if TYPE_CHECKING:
    from nn_layers.protocol import Kernel


class NumpyEngine:
    """Runs a program call by call."""

    name = "numpy"

    def prepare(self, programs: Sequence[Program], say: object) -> None:
        """Nothing needs time before the first step."""

    def run(self, program: Program, steps: int) -> int:
        """Run up to `steps` steps; stop before the update of one whose loss is not finite."""
        value = program.value
        # The test of the loss finds what overflowed; warnings on the way would only say so first and worse.
        with np.errstate(all="ignore"):
            np.setbufsize(BUFFER)
            kernel: Kernel | None = None
            try:
                for done in range(steps):
                    for kernel, args in program.gradients.calls:
                        kernel(*args)
                    if not math.isfinite(value[0]):
                        return done
                    for kernel, args in program.update.part.calls:
                        kernel(*args)
            except ValueError as error:
                raise explained(error, kernel) from error
        return steps
