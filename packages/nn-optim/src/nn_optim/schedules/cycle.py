"""One rise and one long fall."""

from typing import Annotated, Literal

from pydantic import Field

from nn_optim.fields import Positive, Rate, Steps
from nn_optim.schedules.decay import cosine
from nn_optim.spec import spec


@spec
class OneCycle:
    """From `lr_max / div_factor` up to `lr_max` and down to almost nothing, each along half a cosine.

    The peak is at step `pct_start * steps - 1`, the end at step `steps - 1`, where the rate is
    `lr_max / div_factor / final_div_factor`; it stays there.

    Parameters
    ----------
    lr_max : float
        The highest rate.
    steps : int
        Updates of the whole training.
    pct_start : float
        The part of the steps that climbs, in [0, 1).
    div_factor : float
        `lr_max` over the first rate.
    final_div_factor : float
        The first rate over the last one.

    Notes
    -----
    Smith and Topin, "Super-Convergence" (2018). PyTorch's `OneCycleLR` with its defaults, but that momentum is not
    cycled and that a step past the end gives the last rate and no error.

    Examples
    --------
    >>> from nn_optim import OneCycle
    >>> schedule = OneCycle(1.0, steps=100)
    >>> [round(schedule(step), 9) for step in (0, 29, 99)]
    [0.04, 1.0, 4e-06]
    """

    lr_max: Rate
    steps: Steps
    pct_start: Annotated[float, Field(ge=0, lt=1)] = 0.3
    div_factor: Positive = 25.0
    final_div_factor: Positive = 1e4
    kind: Literal["OneCycle"] = Field(default="OneCycle", kw_only=True)

    def __call__(self, step: int) -> float:
        """Return the rate of this step; the first is number 0."""
        first = self.lr_max / self.div_factor
        peak = self.pct_start * self.steps - 1.0
        if step < peak:
            return cosine(first, self.lr_max, step / peak)
        return cosine(self.lr_max, first / self.final_div_factor, (step - peak) / (self.steps - 1.0 - peak))
