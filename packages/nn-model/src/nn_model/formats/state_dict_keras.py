"""The names and axes that Keras gives a layer's arrays, and the order of features behind its channels-last images."""

from collections.abc import Iterator

from nn_layers import (
    BatchNorm,
    Conv2D,
    Dense,
    Flatten,
    LayerNorm,
    Patches,
    PositionalEncoding,
    Propagate,
    Residual,
    SelfAttention,
    Standardize,
)
from nn_layers.layout import Node
from nn_layers.protocol import Shape
from nn_model.arrays import Array
from nn_model.errors import CheckpointError

__all__ = ["KERAS", "Views", "check_projection", "keras_views", "order_before", "order_behind"]

Views = Iterator[tuple[str, str, Array, Shape]]
"""The framework's name of an array, ours, the view, and the framework's shape."""

KERAS = {
    Dense: "dense",
    Conv2D: "conv2d",
    BatchNorm: "batch_normalization",
    LayerNorm: "layer_normalization",
    SelfAttention: "multi_head_attention",
    PositionalEncoding: "position_embedding",
    Standardize: "normalization",
}


NORMS = {"w": "gamma", "b": "beta", "mean": "moving_mean", "var": "moving_variance"}


def keras_views(node: Node, own: dict[str, Array], order: Shape | None) -> Views:
    """Give the arrays of a layer, whose features may come from images of the shape `order`."""
    match node.layer:
        case Dense() | LayerNorm() if len(node.in_shape) == 3:
            raise CheckpointError(
                f"{node.title} works on the last axis of images {node.in_shape}, which in Keras is the channels; "
                "put Flatten() in front, or write for PyTorch"
            )
        case Dense():
            yield "kernel", "w", _last(own["w"], 0, order), own["w"].shape
            yield "bias", "b", own["b"], own["b"].shape
        case Conv2D():
            view = own["w"].transpose(2, 3, 1, 0)
            yield "kernel", "w", view, view.shape
            yield from (("bias", name, own[name], own[name].shape) for name in own if name == "b")
        case SelfAttention() as layer:
            check_projection(layer, node, "keras.layers.MultiHeadAttention")
            yield from _keras_attention(layer, own, order)
        case layer:
            yield from _keras_features(layer, own, order)


def _keras_features(layer: Propagate, own: dict[str, Array], order: Shape | None) -> Views:
    """Give arrays whose last axis is the features, or that are images."""
    names = NORMS if isinstance(layer, BatchNorm | LayerNorm) else {}
    if isinstance(layer, PositionalEncoding):
        names = {"w": "embeddings"}
    for name, array in own.items():
        image = array.ndim == 3
        view = array.transpose(1, 2, 0) if image else _last(array, array.ndim - 1, order)
        yield names.get(name, name), name, view, view.shape if image else array.shape


def _keras_attention(layer: SelfAttention, own: dict[str, Array], order: Shape | None) -> Views:
    n, heads = own["w"].shape[0], layer.heads
    for i, name in enumerate(("query", "key", "value")):
        columns = slice(i * n, (i + 1) * n)
        kernel, bias = own["w"][:, columns], own["b"][columns].reshape(heads, -1)
        yield f"{name}/kernel", "w", _last(kernel, 0, order), (n, heads, n // heads)
        yield f"{name}/bias", "b", bias, bias.shape
    yield "attention_output/kernel", "w_out", own["w_out"], (heads, n // heads, n)
    yield "attention_output/bias", "b_out", own["b_out"], (n,)


def check_projection(layer: SelfAttention, node: Node, theirs: str) -> None:
    """Refuse an attention that the framework does not have."""
    if not layer.projection:
        raise CheckpointError(f"{node.title} has no projection, and {theirs} always has one; take projection=True")


def _last(array: Array, axis: int, order: Shape | None) -> Array:
    """View an axis of features that come from images so that the channel is last: (C, y, x) as (y, x, C)."""
    if order is None:
        return array
    split = array.reshape(*array.shape[:axis], *order, *array.shape[axis + 1 :])
    axes = list(range(split.ndim))
    axes[axis : axis + 3] = [axis + 1, axis + 2, axis]
    return split.transpose(axes)


def order_before(node: Node, order: Shape | None) -> Shape | None:
    """Refuse what Keras' other order of features would make another network."""
    if order is not None and isinstance(node.layer, Residual | Flatten):
        raise CheckpointError(
            f"{node.title} follows Flatten() or Patches() of several channels, whose order Keras changes; put a Dense "
            "layer between them, or write for PyTorch"
        )
    return order


def order_behind(node: Node, order: Shape | None) -> Shape | None:
    """Say from which image shape the features behind a layer come, if Keras has them in another order."""
    match node.layer:
        case Flatten() if len(node.in_shape) == 3:
            shape = node.in_shape
        case Patches():
            size = node.layer.size
            down, right = (size, size) if isinstance(size, int) else size
            shape = (node.in_shape[0], down, right)
        case Dense() | SelfAttention():
            return None
        case _:
            return order
    return shape if shape[0] > 1 and shape[1] * shape[2] > 1 else None
