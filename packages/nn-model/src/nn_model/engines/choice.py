"""What an engine is, and which one a name means."""

from typing import Protocol

from nn_model.engines.numpy import NumpyEngine
from nn_model.errors import PartError
from nn_model.program import Program


class Engine(Protocol):
    """Runs training steps."""

    def run(self, program: Program, steps: int) -> int:
        """Run up to `steps` steps; return how many updates were made: fewer only if a loss was not finite."""
        ...


def make_engine(name: str) -> Engine:
    """Make the engine of this name.

    Raises
    ------
    PartError
        No engine has this name.
    """
    if name not in ("auto", "numpy"):
        raise PartError(f"engine must be 'auto' or 'numpy'; got {name!r}")
    return NumpyEngine()
