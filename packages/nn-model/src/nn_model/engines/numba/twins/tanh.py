"""y = tanh(x); dy/dx = 1 - y^2."""

from nn_layers.kernels import tanh as kernels
from nn_layers.protocol import Array
from nn_model.engines.numba.mathematics import tanh
from nn_model.engines.numba.memory import flat
from nn_model.engines.numba.registry import twin


@twin(kernels.forward)
def forward(x: Array, y: Array) -> None:
    a, out = flat(x), flat(y)
    for i in range(a.size):
        out[i] = tanh(a[i])


@twin(kernels.backward)
def backward(dy: Array, y: Array, dx: Array) -> None:
    d, a, out, one = flat(dy), flat(y), flat(dx), dx.dtype.type(1)
    for i in range(a.size):
        out[i] = d[i] * (one - a[i] * a[i])
