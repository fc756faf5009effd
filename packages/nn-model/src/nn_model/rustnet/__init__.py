"""The calls of RustNet (`rust_net`) and RustNet CNN (`rust_net_cnn`), answered by `NN`: only the import changes."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nn_model.rustnet.cnn import PyCNN
    from nn_model.rustnet.mlp import PyNeuralNetwork
    from nn_model.rustnet.predictions import export_predictions

__all__ = ["PyCNN", "PyNeuralNetwork", "export_predictions"]

_MODULES = {"PyCNN": "cnn", "PyNeuralNetwork": "mlp", "export_predictions": "predictions"}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
