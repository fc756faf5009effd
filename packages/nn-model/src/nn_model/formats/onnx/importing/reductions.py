"""Means, sums and maxima over axes: pooling, and parts of normalisation and softmax."""

import numpy as np

from nn_layers import GlobalAvgPool2D, MaxPool2D, MeanTokens
from nn_model.formats.onnx.importing.build import make
from nn_model.formats.onnx.importing.site import Operator, Site
from nn_model.formats.onnx.importing.values import Raw, Rows, size_of
from nn_model.formats.onnx.importing.views import along_last, index_of, view

__all__ = ["OPERATORS"]

WORDS = {"Largest": "maximum", "Mean": "mean", "Total": "sum"}


def _reduce(kind: str) -> Operator:
    """Find the mean of images and of tokens; over the last axis all three are parts of formulas."""

    def operate(site: Site) -> Rows:
        rows = site.rows()
        rank, keep = len(rows.shape), site.attributes.flag("keepdims", default=True)
        axes = sorted({site.axis(axis, rank) for axis in site.sizes(1, "axes") or []})
        if site.attributes.flag("noop_with_empty_axes") and not axes:
            return rows
        if not axes or 0 in axes:
            raise site.refuse(f"it takes a {WORDS[kind]} over rows, and a network treats every row by itself")
        lines = _lines(site, kind, rows) if axes == [rank - 1] and keep else None
        found = lines or (_pooled(site, rows, axes, keep) if kind == "Mean" else None)
        if found is None:
            reason = f"no layer takes the {WORDS[kind]} over axes {axes} of numbers of shape {rows.shape}"
            raise site.unlike(rows, reason)
        return found

    return operate


def _lines(site: Site, kind: str, rows: Rows) -> Rows | None:
    """Take one number of each line along the last axis of what was computed, whatever the order of the lines."""
    lines, shape = along_last(rows), rows.source.shape
    if lines is None:
        return None
    made = Raw(kind, (Rows(rows.source),), (*shape[:-1], 1), site.node)
    return Rows(made, None if rows.index is None else lines[..., np.newaxis])


def _pooled(site: Site, rows: Rows, axes: list[int], keep: bool) -> Rows | None:
    """Find GlobalAvgPool2D and MeanTokens: by the places of the numbers of which each mean is taken."""
    base = site.builder.layered(rows.source)
    if base is None or len(base.shape) not in (3, 4):
        return None
    kept = tuple(n for axis, n in enumerate(rows.shape) if axis not in axes)
    taken = np.moveaxis(index_of(rows), axes, range(-len(axes), 0)).reshape(*kept, -1)
    whole = np.arange(size_of(base.shape)).reshape(base.shape)
    groups = whole.reshape(*base.shape[:2], -1) if whole.ndim == 4 else whole.swapaxes(1, 2)
    if not np.array_equal(np.sort(taken, axis=-1), groups):
        return None
    layer = GlobalAvgPool2D() if whole.ndim == 4 else MeanTokens()
    made = Rows(make(layer, base, kept, site.node))
    shape = tuple(1 if axis in axes else n for axis, n in enumerate(rows.shape))
    return view(made, lambda i: i.reshape(shape)) if keep else made


def _global_pool(site: Site) -> Rows:
    rows = _images(site)
    pooled = _pooled(site, rows, [2, 3], True)
    if pooled is None:
        raise site.unlike(rows)
    return pooled


def _global_max(site: Site) -> Rows:
    rows = _images(site)
    layer, shape = MaxPool2D((rows.shape[2], rows.shape[3])), (*rows.shape[:2], 1, 1)
    return site.layer(site.builder.made(layer, rows, shape, site.node), rows)


def _images(site: Site) -> Rows:
    rows = site.rows()
    if len(rows.shape) != 4:
        raise site.refuse(f"layers pool images, (rows, channels, height, width); found the shape {rows.shape}")
    return rows


OPERATORS: dict[str, Operator] = {
    "GlobalAveragePool": _global_pool,
    "GlobalMaxPool": _global_max,
    "ReduceMax": _reduce("Largest"),
    "ReduceMean": _reduce("Mean"),
    "ReduceSum": _reduce("Total"),
}
