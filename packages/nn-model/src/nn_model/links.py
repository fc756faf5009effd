"""The last layer and the loss: which softmax or sigmoid leaves the training program, and how scores become shares."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nn_layers import Sigmoid, Softmax
from nn_layers.kernels import sigmoid, softmax
from nn_layers.layout import Layout
from nn_loss import Loss
from nn_model.arrays import Array

LINKS = {"softmax": Softmax, "sigmoid": Sigmoid}


def without_link(layout: Layout, loss: Loss) -> Layout:
    """Leave out a last layer that the loss already contains.

    Raises
    ------
    ValueError
        The last layer is the other entropy's, or it is the only one.
    """
    last = layout.nodes[-1]
    if loss.link is None or not isinstance(last.layer, Softmax | Sigmoid):
        return layout
    if not isinstance(last.layer, LINKS[loss.link]):
        fitting = "CrossEntropy()" if isinstance(last.layer, Softmax) else "BinaryCrossEntropy()"
        raise ValueError(  # noqa: TRY004  # the layer is of a right type, the pair of layer and loss is not
            f"{last.title} does not go with {loss!r}, which takes scores and applies its own {loss.link}; "
            f"leave the layer out, or take {fitting}"
        )
    if len(layout.nodes) == 1:
        raise ValueError(f"{last.title} is the only layer and part of {loss!r}; put a layer with parameters before it")
    return replace(layout, nodes=layout.nodes[:-1])


def probabilities(scores: Array, link: str | None, layers: Sequence[Any]) -> Array:
    """Turn scores into probabilities, in place; a single column becomes one for each of the two classes.

    Raises
    ------
    ValueError
        Nothing makes these outputs probabilities.
    """
    if link == "softmax":
        softmax.forward(scores, np.empty((*scores.shape[:-1], 1), scores.dtype), scores)
    elif link == "sigmoid":
        sigmoid.forward(scores, sigmoid.exponent_limit(scores), scores)
    elif not isinstance(layers[-1], Softmax | Sigmoid):
        raise ValueError(
            f"predict_proba needs probabilities, and {layers[-1]!r} gives numbers of any size; "
            "end the network with Softmax() or Sigmoid(), or take CrossEntropy()"
        )
    return np.hstack([1.0 - scores, scores]) if scores.shape[1:] == (1,) else scores
