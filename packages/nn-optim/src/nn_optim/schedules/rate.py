"""What an optimizer takes as `lr`: a number or a schedule."""

from typing import Annotated, Any, Protocol, runtime_checkable

from pydantic import Discriminator, Tag

from nn_optim.fields import Rate
from nn_optim.schedules.constant import Constant
from nn_optim.schedules.cycle import OneCycle
from nn_optim.schedules.decay import Cosine, ExponentialDecay, StepDecay
from nn_optim.schedules.warmup import Warmup


@runtime_checkable
class Schedule(Protocol):
    """A rate for every step. The specs of this package take its own schedules; an own optimizer takes any."""

    def __call__(self, step: int) -> float:
        """Return the rate of this step; the first is number 0."""
        ...


def _kind(lr: Any) -> Any:
    """Tell pydantic which member of the union this is, so that an error speaks of that member alone."""
    if isinstance(lr, int | float):
        return "number"
    return lr.get("kind") if isinstance(lr, dict) else getattr(lr, "kind", None)


LearningRate = Annotated[
    Annotated[Rate, Tag("number")]
    | Annotated[Constant, Tag("Constant")]
    | Annotated[StepDecay, Tag("StepDecay")]
    | Annotated[ExponentialDecay, Tag("ExponentialDecay")]
    | Annotated[Cosine, Tag("Cosine")]
    | Annotated[OneCycle, Tag("OneCycle")]
    | Annotated[Warmup, Tag("Warmup")],
    Discriminator(
        _kind,
        custom_error_type="learning_rate",
        custom_error_message="lr must be a number of at least 0 or a schedule: "
        "Constant, StepDecay, ExponentialDecay, Cosine, OneCycle or Warmup",
    ),
]
"""The type of an `lr` field."""


def rate(lr: float | Schedule, step: int) -> float:
    """Return the learning rate of this step (the first is number 0), whichever of the two `lr` is.

    Examples
    --------
    >>> from nn_optim import StepDecay, rate
    >>> rate(0.1, 500), rate(StepDecay(0.5, 100, gamma=0.5), 100)
    (0.1, 0.25)
    """
    return lr(step) if callable(lr) else lr
