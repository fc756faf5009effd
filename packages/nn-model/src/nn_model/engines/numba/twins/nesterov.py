"""b = mu b + g; p -= lr (g + mu b)."""

from nn_model.engines.numba.registry import twin
from nn_optim.kernels import nesterov
from nn_optim.protocol import Array


@twin(nesterov.update)
def update(theta: Array, grad: Array, b: Array, scratch: Array, lr: Array, mu: float) -> None:
    kind = theta.dtype.type
    rate, keep = kind(lr[0]), kind(mu)
    for i in range(theta.size):  # all is read before anything is written: see adam
        g, p = grad[i], theta[i]
        mean = keep * b[i] + g
        b[i], theta[i] = mean, p - rate * (g + keep * mean)
