"""y = scale x where x > 0, else scale alpha (exp(x) - 1); ELU has scale 1, SELU both."""

from nn_layers.kernels import elu
from nn_layers.protocol import Array
from nn_model.engines.numba.mathematics import expm1
from nn_model.engines.numba.memory import flat
from nn_model.engines.numba.registry import twin


@twin(elu.forward)
def forward(x: Array, alpha: float, y: Array) -> None:
    a, out, left = flat(x), flat(y), y.dtype.type(alpha)
    for i in range(a.size):
        curve = left * expm1(a[i])
        out[i] = a[i] if a[i] > 0 else curve


@twin(elu.forward_scaled)
def forward_scaled(x: Array, alpha: float, scale: float, s: Array, y: Array) -> None:
    a, out, left, right = flat(x), flat(y), y.dtype.type(scale * alpha), y.dtype.type(scale)
    for i in range(a.size):
        curve = left * expm1(a[i])
        out[i] = right * a[i] if a[i] > 0 else curve


@twin(elu.backward)
def backward(dy: Array, y: Array, dx: Array) -> None:
    d, a, out, one = flat(dy), flat(y), flat(dx), dx.dtype.type(1)
    for i in range(a.size):
        out[i] = d[i] * (one if a[i] > 0 else a[i] + one)


@twin(elu.backward_scaled)
def backward_scaled(dy: Array, y: Array, alpha: float, scale: float, positive: Array, s: Array, dx: Array) -> None:
    d, a, out, left, right = flat(dy), flat(y), flat(dx), dx.dtype.type(scale * alpha), dx.dtype.type(scale)
    for i in range(a.size):
        out[i] = d[i] * (right if a[i] > 0 else a[i] + left)
