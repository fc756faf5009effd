"""p -= lr (c m + d g) / (sqrt(v_hat) + eps): the mean as it will be, and the gradient as it is."""

import math

from nn_model.engines.numba.registry import compiled, twin
from nn_optim.kernels import nadam
from nn_optim.protocol import Array


@twin(nadam.scheduled)
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
    t = step[0]
    mu = b1 * (1.0 - 0.5 * 0.96 ** (decay * t))
    after = b1 * (1.0 - 0.5 * 0.96 ** (decay * (t + 1)))
    past = product[0] * mu
    product[0] = past
    _move(theta, grad, m, v, lr[0], t, b1, b2, eps, after / (1.0 - past * after), (1.0 - mu) / (1.0 - past))


@twin(nadam.unscheduled)
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
    seen = 1.0 - b1 ** step[0]
    _move(theta, grad, m, v, lr[0], step[0], b1, b2, eps, b1 / seen, (1.0 - b1) / seen)


@compiled
def _move(
    theta: Array,
    grad: Array,
    m: Array,
    v: Array,
    rate: float,
    t: int,
    b1: float,
    b2: float,
    eps: float,
    c: float,
    d: float,
) -> None:
    """`p -= rate (c m + d g) / (sqrt(v_hat) + eps)`."""
    kind = theta.dtype.type
    correction = math.sqrt(1.0 - b2**t)
    small, of_mean, of_gradient = kind(eps * correction), kind(rate * correction * c), kind(rate * correction * d)
    keep, new, keep2, new2 = kind(b1), kind(1.0 - b1), kind(b2), kind(1.0 - b2)
    for i in range(theta.size):  # all is read before anything is written: see adam
        g, p = grad[i], theta[i]
        mean, square = keep * m[i] + new * g, keep2 * v[i] + new2 * (g * g)
        m[i], v[i], theta[i] = mean, square, p - (of_mean * mean + of_gradient * g) / (math.sqrt(square) + small)
