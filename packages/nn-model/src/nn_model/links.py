"""The last layer and the loss: which softmax or sigmoid leaves the training program, and how scores become shares."""

from dataclasses import replace

import numpy as np

from nn_layers import Propagate, Sigmoid, Softmax
from nn_layers.kernels import sigmoid, softmax
from nn_layers.layout import Layout
from nn_loss import Loss
from nn_model.arrays import Array
from nn_model.errors import PartError

LINKS = {"softmax": Softmax, "sigmoid": Sigmoid}


def last_arithmetic(layout: Layout) -> int:
    """Find the last layer that computes something: those behind it are views, at least at inference."""
    return max((i for i, node in enumerate(layout.nodes) if not node.plan.view), default=0)


def last_layer(layout: Layout) -> Propagate:
    """Give the last layer that computes something."""
    return layout.nodes[last_arithmetic(layout)].layer


def gives_probabilities(link: str | None, layout: Layout) -> bool:
    """Whether the loss's link or the last layer makes the outputs probabilities."""
    return link in LINKS or isinstance(last_layer(layout), Softmax | Sigmoid)


def without_link(layout: Layout, loss: Loss) -> Layout:
    """Leave out a last softmax or sigmoid that the loss already contains.

    Raises
    ------
    PartError
        The last layer is the other entropy's, it is the only one, or dropout stands behind it.
    """
    place = last_arithmetic(layout)
    last, behind = layout.nodes[place], layout.nodes[place + 1 :]
    if loss.link is None or not isinstance(last.layer, Softmax | Sigmoid):
        return layout
    if not isinstance(last.layer, LINKS[loss.link]):
        fitting = "CrossEntropy()" if isinstance(last.layer, Softmax) else "BinaryCrossEntropy()"
        raise PartError(
            f"{last.title} does not go with {loss!r}, which takes scores and applies its own {loss.link}; "
            f"leave the layer out, or take {fitting}"
        )
    if any(node.plan.view != True for node in behind):  # noqa: E712  # "inference" is true as well, and is what is looked for
        raise PartError(f"{behind[0].title} would drop probabilities; put it before {last.layer!r}")
    if place == 0:
        raise PartError(f"{last.title} is the only layer and part of {loss!r}; put a layer with parameters before it")
    return replace(layout, nodes=(*layout.nodes[:place], *behind))


def probabilities(scores: Array, link: str | None, layout: Layout) -> Array:
    """Turn scores into probabilities, in place; a single column becomes one for each of the two classes.

    Raises
    ------
    PartError
        Nothing makes these outputs probabilities.
    """
    if link == "softmax":
        softmax.forward(scores, np.empty((*scores.shape[:-1], 1), scores.dtype), scores)
    elif link == "sigmoid":
        sigmoid.forward(scores, sigmoid.exponent_limit(scores), scores)
    elif not isinstance(last := last_layer(layout), Softmax | Sigmoid):
        raise PartError(
            f"predict_proba needs probabilities, and {last!r} gives numbers of any size; "
            "end the network with Softmax() or Sigmoid(), or take CrossEntropy()"
        )
    return np.hstack([1.0 - scores, scores]) if scores.shape[1:] == (1,) else scores
