"""Losses of small neural networks on NumPy: the value and its exact gradient in one pass."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nn_loss.binary_cross_entropy import BinaryCrossEntropy
    from nn_loss.by_hand import value_and_grad
    from nn_loss.cross_entropy import CrossEntropy
    from nn_loss.errors import TargetError
    from nn_loss.huber import Huber
    from nn_loss.protocol import Loss, LossFrame, Scratch
    from nn_loss.regression import MAE, MSE

__version__ = "0.1.0"

__all__ = [
    "MAE",
    "MSE",
    "BinaryCrossEntropy",
    "CrossEntropy",
    "Huber",
    "Loss",
    "LossFrame",
    "Scratch",
    "TargetError",
    "value_and_grad",
]

_HOME = {
    "MAE": "regression",
    "MSE": "regression",
    "BinaryCrossEntropy": "binary_cross_entropy",
    "CrossEntropy": "cross_entropy",
    "Huber": "huber",
    "Loss": "protocol",
    "LossFrame": "protocol",
    "Scratch": "protocol",
    "TargetError": "errors",
    "value_and_grad": "by_hand",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that importing the package costs next to nothing."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    made = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = made
    return made


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
