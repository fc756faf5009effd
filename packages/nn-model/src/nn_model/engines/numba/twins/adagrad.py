"""a += g^2; p -= lr g / (sqrt(a) + eps)."""

import math

from nn_model.engines.numba.registry import twin
from nn_optim.kernels import adagrad
from nn_optim.protocol import Array


@twin(adagrad.update)
def update(theta: Array, grad: Array, total: Array, scratch: Array, lr: Array, eps: float, eps_inside: int) -> None:
    kind = theta.dtype.type
    rate, inside, outside = kind(lr[0]), kind(eps if eps_inside else 0.0), kind(0.0 if eps_inside else eps)
    for i in range(theta.size):  # all is read before anything is written: see adam
        g, p = grad[i], theta[i]
        square = total[i] + g * g
        total[i], theta[i] = square, p - rate * (g / (math.sqrt(square + inside) + outside))
