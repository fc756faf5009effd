"""Every preset's model says what the preset says, before and after training."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nn_layers import Standardize
from nn_model import NN
from nn_model.presets import PRESETS
from nn_optim import Adam

CLASSES = {"xor": 2}


def made(name: str, network: Callable[..., NN], *, recommended: bool) -> NN:
    preset = PRESETS[name]
    shape = (1, 28, 28) if preset.images else (2,) if name == "xor" else (784,)
    recipe = preset.recommended if recommended else preset.document
    return network(preset.layers_for(shape, CLASSES.get(name, 10), recipe), shape, preset.loss, task=preset.task)


@pytest.mark.parametrize("recommended", [False, True])
@pytest.mark.parametrize("name", PRESETS)
def test_a_preset(name: str, recommended: bool, network: Callable[..., NN], compare: Callable[..., Any]) -> None:
    nn = made(name, network, recommended=recommended)
    assert compare(nn).graph.output[0].name == "probabilities"
    assert compare(nn, probabilities=False).graph.output[0].name == "scores"


@pytest.mark.parametrize("name", ["best_cnn", "best_attention"])
def test_a_trained_preset_with_standardised_pixels(name: str, compare: Callable[..., Any]) -> None:
    rng = np.random.default_rng(0)
    y = np.arange(10)
    x = (rng.random((10, 1, 28, 28)) + y.reshape(-1, 1, 1, 1) / 10).astype(np.float32)
    nn = NN(
        [Standardize(), *PRESETS[name].layers_for((1, 28, 28), 10)], PRESETS[name].loss, Adam(), input_shape=x.shape[1:]
    )
    nn.adapt(x)
    nn.train_step(x, y)
    assert [node.op_type for node in compare(nn).graph.node][:2] == ["Sub", "Div"]
