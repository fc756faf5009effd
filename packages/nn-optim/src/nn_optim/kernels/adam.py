"""p -= lr m_hat / (sqrt(v_hat) + eps), where m_hat = m / (1 - b1^t) and v_hat = v / (1 - b2^t)."""

import math

import numpy as np

from nn_optim.kernels.parts import bias, blocks, descend, mean, mean_square, root
from nn_optim.protocol import Array


def update(
    theta: Array,
    grad: Array,
    m: Array,
    v: Array,
    scratch: Array,
    lr: Array,
    step: Array,
    b1: float,
    b2: float,
    eps: float,
) -> None:
    """m, v: running means of g and g^2; p -= lr m_hat / (sqrt(v_hat) + eps)."""
    # Fraction multiplied by sqrt(1 - b2^t): the corrections become two numbers and cost no pass.
    correction = math.sqrt(bias(b2, step))
    rate = lr.item() * correction / bias(b1, step)
    for p, g, a, b, s in blocks(scratch[:1], theta, grad, m, v):
        mean(a, g, s, b1)
        mean_square(b, g, s, b2)
        root(b, s, eps * correction, inside=0)
        np.divide(a, s, out=s)
        descend(p, s, s, rate)
