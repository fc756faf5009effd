"""Training runs: the loop, its history, and callbacks."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nn_model.train.callbacks import (
        Checkpoint,
        CSVLog,
        EarlyStopping,
        LearningRate,
        Metric,
        NaNGuard,
        ProgressBar,
        ReduceOnPlateau,
        TensorBoard,
    )
    from nn_model.train.events import Callback, Event, Rate, Stop
    from nn_model.train.history import History, Row

__all__ = [
    "CSVLog",
    "Callback",
    "Checkpoint",
    "EarlyStopping",
    "Event",
    "History",
    "LearningRate",
    "Metric",
    "NaNGuard",
    "ProgressBar",
    "Rate",
    "ReduceOnPlateau",
    "Row",
    "Stop",
    "TensorBoard",
]

_MODULES = dict.fromkeys(__all__, "callbacks") | {
    "Callback": "events",
    "Event": "events",
    "History": "history",
    "Rate": "events",
    "Row": "history",
    "Stop": "events",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
