"""p -= lr g."""

from nn_model.engines.numba.registry import twin
from nn_optim.kernels import sgd
from nn_optim.protocol import Array


@twin(sgd.update)
def update(theta: Array, grad: Array, scratch: Array, lr: Array) -> None:
    rate = theta.dtype.type(lr[0])
    for i in range(theta.size):
        theta[i] -= rate * grad[i]
