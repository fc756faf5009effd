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
    for i in range(theta.size):
        v[i] = keep * v[i] + new * (grad[i] * grad[i])
        theta[i] -= rate * (grad[i] / (math.sqrt(v[i] + inside) + outside))
