"""Layers as an option of a layer: checked, sized one after the other, written to JSON and read back."""

import json
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, PlainSerializer, SerializationInfo, TypeAdapter, ValidationInfo

from nn_layers.checks import check_layers, check_plan
from nn_layers.errors import LayerError, ShapeError
from nn_layers.protocol import Plan, Propagate, Shape, Sized


def planned(layers: Sequence[Propagate], in_shape: Shape) -> list[Plan]:
    """Plan the layers one after the other, as far as they fit.

    Whoever stacks them comes upon the one that does not fit again, and knows its path.
    """
    plans: list[Plan] = []
    with suppress(ShapeError, LayerError):
        for layer in layers:
            plan = layer.plan(in_shape)
            check_plan(plan, type(layer).__name__)  # whose whole text takes long if layers lie deep in each other
            plans.append(plan)
            in_shape = plan.out_shape
    return plans


def sized(layers: Sequence[Propagate], in_shape: Shape) -> tuple[Propagate, ...]:
    """Fill in the layers' input sizes, as far as they fit."""
    found: list[Propagate] = []
    for layer in layers:
        found.append(layer.resolve(in_shape) if isinstance(layer, Sized) else layer)
        plans = planned(found[-1:], in_shape)
        if not plans:
            break
        in_shape = plans[0].out_shape
    return (*found, *layers[len(found) :])


def first_size(layers: Sequence[Propagate]) -> Shape | None:
    """Give the input's shape, if the first layer that has an input size of its own says it."""
    # Not isinstance(layer, Sized), which reads input_shape too: twice a level is 2^depth times.
    return next((getattr(layer, "input_shape", None) for layer in layers if hasattr(layer, "resolve")), None)


def _checked(given: Any, info: ValidationInfo) -> Any:
    """Make a list a tuple, and check that it holds layers; of JSON `_loaded` makes them."""
    if isinstance(given, list | tuple) and not given:
        raise ValueError("give at least one layer")
    if info.mode == "json":
        return tuple(given) if isinstance(given, list) else given
    return tuple(check_layers(given))


def _loaded(item: Any, info: ValidationInfo) -> Any:
    """Make a layer from its JSON object, by its kind; pydantic puts the index before whatever is wrong in it."""
    if info.mode != "json":
        return item
    adapter = _known().get(str(item.get("kind"))) if isinstance(item, dict) else None
    if adapter is None:
        raise ValueError(f"a layer is an object whose kind is one of {', '.join(_known())}")
    return adapter.validate_json(json.dumps(item), strict=True)


def _dumped(layer: Any, info: SerializationInfo) -> Any:
    name = type(layer).__name__
    if not type(layer).__module__.startswith("nn_layers.layers.") or name not in _known():
        raise ValueError(f"{name} is no layer of nn_layers, and could not be read back")
    mode: Literal["json", "python"] = "json" if info.mode_is_json() else "python"
    return _known()[name].dump_python(layer, mode=mode)


@cache
def _known() -> dict[str, TypeAdapter[Any]]:
    """Find what reads and writes each of the library's layers, by its kind; at the first use: this imports them all."""
    import nn_layers  # noqa: PLC0415  # it imports this module

    found = (getattr(nn_layers, name) for name in sorted(nn_layers.__all__))
    layers = [c for c in found if hasattr(c, "__pydantic_fields__") and issubclass(c, Propagate)]
    return {c.__name__: TypeAdapter(c) for c in layers}


if TYPE_CHECKING:
    Chain = Sequence[Propagate]  # what may be given; a spec holds a tuple
else:
    Chain = Annotated[
        tuple[Annotated[Any, BeforeValidator(_loaded), PlainSerializer(_dumped)], ...], BeforeValidator(_checked)
    ]
"""At least one layer: a list or tuple of them, or in JSON a list of objects of the library's own kinds."""
