"""p *= 1 - lr weight_decay."""

from nn_model.engines.numba.registry import twin
from nn_optim.kernels import decay
from nn_optim.protocol import Array


@twin(decay.shrink)
def shrink(theta: Array, lr: Array, weight_decay: float) -> None:
    left = theta.dtype.type(1.0 - lr[0] * weight_decay)
    for i in range(theta.size):
        theta[i] *= left
