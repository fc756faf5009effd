"""Which nodes each layer adds: the one table, and the chain that is added by it."""

from collections.abc import Iterable, Sequence
from typing import Any

from nn_layers import (
    ELU,
    GELU,
    SELU,
    AlphaDropout,
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    LayerNorm,
    LeakyReLU,
    MaxPool2D,
    MeanTokens,
    Patches,
    PositionalEncoding,
    ReLU,
    Residual,
    SelfAttention,
    Sigmoid,
    Softmax,
    Standardize,
    Tanh,
)
from nn_layers.layout import Node
from nn_model.errors import OnnxError
from nn_model.formats.onnx.export import activations, images, norms, tokens
from nn_model.formats.onnx.export.graph import Graph, Site

__all__ = ["TABLE", "add", "check"]


def nothing(layer: object, site: Site, x: str) -> str:  # noqa: ARG001  # one signature
    """Add no node: at inference the layer changes nothing."""
    return x


def residual(layer: object, site: Site, x: str) -> str:  # noqa: ARG001  # one signature
    """Add the layers inside, and x to what they give."""
    return site.op("Add", x, add(site.graph, site.node.inner, x))


# Any: each exporter takes its own layer, and `type` is what finds it.
TABLE: dict[type, Any] = {
    AlphaDropout: nothing,
    AvgPool2D: images.avg_pool,
    BatchNorm: norms.batch_norm,
    Conv2D: images.conv,
    Dense: tokens.dense,
    Dropout: nothing,
    ELU: activations.elu,
    Flatten: images.flatten,
    GELU: activations.gelu,
    GlobalAvgPool2D: images.global_avg_pool,
    LayerNorm: norms.layer_norm,
    LeakyReLU: activations.leaky_relu,
    MaxPool2D: images.max_pool,
    MeanTokens: tokens.mean_tokens,
    Patches: tokens.patches,
    PositionalEncoding: tokens.positional_encoding,
    ReLU: activations.one("Relu"),
    Residual: residual,
    SELU: activations.selu,
    SelfAttention: tokens.self_attention,
    Sigmoid: activations.one("Sigmoid"),
    Softmax: activations.softmax,
    Standardize: norms.standardize,
    Tanh: activations.one("Tanh"),
}
"""The exporters by the layers' classes: an own class, even one that inherits from ours, may compute anything."""


def check(nodes: Iterable[Node]) -> None:
    """Check that every layer, those inside others too, has a form in ONNX.

    Raises
    ------
    OnnxError
        The first one that has none.
    """
    for node in (inside for outer in nodes for inside in outer.walk()):
        if type(node.layer) not in TABLE:
            raise OnnxError(
                f"{node.title} has no form in ONNX, which holds the layers of nn_layers only; "
                "put one of them in its place, or keep the network as .safetensors or .json"
            )


def add(graph: Graph, nodes: Sequence[Node], x: str) -> str:
    """Add the nodes of a chain of layers, from the name of its input, and give the name of its output."""
    for node in nodes:
        x = TABLE[type(node.layer)](node.layer, Site(graph, node), x)
    return x
