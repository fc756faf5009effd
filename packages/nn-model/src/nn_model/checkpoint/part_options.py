"""What options a class has, which of them hold layers, and what validates and dumps it."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter

from nn_layers.chain import Chain
from nn_model.errors import CheckpointError

__all__ = ["adapter", "chains", "check_depth", "inside", "options_of", "planned"]

MAX_NESTED = 8
"""How deep layers may stand inside layers."""

_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def adapter(cls: type) -> TypeAdapter[Any]:
    """Give what validates and dumps a class; made when it is first needed."""
    if cls not in _ADAPTERS:
        _ADAPTERS[cls] = TypeAdapter(cls)
    return _ADAPTERS[cls]


def options_of(cls: type) -> set[str]:
    """Name all options of a class."""
    return {field.name for field in fields(cls) if field.init}


def chains(cls: type) -> list[str]:
    """Name the options that hold layers: what stands in them is written and read like the network's own layers."""
    return [field.name for field in fields(cls) if field.init and field.type == Chain]


def check_depth(depth: int, where: str) -> None:
    """Refuse layers that stand too deep inside others."""
    if depth > MAX_NESTED:
        raise CheckpointError(f"{where}: layers may stand at most {MAX_NESTED} deep inside others; found more")


def inside(part: Any) -> list[Any]:
    """Give the layers inside a part."""
    return [layer for name in chains(type(part)) for layer in getattr(part, name)]


def planned(layers: Iterable[Any], depth: int = 1) -> int:
    """Count the layers, those inside others once for each level: so often are they planned, and planning takes time."""
    return sum(depth + planned(inside(layer), depth + 1) for layer in layers)
