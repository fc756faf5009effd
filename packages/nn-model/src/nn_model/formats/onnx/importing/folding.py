"""Constants that are added to, or multiplied with, what a layer gives: part of the layer."""

from dataclasses import replace

import numpy as np

from nn_layers import BatchNorm, Conv2D, Dense, LayerNorm, SelfAttention
from nn_layers.protocol import Shape
from nn_model.arrays import Array
from nn_model.formats.onnx.importing.budget import LAYER, spend
from nn_model.formats.onnx.importing.sums import affine
from nn_model.formats.onnx.importing.values import Made, Solid, Sum

__all__ = ["along", "folded", "spread"]


def folded(solid: Sum, *, new_bias: bool = False) -> Solid:
    """Give `factor y + shift` as a layer with other arrays, if y is a layer's with weights that can take them over.

    With `new_bias` only if it had no bias, and that is all that it gets.
    """
    parts = affine(solid.terms)
    if parts is None or (new_bias and not np.all(parts[1] == 1.0)):
        return solid
    made, factor, shift = parts
    if not isinstance(made, Made) or made.shape != solid.shape:
        return solid
    names = _names(made)
    if names is None or (new_bias and names[1] in made.arrays):
        return solid
    w, b, axis = names
    scale, move = (along(value, solid.shape[1:], axis) for value in (factor, shift))
    if scale is None or move is None or not np.all(scale):
        return solid
    layer = replace(made.layer, bias=True) if isinstance(made.layer, Conv2D) else made.layer
    arrays = {b: np.zeros(1)} | made.arrays
    spend(LAYER * sum(array.size for array in arrays.values()))
    width = (-1, *(1,) * (arrays[w].ndim - 1)) if isinstance(layer, Conv2D) else (-1,)
    arrays |= {w: arrays[w] * scale.reshape(width), b: arrays[b] * scale + move}
    return replace(made, layer=layer, arrays=arrays)


def _names(made: Made) -> tuple[str, str, int] | None:
    """Give the names of weights and bias, and the axis of the row along which the bias lies."""
    match made.layer:
        case Dense() | LayerNorm():
            return "w", "b", -1
        case Conv2D():
            return "w", "b", 0
        case BatchNorm():
            return "w", "b", 0 if len(made.shape) == 4 else -1
        case SelfAttention(projection=True):
            return "w_out", "b_out", -1
    return None


def along(value: Array, shape: Shape, axis: int) -> Array | None:
    """Give a constant as one number for each place along an axis; `None` if it differs along another."""
    whole = value.reshape((1,) * (len(shape) - value.ndim) + value.shape)
    moved = np.moveaxis(whole, axis, -1).reshape(-1, whole.shape[axis])
    return np.broadcast_to(moved[0], shape[axis]) if (moved == moved[0]).all() else None


def spread(value: Array, shape: Shape) -> Array:
    """View a constant in the shape of a row."""
    return np.broadcast_to(value, shape)
