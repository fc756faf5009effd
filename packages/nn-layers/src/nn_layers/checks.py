"""What is checked of layers before they are stacked: that they are layers, and that their plans are plans."""

from collections.abc import Mapping, Sequence

import numpy as np

from nn_layers.errors import LayerError, ShapeError
from nn_layers.protocol import Param, Plan, Propagate, Scratch, State


def index(path: tuple[int, ...]) -> str:
    """Write where a layer stands: `layers[2][0]`."""
    return f"layers[{']['.join(map(str, path))}]"


def check_layers(layers: object) -> list[Propagate]:
    """Check that `layers` is a list of at least one layer.

    Raises
    ------
    LayerError
        No list, or something in it that is no layer.
    ShapeError
        An empty list.
    """
    if isinstance(layers, Propagate):
        written = f"{layers.__name__}(...)" if isinstance(layers, type) else repr(layers)
        raise LayerError(f"layers must be a list of layers; write [{written}]")
    if not isinstance(layers, Sequence) or isinstance(layers, str | bytes):
        raise LayerError(f"layers must be a list of layers, as in [Dense(4, 3), ReLU()]; got {layers!r}")
    if not layers:
        raise ShapeError("a network needs at least one layer; got none")
    return [check_layer(layer, (i,)) for i, layer in enumerate(layers)]


def check_layer(layer: object, path: tuple[int, ...]) -> Propagate:
    """Check that this is a layer and not, say, its class."""
    if isinstance(layer, type):
        raise LayerError(f"{index(path)} is the class {layer.__name__}, not a layer; write {layer.__name__}(...)")
    if not isinstance(layer, Propagate):
        raise LayerError(f"{index(path)} must be a layer, an object with plan, forward and backward; got {layer!r}")
    return layer


def check_plan(plan: object, title: str) -> None:
    """Check what a layer's `plan` returned; `title` names the layer."""
    if not isinstance(plan, Plan):
        raise LayerError(f"{title}: plan must return a Plan; got {plan!r}")
    shape: object = plan.out_shape
    if not (isinstance(shape, tuple) and all(map(_is_size, shape))):
        raise LayerError(
            f"{title}: out_shape of its Plan must be a tuple of whole numbers of at least 1; got {shape!r}"
        )
    for part, kind in (("params", Param), ("state", State), ("scratch", Scratch)):
        given: object = getattr(plan, part)
        if not (isinstance(given, Mapping) and all(isinstance(what, kind) for what in given.values())):
            raise LayerError(f"{title}: {part} of its Plan must be {kind.__name__} values by name; got {given!r}")
    inner: object = plan.inner
    if not isinstance(inner, tuple | list):
        raise LayerError(f"{title}: inner of its Plan must be a tuple of layers; got {inner!r}")


def _is_size(n: object) -> bool:
    return isinstance(n, int | np.integer) and not isinstance(n, bool) and int(n) >= 1
