"""Layers on tokens, and `Dense`, as nodes."""

import math

from nn_layers import Patches, PositionalEncoding, SelfAttention
from nn_layers.layers.positional_encoding import sinusoids
from nn_layers.layers.sliding import pair
from nn_model.formats.onnx.export.graph import Site

__all__ = ["dense", "mean_tokens", "patches", "positional_encoding", "self_attention"]


def dense(layer: object, site: Site, x: str) -> str:  # noqa: ARG001  # one signature
    """Add `x w + b`; of rows as one node, whose defaults are ours."""
    if len(site.in_shape) == 1:
        return site.op("Gemm", x, site.array("w"), site.array("b"))
    return _affine(site, x, "w", "b")


def _affine(site: Site, x: str, w: str, b: str) -> str:
    return site.op("Add", site.op("MatMul", x, site.array(w)), site.array(b))


def patches(layer: Patches, site: Site, x: str) -> str:
    """Cut the axes of the image, bring those of the grid to the front, and join them again."""
    channels, height, width = site.in_shape
    p, q = pair(layer.size)
    cut = site.reshape(x, "cut", channels, height // p, p, width // q, q)
    return site.reshape(site.op("Transpose", cut, perm=[0, 2, 4, 1, 3, 5]), "joined", *site.out_shape)


def positional_encoding(layer: PositionalEncoding, site: Site, x: str) -> str:
    """Add the table, trained or not."""
    table = site.array("w") if layer.trainable else site.number("table", sinusoids(*site.in_shape))
    return site.op("Add", x, table)


def self_attention(layer: SelfAttention, site: Site, x: str) -> str:
    """Add one product for q, k and v, cut into heads, then `softmax(q k' / sqrt(d)) v`, and the projection."""
    tokens, n = site.in_shape
    d = n // layer.heads
    qkv = site.reshape(_affine(site, x, "w", "b"), "cut", tokens, 3, layer.heads, d)
    thirds = site.op("Transpose", qkv, perm=[2, 0, 3, 1, 4])  # (3, rows, heads, tokens, d)
    q, k, v = (site.op("Gather", thirds, site.sizes(name, i), axis=0) for i, name in enumerate("qkv"))
    scores = site.op("MatMul", q, site.op("Transpose", k, perm=[0, 1, 3, 2]))
    scaled = site.op("Mul", scores, site.number("scale", 1.0 / math.sqrt(d)))
    mixed = site.op("MatMul", site.op("Softmax", scaled, axis=-1), v)
    y = site.reshape(site.op("Transpose", mixed, perm=[0, 2, 1, 3]), "joined", tokens, n)
    return _affine(site, y, "w_out", "b_out") if layer.projection else y


def mean_tokens(layer: object, site: Site, x: str) -> str:  # noqa: ARG001  # one signature
    """Add the mean over the tokens."""
    return site.mean(x, 1, keep=False)
