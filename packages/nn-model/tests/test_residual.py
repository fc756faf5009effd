"""Residual blocks in a model: whatever happens to a layer inside is said with its path."""

import numpy as np
import pytest

from nn_layers import BatchNorm, Dense, Residual, ShapeError, Tanh
from nn_loss import CrossEntropy
from nn_model import NN
from nn_model.errors import DivergedError
from nn_optim import SGD


def test_a_divergence_inside_a_block_is_found_there() -> None:
    nn = NN([Dense(3, 4), Residual([Tanh(), Dense(4, 4)]), Dense(4, 2)], CrossEntropy(), SGD())
    nn.weights()["layers.1.1.w"][...] = np.inf
    with pytest.raises(DivergedError, match=r"layers\[1\]\[1\]: Dense\(4, 4\) has parameters that are not finite"):
        nn.train_step(np.ones((2, 3)), [0, 1])


def test_a_batch_too_short_for_a_layer_inside_names_that_layer() -> None:
    nn = NN([Dense(3, 4), Residual([Residual([BatchNorm()])]), Dense(4, 2)], CrossEntropy(), SGD())
    with pytest.raises(
        ShapeError, match=r"^layers\[1\]\[0\]\[0\]: BatchNorm\(features=4\) needs batches of at least 2"
    ):
        nn.train_step(np.ones((1, 3)), [0])
