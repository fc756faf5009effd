"""Networks as ONNX models, which other programs run and make: written by `write`, and read by `read`.

An exported model takes raw features under the name `input`, any number of rows at a time (its first axis is `batch`),
and gives `probabilities` or `scores`. Parameters keep the names and shapes that `nn.weights()` has. Models of PyTorch,
Keras, scikit-learn and rsnet are read too, where layers compute what their nodes do.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nn_model.formats.onnx.export.writing import write
    from nn_model.formats.onnx.importing.reading import read

__all__ = ["read", "write"]

_MODULES = {"read": "importing.reading", "write": "export.writing"}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    """Name what can be imported."""
    return sorted({*globals(), *__all__})
