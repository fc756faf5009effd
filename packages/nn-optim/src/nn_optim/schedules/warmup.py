"""A gentle start before any other schedule, and the closed union of all schedules."""

from typing import Annotated, Literal

from pydantic import Field

from nn_optim.fields import Steps
from nn_optim.schedules.constant import Constant
from nn_optim.schedules.cycle import OneCycle
from nn_optim.schedules.decay import Cosine, ExponentialDecay, StepDecay
from nn_optim.spec import spec


@spec
class Warmup:
    """A straight climb to the first rate of another schedule, which then counts its own steps from 0.

    `schedule(0) * (step + 1) / (steps + 1)` for `step < steps`, then `schedule(step - steps)`. So the first update
    already moves, and the climb meets the schedule at step `steps` without a repeated rate.

    Parameters
    ----------
    steps : int
        Updates of the climb.
    schedule : Constant, StepDecay, ExponentialDecay, Cosine, OneCycle or Warmup
        What follows.

    Notes
    -----
    Goyal et al., "Accurate, Large Minibatch SGD" (2017). Others start at 0, an update that does nothing; PyTorch's
    `LinearLR` starts at a third.

    Examples
    --------
    >>> from nn_optim import Cosine, Warmup
    >>> schedule = Warmup(3, Cosine(1.0, steps=100))
    >>> [schedule(step) for step in (0, 1, 2, 3, 53)]
    [0.25, 0.5, 0.75, 1.0, 0.5]
    """

    steps: Steps
    schedule: "AnySchedule"
    kind: Literal["Warmup"] = Field(default="Warmup", kw_only=True)

    def __call__(self, step: int) -> float:
        """Return the rate of this step; the first is number 0."""
        if step < self.steps:
            return self.schedule(0) * (step + 1) / (self.steps + 1)
        return self.schedule(step - self.steps)


AnySchedule = Annotated[
    Constant | StepDecay | ExponentialDecay | Cosine | OneCycle | Warmup, Field(discriminator="kind")
]
