"""The smallest networks, where the interpreter costs more than the arithmetic."""

from typing import Any

import numpy as np

from benchmarks.contenders import (
    AUTO,
    JAX,
    JAX_LOOP,
    NUMBA,
    NUMPY_EPOCHS,
    PYTORCH,
    PYTORCH_COMPILED,
    SCIKIT_LEARN,
)
from benchmarks.row import Array, Contender, Row
from nn_layers import Dense, Normal, Propagate, ReLU, Sigmoid
from nn_loss import MSE, BinaryCrossEntropy
from nn_model import NN
from nn_optim import SGD

__all__ = ["ROWS"]


def tiny(engine: Any = "numpy") -> NN:
    """Make 8-10-1, as RustNet's for tables."""
    layers: list[Propagate] = [Dense(8, 10), ReLU(), Dense(10, 1)]
    return NN(layers, BinaryCrossEntropy(), SGD(lr=0.1), engine=engine)


def table() -> tuple[Array, Array]:
    """Draw 768 rows of 8 numbers, and an answer that depends on them."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((768, 8), dtype=np.float32)
    return x, (x[:, 0] * x[:, 1] + x[:, 2] > 0).astype(np.int64)


def xor(engine: Any = "numpy") -> NN:
    """Make 2-4-1 of sigmoids, as in Rust-Neural-Networks."""
    layers: list[Propagate] = [Dense(2, 4, Normal(1.0)), Sigmoid(), Dense(4, 1, Normal(1.0)), Sigmoid()]
    return NN(layers, MSE(), SGD(lr=0.005), task="classification", engine=engine)


def truth() -> tuple[Array, Array]:
    """Give the four rows."""
    return np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32), np.array([0, 1, 1, 0])


OURS = (NUMPY_EPOCHS, NUMBA, AUTO)
LOOPS = (*OURS, PYTORCH, JAX, JAX_LOOP)
UNSHUFFLED = Contender("unshuffled", "yardsticks:unshuffled", "yardstick", "numba")
BY_HAND = Contender("numba by hand", "numba_loop:xor", "yardstick", "numba")
ROWS = [
    Row(
        name="tiny",
        about="8-10-1 ReLU, 768 rows at once, SGD",
        unit="epoch",
        make=tiny,
        data=table,
        contenders=(*LOOPS, PYTORCH_COMPILED, SCIKIT_LEARN),
    ),
    Row(
        name="tiny-32",
        about="8-10-1 ReLU, 768 rows in batches of 32, SGD",
        unit="epoch",
        make=tiny,
        data=table,
        contenders=LOOPS,
        batch_size=32,
    ),
    Row(
        name="tiny-32-shuffled",
        about="the same in another order each epoch, as `fit` does unless told otherwise",
        unit="epoch",
        make=tiny,
        data=table,
        contenders=(*OURS, UNSHUFFLED),  # peers draw other orders, and could not be compared
        batch_size=32,
        shuffle=True,
    ),
    Row(
        name="xor",
        about="2-4-1 sigmoids, 4 updates of one row each, SGD",
        unit="epoch",
        make=xor,
        data=truth,
        contenders=(*LOOPS, BY_HAND),
        batch_size=1,
    ),
    Row(
        name="xor-4",
        about="2-4-1 sigmoids, one update of 4 rows, SGD",
        unit="epoch",
        make=xor,
        data=truth,
        contenders=LOOPS,
    ),
]
