"""The rate that never changes."""

from typing import Literal

from pydantic import Field

from nn_optim.fields import Rate
from nn_optim.spec import spec


@spec
class Constant:
    """The same rate at every step: what a plain number means, in a place that asks for a schedule.

    Parameters
    ----------
    lr : float
        The rate, at least 0 (0 with a `UserWarning`).

    Examples
    --------
    >>> from nn_optim import Constant, Warmup
    >>> Warmup(3, Constant(0.4))(0)
    0.1
    """

    lr: Rate
    kind: Literal["Constant"] = Field(default="Constant", kw_only=True)

    def __call__(self, step: int) -> float:
        """Return the rate of this step; the first is number 0."""
        del step
        return self.lr
