"""What may be told how training goes, and may answer: one file each."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nn_model.train.callbacks.checkpoint import Checkpoint
    from nn_model.train.callbacks.csv_log import CSVLog
    from nn_model.train.callbacks.early_stopping import EarlyStopping
    from nn_model.train.callbacks.learning_rate import LearningRate
    from nn_model.train.callbacks.metric import Metric
    from nn_model.train.callbacks.nan_guard import NaNGuard
    from nn_model.train.callbacks.plateau import ReduceOnPlateau
    from nn_model.train.callbacks.progress import ProgressBar
    from nn_model.train.callbacks.tensorboard import TensorBoard

__all__ = [
    "CSVLog",
    "Checkpoint",
    "EarlyStopping",
    "LearningRate",
    "Metric",
    "NaNGuard",
    "ProgressBar",
    "ReduceOnPlateau",
    "TensorBoard",
]

_MODULES = {
    "CSVLog": "csv_log",
    "Checkpoint": "checkpoint",
    "EarlyStopping": "early_stopping",
    "LearningRate": "learning_rate",
    "Metric": "metric",
    "NaNGuard": "nan_guard",
    "ProgressBar": "progress",
    "ReduceOnPlateau": "plateau",
    "TensorBoard": "tensorboard",
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
