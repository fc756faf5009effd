"""Optimizers of small neural networks: update rules, schedules and clipping on one flat vector."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nn_optim.adagrad import AdaGrad
    from nn_optim.adam import Adam, AdamW
    from nn_optim.adamax import AdaMax
    from nn_optim.clipping import ClipNorm, ClipValue
    from nn_optim.errors import RateError, VectorError
    from nn_optim.momentum import Momentum, Nesterov
    from nn_optim.nadam import Nadam
    from nn_optim.protocol import BLOCK, Clipping, Optimizer, OptimizerFrame, Slot
    from nn_optim.rmsprop import RMSProp
    from nn_optim.schedules import (
        Constant,
        Cosine,
        ExponentialDecay,
        LearningRate,
        OneCycle,
        Schedule,
        StepDecay,
        Warmup,
        rate,
    )
    from nn_optim.sgd import SGD
    from nn_optim.state import OptimizerState

__version__ = "0.1.0"

# Where each public name lives: imported when it is first asked for, so that the package itself costs nothing.
_HOME = {
    "AdaGrad": "adagrad",
    "AdaMax": "adamax",
    "Adam": "adam",
    "AdamW": "adam",
    "BLOCK": "protocol",
    "ClipNorm": "clipping",
    "ClipValue": "clipping",
    "Clipping": "protocol",
    "Constant": "schedules",
    "Cosine": "schedules",
    "ExponentialDecay": "schedules",
    "LearningRate": "schedules",
    "Momentum": "momentum",
    "Nadam": "nadam",
    "Nesterov": "momentum",
    "OneCycle": "schedules",
    "Optimizer": "protocol",
    "OptimizerFrame": "protocol",
    "OptimizerState": "state",
    "RMSProp": "rmsprop",
    "RateError": "errors",
    "SGD": "sgd",
    "Schedule": "schedules",
    "Slot": "protocol",
    "StepDecay": "schedules",
    "VectorError": "errors",
    "Warmup": "schedules",
    "rate": "schedules",
}

__all__ = [
    "BLOCK",
    "SGD",
    "AdaGrad",
    "AdaMax",
    "Adam",
    "AdamW",
    "ClipNorm",
    "ClipValue",
    "Clipping",
    "Constant",
    "Cosine",
    "ExponentialDecay",
    "LearningRate",
    "Momentum",
    "Nadam",
    "Nesterov",
    "OneCycle",
    "Optimizer",
    "OptimizerFrame",
    "OptimizerState",
    "RMSProp",
    "RateError",
    "Schedule",
    "Slot",
    "StepDecay",
    "VectorError",
    "Warmup",
    "rate",
]


def __getattr__(name: str) -> Any:
    """Import the name's module at its first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({*globals(), *__all__})
