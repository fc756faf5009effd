"""The names and axes that PyTorch and Keras give a layer's arrays: one table for each."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
from nn_layers.protocol import Shape, State
from nn_model.arrays import Array
from nn_model.errors import CheckpointError
from nn_model.network import NN

__all__ = ["Entry", "entries"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One array of a framework: its name, its shape, and a view of ours with the same numbers in the same order."""

    name: str
    view: Array
    shape: Shape
    sign: Any = "any"


Views = Iterator[tuple[str, str, Array, Shape]]
"""The framework's name of an array, ours, the view, and the framework's shape."""


def entries(
    nn: NN, arrays: Mapping[str, Array], framework: str, modules: Sequence[str] | None, prefix: str
) -> list[Entry]:
    """List the framework's arrays for a network whose own are these."""
    if framework not in ("torch", "keras"):
        raise CheckpointError(f"the framework must be 'torch' or 'keras'; got {framework!r}")
    name_of = _namer(nn, framework, modules)
    torch, found = framework == "torch", []
    order: Shape | None = None
    for node in nn.core.layout.walk():
        order = order if torch else _order_before(node, order)
        own = {name: arrays[place.name] for name, place in (node.params | node.state).items()}
        if own:
            module, table = name_of(node), _torch if torch else _keras
            for theirs, ours, view, shape in table(node, own, order):
                what = node.state[ours].what if ours in node.state else None
                sign = what.sign if isinstance(what, State) else "any"
                found.append(Entry(f"{prefix}{module}{'.' if torch else '/'}{theirs}", view, shape, sign))
        order = None if torch else _order_behind(node, order)
    return found


KERAS = {
    Dense: "dense",
    Conv2D: "conv2d",
    BatchNorm: "batch_normalization",
    LayerNorm: "layer_normalization",
    SelfAttention: "multi_head_attention",
    PositionalEncoding: "position_embedding",
    Standardize: "normalization",
}


def _namer(nn: NN, framework: str, modules: Sequence[str] | None) -> Callable[[Node], str]:
    """Give what names the module of a layer that has arrays, when asked in their order."""
    nodes = [node for node in nn.core.layout.walk() if node.params or node.state]
    if modules is not None:
        if len(modules) != len(nodes) or len(set(modules)) < len(modules):
            titles = ", ".join(node.title for node in nodes)
            raise CheckpointError(f"modules must be {len(nodes)} different names, for {titles}; got {list(modules)}")
        names = iter(modules)
        return lambda _: next(names)
    if framework == "torch":
        return lambda node: ".".join(map(str, node.path))
    counts: Counter[str] = Counter()

    def counted(node: Node) -> str:
        kind = KERAS.get(type(node.layer), type(node.layer).__name__.lower())
        counts[kind] += 1
        return kind if counts[kind] == 1 else f"{kind}_{counts[kind] - 1}"

    return counted


TORCH = {
    Conv2D: {"w": "weight", "b": "bias"},
    BatchNorm: {"w": "weight", "b": "bias", "mean": "running_mean", "var": "running_var"},
    LayerNorm: {"w": "weight", "b": "bias"},
    PositionalEncoding: {"w": "weight"},
}


def _torch(node: Node, own: dict[str, Array], order: Shape | None) -> Views:  # noqa: ARG001  # one signature for both
    match node.layer:
        case Dense():
            yield "weight", "w", own["w"].T, own["w"].T.shape
            yield "bias", "b", own["b"], own["b"].shape
        case SelfAttention() as layer:
            _check_projection(layer, node, "torch.nn.MultiheadAttention")
            turned = {"in_proj_weight": "w", "out_proj.weight": "w_out"}
            for theirs, ours in (*turned.items(), ("in_proj_bias", "b"), ("out_proj.bias", "b_out")):
                view = own[ours].T
                yield theirs, ours, view, view.shape
        case layer:
            names = TORCH.get(type(layer), {})
            for name, array in own.items():
                yield names.get(name, name), name, array, array.shape


NORMS = {"w": "gamma", "b": "beta", "mean": "moving_mean", "var": "moving_variance"}


def _keras(node: Node, own: dict[str, Array], order: Shape | None) -> Views:
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
            _check_projection(layer, node, "keras.layers.MultiHeadAttention")
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


def _check_projection(layer: SelfAttention, node: Node, theirs: str) -> None:
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


def _order_before(node: Node, order: Shape | None) -> Shape | None:
    """Refuse what Keras' other order of features would make another network."""
    if order is not None and isinstance(node.layer, Residual | Flatten):
        raise CheckpointError(
            f"{node.title} follows Flatten() or Patches() of several channels, whose order Keras changes; put a Dense "
            "layer between them, or write for PyTorch"
        )
    return order


def _order_behind(node: Node, order: Shape | None) -> Shape | None:
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
