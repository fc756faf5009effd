"""Networks that have a name, with the settings of the program they come from and those that work best."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nn_model.presets.layers import Layers, dense
    from nn_model.presets.preset import Preset
    from nn_model.presets.recipe import Recipe
    from nn_model.presets.table import PRESETS

__all__ = ["PRESETS", "Layers", "Preset", "Recipe", "dense"]

_MODULES = {"PRESETS": "table", "Layers": "layers", "Preset": "preset", "Recipe": "recipe", "dense": "layers"}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
