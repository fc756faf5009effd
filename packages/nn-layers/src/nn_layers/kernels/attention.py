"""Every token's mean of all tokens' values, weighted by a = softmax(q k' / sqrt(d)): y = a v, head by head.

`qkv`: (rows, tokens, 3 features), each third (heads, d). `a`: (rows, heads, tokens, tokens). `len(s)` rows at a time
are worked on, which stay in the processor's cache.
"""

import math
from collections.abc import Iterator

import numpy as np

from nn_layers.protocol import Array


def forward(qkv: Array, a: Array, s: Array, ones: Array, y: Array) -> None:
    """Qkv -> y: (rows, tokens, features), and a, all or the last block. Scratch: s (block, heads, tokens), ones."""
    ones.fill(1.0)
    q, k, v = _thirds(qkv, a.shape[1])
    out = _heads(y, a.shape[1])
    for part in _blocks(len(qkv), len(s)):
        weights = a[part] if len(a) == len(qkv) else a[: len(q[part])]
        np.matmul(q[part], k[part].swapaxes(2, 3), out=weights)
        _softmax(weights, 1.0 / math.sqrt(q.shape[3]), s, ones)
        np.matmul(weights, v[part], out=out[part])


def backward(qkv: Array, a: Array, dy: Array, da: Array, s: Array, dqkv: Array) -> None:
    """dy: (rows, tokens, features) -> dqkv. Scratch: da, one block of a; s (block, heads, tokens)."""
    q, k, v = _thirds(qkv, a.shape[1])
    dq, dk, dv = _thirds(dqkv, a.shape[1])
    dout = _heads(dy, a.shape[1])
    for part in _blocks(len(qkv), len(s)):
        weights = a[part]
        dweights = da[: len(weights)]
        np.matmul(weights.swapaxes(2, 3), dout[part], out=dv[part])
        np.matmul(dout[part], v[part].swapaxes(2, 3), out=dweights)
        _softmax_backward(weights, dweights, 1.0 / math.sqrt(q.shape[3]), s)
        np.matmul(dweights, k[part], out=dq[part])
        np.matmul(dweights.swapaxes(2, 3), q[part], out=dk[part])


def _softmax(a: Array, scale: float, s: Array, ones: Array) -> None:
    """Make a softmax(scale a) over the last axis, in place."""
    rows, sums = _rows(a, s)
    np.maximum.reduce(rows, axis=1, keepdims=True, out=sums)
    np.subtract(rows, sums, out=rows)
    np.multiply(rows, scale, out=rows)
    np.exp(rows, out=rows)
    np.matmul(rows, ones, out=sums[:, 0])  # BLAS sums six times faster than np.add.reduce does
    np.divide(rows, sums, out=rows)


def _softmax_backward(a: Array, da: Array, scale: float, s: Array) -> None:
    """Make da scale a (da - sum(da a)), the gradient by what stood in `a` before the softmax."""
    rows, sums = _rows(da, s)
    np.einsum("ij,ij->i", rows, a.reshape(rows.shape), out=sums[:, 0])
    np.subtract(rows, sums, out=rows)
    np.multiply(rows, a.reshape(rows.shape), out=rows)
    np.multiply(rows, scale, out=rows)


def _rows(a: Array, s: Array) -> tuple[Array, Array]:
    """View (block, heads, tokens, tokens) as rows, and as much of the scratch as a column beside them."""
    rows = a.reshape(-1, a.shape[3])
    return rows, s.reshape(-1, 1)[: len(rows)]


def _blocks(rows: int, block: int) -> Iterator[slice]:
    return (slice(start, start + block) for start in range(0, rows, block))


def _thirds(qkv: Array, heads: int) -> Array:
    """View (rows, tokens, 3 features) as (3, rows, heads, tokens, d): no copy, BLAS takes such strides."""
    rows, tokens, width = qkv.shape
    return qkv.reshape(rows, tokens, 3, heads, width // (3 * heads)).transpose(2, 0, 3, 1, 4)


def _heads(y: Array, heads: int) -> Array:
    """View (rows, tokens, features) as (rows, heads, tokens, d)."""
    rows, tokens, width = y.shape
    return y.reshape(rows, tokens, heads, width // heads).swapaxes(1, 2)
