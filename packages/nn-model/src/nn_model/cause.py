"""Where a number that is not finite came from."""

from collections.abc import Iterator, Sequence

import numpy as np

from nn_layers.binding import Vectors
from nn_layers.layout import Layout, Node
from nn_layers.protocol import Frame
from nn_model.errors import DivergedError
from nn_model.program import Program

REMEDY = "lower the rate, clip the gradient (clip=ClipNorm(1.0)), or standardise the data (Standardize and nn.adapt)"


def diverged(program: Program, layout: Layout, vectors: Vectors, step: int, epoch: int | None = None) -> DivergedError:
    """Explain a step whose loss is not finite; the data are known to be."""
    rate = float(program.update.rates[step % program.update.rates.size])
    when = f"epoch {epoch}, step {step + 1}" if epoch is not None else f"step {step + 1}"
    return DivergedError(
        f"training diverged at {when} (lr {rate:g}): the loss is {program.value[0]}; "
        f"{_first_layer(program, layout, vectors)}; the update was not made; {REMEDY}"
    )


def check_theta(layout: Layout, vectors: Vectors, epoch: int, step: int, lr: float) -> None:
    """Check the parameters after an update; `DivergedError` names the first layer that has one that is not finite."""
    if np.isfinite(vectors.theta).all():
        return
    own = ((node, place.view(vectors.theta)) for node in layout.walk() for place in node.params.values())
    first = next(node for node, array in own if not np.isfinite(array).all())
    raise DivergedError(
        f"training diverged at epoch {epoch}, step {step} (lr {lr:g}): after this update {first.title} has "
        f"parameters that are not finite; {REMEDY}"
    )


def _first_layer(program: Program, layout: Layout, vectors: Vectors) -> str:
    for node, frame in pairs(layout.nodes, program.frames):
        if not all(np.isfinite(array).all() for array in frame.p.values()):
            return f"{node.title} has parameters that are not finite"
        # A view's `y` is the memory that was bound, not the batch that entered in its place.
        if not node.is_view(frame.training) and not np.isfinite(frame.y).all():
            return f"{node.title} gives an output that is not finite"
    for node, frame in pairs(layout.nodes, program.frames):
        if not all(np.isfinite(array).all() for array in frame.g.values()):
            return f"{node.title} has a gradient that is not finite"
    largest = float(np.abs(vectors.theta).max(initial=0.0))
    return f"all layers are finite, so the loss or the penalty overflows (the largest parameter is {largest:.1e})"


def pairs(nodes: Sequence[Node], frames: Sequence[Frame]) -> Iterator[tuple[Node, Frame]]:
    """Give every layer with its frame, those inside others first: the numbers of the outer come of theirs."""
    for node, frame in zip(nodes, frames, strict=True):
        yield from pairs(node.inner, frame.inner)
        yield node, frame
