"""v = alpha v + (1 - alpha) g^2; p -= lr g / (sqrt(v) + eps)."""

import math

from nn_model.engines.numba.registry import twin
from nn_optim.kernels import rmsprop
from nn_optim.protocol import Array


@twin(rmsprop.update)
def update(
    theta: Array, grad: Array, v: Array, scratch: Array, lr: Array, alpha: float, eps: float, eps_inside: int
) -> None:
    kind = theta.dtype.type
    rate, keep, new = kind(lr[0]), kind(alpha), kind(1.0 - alpha)
    inside, outside = kind(eps if eps_inside else 0.0), kind(0.0 if eps_inside else eps)
    for i in range(theta.size):  # all is read before anything is written: see adam
        g, p = grad[i], theta[i]
        square = keep * v[i] + new * (g * g)
        v[i], theta[i] = square, p - rate * (g / (math.sqrt(square + inside) + outside))
