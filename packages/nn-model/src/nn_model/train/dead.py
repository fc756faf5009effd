"""Layers that have died: looked for at the end of an epoch."""

import warnings

from nn_layers import ReLU
from nn_layers.layout import Layout
from nn_model.cause import pairs
from nn_model.program import Program


def warn_dead(layout: Layout, program: Program, known: set[str]) -> None:
    """Warn, once a layer, where no unit answers to any row of the batch that the program holds; inside layers, too."""
    for node, frame in pairs(layout.nodes, program.frames):
        if isinstance(node.layer, ReLU) and node.name not in known and not frame.y.any():
            known.add(node.name)
            warnings.warn(
                f"{node.title} gave 0 for all {len(frame.y)} rows looked at when the epoch ended, so no gradient "
                "passes it; lower the rate, or take LeakyReLU or ELU",
                UserWarning,
                stacklevel=2,
            )
