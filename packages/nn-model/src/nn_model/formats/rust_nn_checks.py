"""Whether a network is one of the three whose `.bin` files Rust-Neural-Networks has."""

from typing import Any

from nn_layers import Conv2D, Dense, Flatten, MaxPool2D, Patches, PositionalEncoding, Propagate, ReLU, SelfAttention
from nn_layers.layers.sliding import pair
from nn_model.formats.rust_nn_kinds import attention
from nn_model.formats.structure import Part, check_kinds, flat, misfit

__all__ = ["CHECKS", "HOLDERS"]

HOLDERS = {
    "mlp": "Rust-Neural-Networks' MLP is Dense, ReLU, Dense",
    "cnn": "Rust-Neural-Networks' CNN is Conv2D, ReLU, MaxPool2D(2), Flatten, Dense",
    "attention": "Rust-Neural-Networks' attention is that of nn_model.presets' mnist_attention",
}


def _check_mlp(parts: list[Part]) -> list[Part]:
    parts = flat(parts, HOLDERS["mlp"])
    check_kinds(parts, (Dense, ReLU, Dense), HOLDERS["mlp"])
    return parts


def _check_cnn(parts: list[Part]) -> list[Part]:
    check_kinds(parts, (Conv2D, ReLU, MaxPool2D, Flatten, Dense), HOLDERS["cnn"])
    conv, pool = parts[0].layer, parts[2].layer
    assert isinstance(conv, Conv2D)  # noqa: S101  # for the type checker
    assert isinstance(pool, MaxPool2D)  # noqa: S101  # likewise
    kernel = pair(conv.kernel)
    padding = (1, 1) if conv.padding == "same" and kernel == (3, 3) else conv.padding
    plain = (pair(conv.stride), pair(conv.dilation), conv.groups, conv.bias) == ((1, 1), (1, 1), 1, True)
    if not plain or kernel[0] != kernel[1] or padding not in (1, (1, 1)):
        raise misfit(
            HOLDERS["cnn"], parts[0], "its kernel must be square, its stride 1, its padding 1, with a bias, one group"
        )
    if pair(pool.kernel) != (2, 2) or pair(pool.stride or 2) != (2, 2) or pool.padding not in (0, (0, 0)):
        raise misfit(HOLDERS["cnn"], parts[2], "it must pool by 2 without padding")
    return parts


def _check_attention(parts: list[Part]) -> list[Part]:
    holder, own = HOLDERS["attention"], attention().layers
    check_kinds(parts, [type(layer) for layer in own], holder)
    for part, layer in zip(parts, own, strict=True):
        if _options(part.layer) != _options(layer):
            raise misfit(holder, part, f"{layer!r} must stand there")
    if parts[0].in_shape != (1, 28, 28):
        raise misfit(holder, parts[0], f"it must get images of (1, 28, 28), and gets {parts[0].in_shape}")
    return parts


def _options(layer: Propagate) -> Any:
    """Give what of a layer decides its sizes and what it computes."""
    match layer:
        case Patches():
            return pair(layer.size)
        case Dense():
            return layer.in_features, layer.out_features
        case PositionalEncoding():
            return layer.trainable
        case SelfAttention():
            return layer.features, layer.heads, layer.projection
    return None


CHECKS = {"mlp": _check_mlp, "cnn": _check_cnn, "attention": _check_attention}
