"""Our layers as PyTorch's modules, with the same weights."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

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

__all__ = ["module"]

Weights = Mapping[str, Any]


class Tokens(nn.Module):  # type: ignore[misc]  # torch is not installed where types are checked
    """Patches of an image with one channel."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Any) -> Any:
        """Cut."""
        n, p = x.shape[-1] // self.size, self.size
        return x.reshape(-1, n, p, n, p).transpose(2, 3).reshape(-1, n * n, p * p)


class Places(nn.Module):  # type: ignore[misc]  # as above
    """A vector added to each token."""

    def __init__(self, w: Any) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.from_numpy(w.copy()))

    def forward(self, x: Any) -> Any:
        """Add."""
        return x + self.w


class Attention(nn.Module):  # type: ignore[misc]  # as above
    """One head over all tokens."""

    def __init__(self, qkv: Any) -> None:
        super().__init__()
        self.qkv = qkv

    def forward(self, x: Any) -> Any:
        """Attend."""
        return functional.scaled_dot_product_attention(*self.qkv(x).chunk(3, -1))


class Mean(nn.Module):  # type: ignore[misc]  # as above
    """The mean token."""

    def forward(self, x: Any) -> Any:
        """Average."""
        return x.mean(1)


def module(layers: Sequence[Propagate], weights: Weights) -> Any:
    """Translate layers, in their order."""
    made = []
    for i, layer in enumerate(layers):
        own = {name.rsplit(".", 1)[-1]: array for name, array in weights.items() if name.startswith(f"layers.{i}.")}
        made.append(_one(layer, own))
    return nn.Sequential(*made)


def _one(layer: Propagate, own: Weights) -> Any:
    match layer:
        case Dense():
            return _linear(own)
        case SelfAttention():
            return Attention(_linear(own))
        case Conv2D():
            made = nn.Conv2d(layer.in_channels, layer.out_channels, layer.kernel, layer.stride, layer.padding)
            return _filled(made, own["w"], own["b"])
        case PositionalEncoding():
            return Places(own["w"])
        case MaxPool2D():
            return nn.MaxPool2d(layer.kernel)
        case Patches(size=int(size)):
            return Tokens(size)
    simple = {ReLU: nn.ReLU, ELU: nn.ELU, Sigmoid: nn.Sigmoid, Flatten: nn.Flatten, MeanTokens: Mean}
    return simple[type(layer)]()


def _linear(own: Weights) -> Any:
    return _filled(nn.Linear(*own["w"].shape), own["w"].T, own["b"])


def _filled(made: Any, w: Any, b: Any) -> Any:
    with torch.no_grad():
        made.weight.copy_(torch.from_numpy(np.ascontiguousarray(w)))
        made.bias.copy_(torch.from_numpy(b.copy()))
    return made
