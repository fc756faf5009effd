"""Learning rates that change: a schedule is `step -> rate`, where the first step is number 0."""

from nn_optim.schedules.constant import Constant
from nn_optim.schedules.cycle import OneCycle
from nn_optim.schedules.decay import Cosine, ExponentialDecay, StepDecay
from nn_optim.schedules.rate import LearningRate, Schedule, rate
from nn_optim.schedules.warmup import AnySchedule, Warmup

__all__ = [
    "AnySchedule",
    "Constant",
    "Cosine",
    "ExponentialDecay",
    "LearningRate",
    "OneCycle",
    "Schedule",
    "StepDecay",
    "Warmup",
    "rate",
]
