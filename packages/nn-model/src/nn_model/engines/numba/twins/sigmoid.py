"""y = 1 / (1 + exp(-x)); dy/dx = y (1 - y)."""

from nn_layers.kernels import sigmoid
from nn_layers.protocol import Array
from nn_model.engines.numba.mathematics import _power, _reduced
from nn_model.engines.numba.memory import flat
from nn_model.engines.numba.registry import twin


@twin(sigmoid.forward)
def forward(x: Array, limit: float, y: Array) -> None:
    kind = y.dtype.type
    a, out, one, most = flat(x), flat(y), kind(1), kind(limit - 1)
    for i in range(a.size):
        z = -a[i]
        z = min(z, most)
        n, q = _reduced(max(z, -most))
        p = _power(n, z)
        out[i] = one / (one + (p + p * q))


@twin(sigmoid.backward)
def backward(dy: Array, y: Array, dx: Array) -> None:
    d, a, out = flat(dy), flat(y), flat(dx)
    one = y.dtype.type(1)
    for i in range(a.size):
        out[i] = d[i] * (a[i] * (one - a[i]))
