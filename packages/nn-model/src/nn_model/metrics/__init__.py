"""What a network's answers are worth: confusion matrices and reports for classes and for values."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nn_model.metrics.classification import Report
    from nn_model.metrics.confusion import confusion_matrix, multilabel_confusion
    from nn_model.metrics.ratios import Averages
    from nn_model.metrics.regression import RegressionReport

__all__ = ["Averages", "RegressionReport", "Report", "confusion_matrix", "multilabel_confusion"]

_MODULES = {
    "Averages": "ratios",
    "RegressionReport": "regression",
    "Report": "classification",
    "confusion_matrix": "confusion",
    "multilabel_confusion": "confusion",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    """Name what can be imported."""
    return sorted({*globals(), *__all__})
