"""Layers whose state comes from the training rows: found, and set in order."""

import warnings
from dataclasses import replace

import numpy as np

from nn_layers.binding import Vectors
from nn_layers.layout import Layout, Node
from nn_model.arrays import Array
from nn_model.errors import PartError
from nn_model.inference import Inference


def wanted(layout: Layout) -> bool:
    """Whether any layer takes its state from data."""
    return any(hasattr(node.layer, "adapt") for node in layout.walk())


def adapt(layout: Layout, vectors: Vectors, x: Array) -> None:
    """Set each such layer's state from the rows that reach it, first layer first.

    Raises
    ------
    PartError
        No layer takes its state from data, or one inside another does.
    """
    if not wanted(layout):
        raise PartError("no layer takes its state from data; put Standardize() before the first Dense, or do not adapt")
    for node in layout.walk():
        if len(node.path) > 1 and hasattr(node.layer, "adapt"):
            raise PartError(f"{node.title} stands inside another layer and cannot see the rows by itself; move it out")
    for i, node in enumerate(layout.nodes):
        if hasattr(node.layer, "adapt"):
            rows = Inference(replace(layout, nodes=layout.nodes[:i]), vectors).scores(x) if i else x
            for name, values in node.layer.adapt(rows).items():
                node.state[name].view(vectors.state)[...] = values
            _warn_constant(node, rows)


def _warn_constant(node: Node, rows: Array) -> None:
    constant = (rows == rows[0]).all(axis=0)
    if constant.any() and len(rows) > 1:
        first = tuple(int(i) for i in np.argwhere(constant)[0])
        column = first[0] if len(first) == 1 else first
        warnings.warn(
            f"{node.title}: {int(constant.sum())} of {constant.size} features never vary in these rows and are divided "
            f"by 1; the first is column {column}",
            UserWarning,
            stacklevel=4,
        )
