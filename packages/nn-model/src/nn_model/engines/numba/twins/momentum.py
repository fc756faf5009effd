"""b = mu b + g; p -= lr b."""

from nn_model.engines.numba.registry import twin
from nn_optim.kernels import momentum
from nn_optim.protocol import Array


@twin(momentum.update)
def update(theta: Array, grad: Array, b: Array, scratch: Array, lr: Array, mu: float) -> None:
    kind = theta.dtype.type
    rate, keep = kind(lr[0]), kind(mu)
    for i in range(theta.size):  # all is read before anything is written: see adam
        p, mean = theta[i], keep * b[i] + grad[i]
        b[i], theta[i] = mean, p - rate * mean
