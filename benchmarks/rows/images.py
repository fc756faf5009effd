"""Networks for images and tokens, and one large convolution alone."""

from functools import partial
from typing import Any

import numpy as np

from benchmarks.contenders import AUTO, JAX, NUMBA, NUMBA_PART, NUMPY, PYTORCH, PYTORCH_COMPILED
from benchmarks.row import Array, Contender, Row
from benchmarks.rows.dense import digits
from nn_layers import Conv2D, Stack
from nn_loss import CrossEntropy
from nn_model import NN
from nn_model.presets import PRESETS
from nn_optim import SGD

__all__ = ["ROWS", "network", "pictures"]

SHAPE = (1, 28, 28)


def network(preset: str, engine: Any = "numpy") -> NN:
    """Make a preset's network, its rate plain."""
    layers = PRESETS[preset].layers_for(SHAPE, 10)
    return NN(layers, CrossEntropy(), SGD(lr=0.01), input_shape=SHAPE, engine=engine)


def pictures(rows: int) -> tuple[Array, Array]:
    """Draw as many pictures with one channel."""
    x, y = digits(rows)
    return x.reshape(rows, *SHAPE), y


def block() -> Stack:
    """Make a convolution of 32 to 64 channels, its gradient asked for down to the input."""
    return Stack([Conv2D(32, 64, 3, padding=1)], (32, 14, 14), rows=64, input_grad=True)


def block_data() -> tuple[Array, Array]:
    """Draw its input and the gradient of its output."""
    rng = np.random.default_rng(0)
    x, dy = (rng.standard_normal((64, channels, 14, 14), dtype=np.float32) for channels in (32, 64))
    return x, dy


CHANNELS_LAST = Contender("PyTorch, channels last", "pytorch:channels_last", needs="torch")
NETWORKS: dict[str, tuple[str, list[Contender]]] = {
    "cnn": ("8 convolutions of 3 x 3, pool, 1568-10, batch 32, SGD", [CHANNELS_LAST]),
    "attention": ("49 tokens, D 64, FF 128, batch 32, SGD", []),
}
ROWS = [
    *(
        Row(
            name=name,
            about=about,
            unit="step",
            make=partial(network, f"mnist_{name}"),
            data=partial(pictures, 32),
            contenders=(NUMPY, NUMBA, AUTO, PYTORCH, PYTORCH_COMPILED, JAX, *more),
        )
        for name, (about, more) in NETWORKS.items()
    ),
    Row(
        name="block",
        about="convolution of 32 to 64 channels, 3 x 3, 14 x 14, batch 64, forward and backward",
        unit="pass",
        make=block,
        data=block_data,
        contenders=(
            Contender("nn numpy", "ours:passes", "ours"),
            Contender(NUMBA_PART, "compiled_parts:passes", "ours", "numba"),
            Contender("PyTorch", "pytorch:passes", needs="torch"),
            Contender("PyTorch, channels last", "pytorch:passes_channels_last", needs="torch"),
            Contender("JAX", "jax_training:passes", needs="jax"),
        ),
    ),
]
