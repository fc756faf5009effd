"""p -= lr m_hat / (sqrt(v_hat) + eps), where m_hat = m / (1 - b1^t) and v_hat = v / (1 - b2^t)."""

import math

from nn_model.engines.numba.registry import twin
from nn_optim.kernels import adam
from nn_optim.protocol import Array


@twin(adam.update)
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
    # The corrections become two numbers, as in the kernel.
    kind = theta.dtype.type
    correction = math.sqrt(1.0 - b2 ** step[0])
    rate, small = kind(lr[0] * correction / (1.0 - b1 ** step[0])), kind(eps * correction)
    keep, new, keep2, new2 = kind(b1), kind(1.0 - b1), kind(b2), kind(1.0 - b2)
    # All is read before anything is written: the compiler reads again what has been written, at 1.6 times the time.
    for i in range(theta.size):
        g, p = grad[i], theta[i]
        mean, square = keep * m[i] + new * g, keep2 * v[i] + new2 * (g * g)
        m[i], v[i], theta[i] = mean, square, p - rate * (mean / (math.sqrt(square) + small))
