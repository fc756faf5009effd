"""u = max(b2 u, |g| + eps); p -= lr m / ((1 - b1^t) u)."""

import numpy as np

from nn_optim.kernels.parts import bias, blocks, descend, mean
from nn_optim.protocol import Array


def update(
    theta: Array,
    grad: Array,
    m: Array,
    u: Array,
    scratch: Array,
    lr: Array,
    step: Array,
    b1: float,
    b2: float,
    eps: float,
) -> None:
    """m: running mean of g; u = max(b2 u, |g| + eps); p -= lr m / ((1 - b1^t) u)."""
    rate = lr.item() / bias(b1, step)
    for p, g, a, b, s in blocks(scratch[:1], theta, grad, m, u):
        mean(a, g, s, b1)
        np.multiply(b, b2, out=b)
        np.absolute(g, out=s)
        np.add(s, eps, out=s)
        np.maximum(b, s, out=b)
        np.divide(a, b, out=s)
        descend(p, s, s, rate)
