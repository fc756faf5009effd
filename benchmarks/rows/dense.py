"""Dense networks: 784-512-10 on small batches, and nn-rs's on 60,000 rows at once."""

from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.contenders import AUTO, JAX, NUMBA, NUMPY, PYTORCH, PYTORCH_COMPILED, SCIKIT_LEARN
from benchmarks.row import Array, Contender, Row
from nn_layers import ELU, Dense, ElasticNet, He, ReLU
from nn_loss import CrossEntropy
from nn_model import NN
from nn_optim import SGD, Adam, Nadam, Optimizer

__all__ = ["ROWS", "digits", "mlp"]


def digits(rows: int) -> tuple[Array, Array]:
    """Draw as many pictures of 784 numbers in [0, 1), and one of ten classes for each."""
    rng = np.random.default_rng(0)
    return rng.random((rows, 784), dtype=np.float32), rng.integers(0, 10, rows)


def mlp(optimizer: Optimizer, engine: Any = "numpy") -> NN:
    """Make 784-512-10."""
    return NN([Dense(784, 512), ReLU(), Dense(512, 10)], CrossEntropy(), optimizer, engine=engine)


def nn_rs(engine: Any = "numpy") -> NN:
    """Make nn-rs's network, with PyTorch's formula of Nadam, so that the work is the same."""
    cost = ElasticNet(l1=1e-4, l2=1e-4)
    sizes = (784, 64, 32, 16)
    layers = [part for a, b in pairwise(sizes) for part in (Dense(a, b, He(), cost), ELU())]
    return NN([*layers, Dense(16, 10, He(), cost)], CrossEntropy(), Nadam(lr=0.0005), engine=engine)


PRODUCTS = Contender("its matrix products", "yardsticks:products", "yardstick")
PEERS = (PYTORCH, PYTORCH_COMPILED, JAX)
ROWS = [
    *(
        Row(
            name=f"mlp-{rule.kind.lower()}",
            about=f"784-512-10 ReLU, batch 64, {rule.kind}",
            unit="step",
            make=partial(mlp, rule),
            data=partial(digits, 64),
            contenders=(NUMPY, NUMBA, AUTO, *PEERS, *more, PRODUCTS),
        )
        # scikit-learn's Adam is another formula: its epsilon is not corrected for the first steps.
        for rule, more in ((SGD(lr=0.01), [SCIKIT_LEARN]), (Adam(lr=0.001), []))
    ),
    Row(
        name="nn-rs",
        about="784-64-32-16-10 ELU, elastic net, Nadam, 60,000 rows at once",
        unit="step",
        make=nn_rs,
        data=partial(digits, 60_000),
        contenders=(NUMPY, NUMBA, AUTO, *PEERS),
    ),
]
