"""One random batch is learnt by heart, with every optimizer: what is broken anywhere in a step shows here."""

import numpy as np
import pytest

import nn_optim
from nn_layers import Dense, ReLU
from nn_loss import CrossEntropy
from nn_model import NN
from nn_optim import SGD, AdaGrad, Adam, AdaMax, AdamW, Momentum, Nadam, Nesterov, Optimizer, RMSProp

OPTIMIZERS: list[Optimizer] = [
    SGD(0.3),
    Momentum(0.05),
    Nesterov(0.05),
    AdaGrad(0.05),
    RMSProp(0.003),
    Adam(0.005),
    AdamW(0.005),
    AdaMax(0.01),
    Nadam(0.005),
]


def test_the_table_has_every_optimizer() -> None:
    public = [getattr(nn_optim, name) for name in nn_optim.__all__]
    rules = {c for c in public if isinstance(c, type) and hasattr(c, "update") and c is not Optimizer}
    assert {type(optimizer) for optimizer in OPTIMIZERS} == rules


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_a_random_batch_is_overfitted_within_300_steps(optimizer: Optimizer) -> None:
    rng = np.random.default_rng(11)
    x, y = rng.random((64, 64)).astype("float32"), rng.integers(0, 5, 64)
    nn = NN([Dense(64, 64), ReLU(), Dense(64, 32), ReLU(), Dense(32, 5)], CrossEntropy(), optimizer, seed=1)
    losses = [nn.train_step(x, y)[0] for _ in range(300)]
    assert losses[0] > 1.0
    assert losses[-1] < 0.1
    assert nn.test_step(x, y)[1] == 1.0
