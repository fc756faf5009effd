"""Pictures of training and of its results: each function takes data and gives a matplotlib figure.

matplotlib is an extra (`pip install nn-model[plot]`), imported at the first picture. No state of pyplot is used or
changed, so pictures can be made without a display and from several threads, and are shown at the end of a notebook's
cell.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nn_model.plot.calibration import reliability
    from nn_model.plot.canvas import save
    from nn_model.plot.matrix import confusion
    from nn_model.plot.rates import learning_rate
    from nn_model.plot.training import curves
    from nn_model.plot.weights import first_layer

__all__ = ["confusion", "curves", "first_layer", "learning_rate", "reliability", "save"]

_MODULES = {
    "confusion": "matrix",
    "curves": "training",
    "first_layer": "weights",
    "learning_rate": "rates",
    "reliability": "calibration",
    "save": "canvas",
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
