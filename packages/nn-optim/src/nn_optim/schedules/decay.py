"""Rates that only fall: in stairs, exponentially, along half a cosine."""

import math
from typing import Literal, Self

from pydantic import Field, model_validator

from nn_optim.fields import Gamma, LowestRate, Rate, Steps
from nn_optim.spec import spec


@spec
class StepDecay:
    """Stairs: `lr * gamma ** (step // step_size)`.

    Parameters
    ----------
    lr : float
        The first rate.
    step_size : int
        Steps on one stair, at least 1. Steps are updates; for epochs multiply by the batches of an epoch.
    gamma : float
        What each stair multiplies the rate by, in (0, 1].

    Notes
    -----
    PyTorch's `StepLR`; Keras: `ExponentialDecay(staircase=True)`.

    Examples
    --------
    >>> from nn_optim import StepDecay
    >>> schedule = StepDecay(0.5, step_size=100, gamma=0.5)
    >>> schedule(0), schedule(99), schedule(100)
    (0.5, 0.5, 0.25)
    """

    lr: Rate
    step_size: Steps
    gamma: Gamma = 0.1
    kind: Literal["StepDecay"] = Field(default="StepDecay", kw_only=True)

    def __call__(self, step: int) -> float:
        """Return the rate of this step; the first is number 0."""
        return self.lr * math.pow(self.gamma, step // self.step_size)


@spec
class ExponentialDecay:
    """A smooth fall: `lr * gamma ** (step / steps)`.

    Parameters
    ----------
    lr : float
        The first rate.
    gamma : float
        What the rate is multiplied by in every `steps` steps, in (0, 1].
    steps : int
        The steps that `gamma` is meant for. With 1 the factor is per step; with the batches of an epoch it is
        per epoch, and the rate still falls a little at every step.

    Notes
    -----
    With `steps=1` PyTorch's `ExponentialLR`; in general Keras's `ExponentialDecay(lr, steps, gamma)`.

    Examples
    --------
    >>> from nn_optim import ExponentialDecay
    >>> schedule = ExponentialDecay(0.5, gamma=0.25, steps=1000)
    >>> schedule(0), schedule(500), schedule(1000)
    (0.5, 0.25, 0.125)
    """

    lr: Rate
    gamma: Gamma
    steps: Steps = 1
    kind: Literal["ExponentialDecay"] = Field(default="ExponentialDecay", kw_only=True)

    def __call__(self, step: int) -> float:
        """Return the rate of this step; the first is number 0."""
        return self.lr * math.pow(self.gamma, step / self.steps)


@spec
class Cosine:
    """Half a cosine: `lr_min + (lr - lr_min) * (1 + cos(pi * step / steps)) / 2`, then `lr_min`.

    Parameters
    ----------
    lr : float
        The first rate.
    steps : int
        The step at which `lr_min` is reached; it stays there.
    lr_min : float
        The last rate, between 0 and `lr`.

    Notes
    -----
    Loshchilov and Hutter, "SGDR" (2017), one period without restarts. PyTorch's `CosineAnnealingLR` is the same
    up to `steps` and climbs again after it.

    Examples
    --------
    >>> from nn_optim import Cosine
    >>> schedule = Cosine(1.0, steps=100, lr_min=0.5)
    >>> schedule(0), schedule(50), schedule(100), schedule(1000)
    (1.0, 0.75, 0.5, 0.5)
    """

    lr: Rate
    steps: Steps
    lr_min: LowestRate = 0.0
    kind: Literal["Cosine"] = Field(default="Cosine", kw_only=True)

    @model_validator(mode="after")
    def _falls(self) -> Self:
        if self.lr_min > self.lr:
            raise ValueError(f"lr_min must not be above lr, got lr_min={self.lr_min} and lr={self.lr}")
        return self

    def __call__(self, step: int) -> float:
        """Return the rate of this step; the first is number 0."""
        return cosine(self.lr, self.lr_min, step / self.steps)


def cosine(start: float, end: float, part: float) -> float:
    """Go from `start` to `end` along half a cosine; `part` of the way is done, and past 1 nothing changes."""
    return end + (start - end) * (1.0 + math.cos(math.pi * min(part, 1.0))) / 2.0
