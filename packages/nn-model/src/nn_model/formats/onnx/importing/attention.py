"""Self-attention, found in the product `softmax(q k') v` of what one or three linear layers give."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from nn_layers import Dense, SelfAttention
from nn_model.arrays import Array
from nn_model.formats.onnx.importing import sums
from nn_model.formats.onnx.importing.budget import spend
from nn_model.formats.onnx.importing.build import make
from nn_model.formats.onnx.importing.site import Site
from nn_model.formats.onnx.importing.values import Given, Made, Raw, Rows, size_of
from nn_model.formats.onnx.importing.views import index_of, view

__all__ = ["product", "softmax"]


def softmax(site: Site, rows: Rows) -> Rows:
    """Work out a softmax over the last axis of what layers do not give: of attention's scores."""
    return Rows(Raw("Softmax", (rows,), rows.shape, site.node))


def product(site: Site, a: Rows, b: Rows) -> Rows:
    """Work out a product of two things that come of the input."""
    if len(a.shape) < 3 or len(a.shape) != len(b.shape) or a.shape[:-2] != b.shape[:-2] or a.shape[-1] != b.shape[-2]:
        raise site.refuse(f"no layer multiplies arrays of shapes {a.shape} and {b.shape} that both come of the input")
    shape = (*a.shape[:-1], b.shape[-1])
    if isinstance(a.source, Raw) and a.source.kind == "Softmax" and a.index is None:
        found = _attention(site, a.source, b, shape)
        if found is not None:
            return found
    return Rows(Raw("MatMul", (a, b), shape, site.node))


@dataclass(frozen=True, slots=True)
class _Part:
    """Queries, keys or values: `factor (x w + b)`, a column for each feature of each head."""

    source: Given | Made
    w: Array
    b: Array
    heads: int


def _attention(site: Site, weights: Raw, v: Rows, shape: tuple[int, ...]) -> Rows | None:
    scores = sums.affine(sums.terms_of(weights.args[0].source))
    if scores is None or weights.args[0].index is not None or scores[1].size != 1 or np.any(scores[2]):
        return None
    raw, scale, _ = scores
    if not isinstance(raw, Raw) or raw.kind != "MatMul":
        return None
    q, k = raw.args[0], view(raw.args[1], lambda i: i.swapaxes(-1, -2))
    # What the scores are multiplied with, and should not be, is the queries'.
    d = q.shape[-1]
    parts = _part(q, scale.item() * sqrt(d)), _part(k), _part(v)
    if any(part is None for part in parts):
        return None
    found = [part for part in parts if part is not None]
    x, heads = found[0].source, found[0].heads
    if any(part.source is not x or part.heads != heads for part in found) or x.shape[-1] != heads * d:
        return None
    arrays = {"w": np.hstack([part.w for part in found]), "b": np.concatenate([part.b for part in found])}
    made = make(SelfAttention(heads * d, heads), x, x.shape, site.node, **arrays)
    count, tokens, width = x.shape
    places = np.arange(size_of(x.shape)).reshape(count, tokens, heads, width // heads).swapaxes(1, 2)
    return Rows(made, places.reshape(shape)) if places.size == size_of(shape) else None


def _part(rows: Rows, factor: float = 1.0) -> _Part | None:
    """Find a linear layer's output cut into heads, (rows, heads, tokens, d), in any spelling, and multiplied."""
    parts = sums.affine(sums.terms_of(rows.source))
    made = None if parts is None else parts[0]
    if parts is None or parts[1].size != 1 or np.any(parts[2]) or not isinstance(made, Made):
        return None
    if not isinstance(made.layer, Dense) or len(made.shape) != 3:
        return None
    count, tokens, width = made.shape
    size, (t, d) = size_of(rows.shape), rows.shape[-2:]
    if t != tokens or not size or size % (count * t * d):
        return None
    heads = size // (count * t * d)
    spend(size, 6)
    row, token, column = np.unravel_index(index_of(rows).reshape(count, heads, t, d), made.shape)
    one = np.arange(count)[:, None, None, None], np.arange(t)[:, None], column[:1, :, :1]
    if not all((a == b).all() for a, b in zip((row, token, column), one, strict=True)):
        return None
    columns, times = column[0, :, 0].reshape(-1), factor * parts[1].item()
    w, b = made.arrays["w"], made.arrays.get("b", np.zeros(width))
    spend(w.size, 4)
    w, b = (array[..., columns].astype(np.float64) for array in (w, b))
    exact = abs(times - 1.0) < 2e-6
    return _Part(made.source, w if exact else w * times, b if exact else b * times, heads)
