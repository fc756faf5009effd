"""Small neural networks on NumPy: layers, a loss and an optimizer, composed into a network that trains and reports."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nn_model.loading import load
    from nn_model.metrics import RegressionReport, Report
    from nn_model.network import NN
    from nn_model.train.history import History

__version__ = "0.1.0"

__all__ = ["NN", "History", "RegressionReport", "Report", "load"]

_MODULES = {
    "NN": "network",
    "History": "train.history",
    "RegressionReport": "metrics",
    "Report": "metrics",
    "load": "loading",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
