"""Our layers as JAX's functions of a dictionary of arrays under our names. Channels are last, which is faster here."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
from jax import lax
from jax import numpy as jnp

from nn_layers import (
    ELU,
    Conv2D,
    Dense,
    Flatten,
    MaxPool2D,
    MeanTokens,
    Patches,
    PositionalEncoding,
    Propagate,
    ReLU,
    SelfAttention,
    Sigmoid,
)

__all__ = ["arranged", "scores"]


def arranged(x: Any) -> Any:
    """Put the channels of images last."""
    return jnp.asarray(x.transpose(0, 2, 3, 1) if x.ndim == 4 else x)


def scores(layers: Sequence[Propagate], params: Mapping[str, Any], x: Any) -> Any:
    """Go through all layers."""
    for i, layer in enumerate(layers):
        x = _one(layer, params.get(f"layers.{i}.w"), params.get(f"layers.{i}.b"), x)
    return x


def _one(layer: Propagate, w: Any, b: Any, x: Any) -> Any:
    match layer:
        case Dense():
            return x @ w + b
        case Conv2D():
            sides = [(layer.padding, layer.padding)] * 2
            kernels = w.transpose(2, 3, 1, 0)
            return lax.conv_general_dilated(x, kernels, (1, 1), sides, dimension_numbers=("NHWC", "HWIO", "NHWC")) + b
        case MaxPool2D(kernel=int(k)):
            n, height, width, c = x.shape
            return x.reshape(n, height // k, k, width // k, k, c).max((2, 4))
        case Patches(size=int(p)):
            n = x.shape[1] // p
            return x.reshape(-1, n, p, n, p).swapaxes(2, 3).reshape(-1, n * n, p * p)
        case PositionalEncoding():
            return x + w
        case SelfAttention():
            q, k, v = jnp.split(x @ w + b, 3, -1)
            return jax.nn.softmax(q @ k.swapaxes(1, 2) / q.shape[-1] ** 0.5) @ v
    simple = {
        ReLU: jax.nn.relu,
        ELU: jax.nn.elu,
        Sigmoid: jax.nn.sigmoid,
        Flatten: lambda y: y.transpose(0, 3, 1, 2).reshape(len(y), -1),  # in our order
        MeanTokens: lambda y: y.mean(1),
    }
    return simple[type(layer)](x)
