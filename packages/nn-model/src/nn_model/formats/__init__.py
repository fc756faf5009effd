"""Files of other programs: ONNX both ways, the five systems' own, and the weights of PyTorch and Keras.

Each format is a module with `read(path, ...)` and `write(nn, path)`: `onnx`, `rustnet`, `rustnet_cnn`, `rsnet`,
`rust_nn`, `nn_rs`. `read`, `write` and `convert` here choose among them and our checkpoints, by content and by suffix;
`nn_model.load` knows them all. `state_dicts` takes weights alone to PyTorch and Keras and back.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nn_model.formats.conversion import FORMATS, convert, read, write

__all__ = ["FORMATS", "convert", "read", "write"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.conversion"), name)


def __dir__() -> list[str]:
    """Name what can be imported."""
    return sorted({*globals(), *__all__})
