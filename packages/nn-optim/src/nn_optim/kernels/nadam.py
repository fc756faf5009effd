"""p -= lr (c m + d g) / (sqrt(v_hat) + eps): the mean as it will be, and the gradient as it is."""

import math

import numpy as np

from nn_optim.kernels.parts import bias, blocks, descend, mean, mean_square, root
from nn_optim.protocol import Array


def scheduled(
    theta: Array,
    grad: Array,
    m: Array,
    v: Array,
    product: Array,
    scratch: Array,
    lr: Array,
    step: Array,
    b1: float,
    b2: float,
    eps: float,
    decay: float,
) -> None:
    """With mu_t = b1 (1 - 0.96^(t decay) / 2): `c = mu_{t+1} / (1 - P_{t+1})`, `d = (1 - mu_t) / (1 - P_t)`.

    P_t is the product of the first t of mu, and `product` holds it from step to step.
    """
    t = step.item()
    mu, after = (b1 * (1.0 - 0.5 * 0.96 ** (decay * i)) for i in (t, t + 1))
    product[0] = past = product.item() * mu
    c, d = after / (1.0 - past * after), (1.0 - mu) / (1.0 - past)
    _move(theta, grad, m, v, scratch, lr.item(), step, b1, b2, eps, c, d)


def unscheduled(
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
    """`c = b1 / (1 - b1^t), d = (1 - b1) / (1 - b1^t)`."""
    seen = bias(b1, step)
    c, d = b1 / seen, (1.0 - b1) / seen
    _move(theta, grad, m, v, scratch, lr.item(), step, b1, b2, eps, c, d)


def _move(
    theta: Array,
    grad: Array,
    m: Array,
    v: Array,
    scratch: Array,
    rate: float,
    step: Array,
    b1: float,
    b2: float,
    eps: float,
    c: float,
    d: float,
) -> None:
    """`p -= rate (c m + d g) / (sqrt(v_hat) + eps)`, with d in front, `d (m c/d + g)`, to save a pass (d > 0)."""
    correction = math.sqrt(bias(b2, step))
    for p, g, a, b, s, r in blocks(scratch[:2], theta, grad, m, v):
        mean(a, g, s, b1)
        mean_square(b, g, s, b2)
        root(b, s, eps * correction, inside=0)
        np.multiply(a, c / d, out=r)
        np.add(r, g, out=r)
        np.divide(r, s, out=r)
        descend(p, r, r, rate * d * correction)
