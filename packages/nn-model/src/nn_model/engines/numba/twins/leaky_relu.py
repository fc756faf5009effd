"""y = x where x > 0, else alpha x; the derivative at 0 is alpha."""

from nn_layers.kernels import leaky_relu
from nn_layers.protocol import Array
from nn_model.engines.numba.memory import flat
from nn_model.engines.numba.registry import twin


@twin(leaky_relu.forward)
def forward(x: Array, alpha: float, y: Array) -> None:
    a, out, slope = flat(x), flat(y), y.dtype.type(alpha)
    for i in range(a.size):
        out[i] = a[i] if a[i] > 0 else a[i] * slope


@twin(leaky_relu.backward)
def backward(dy: Array, x: Array, alpha: float, positive: Array, dx: Array) -> None:
    d, a, out, slope = flat(dy), flat(x), flat(dx), dx.dtype.type(alpha)
    for i in range(a.size):
        out[i] = d[i] if a[i] > 0 else d[i] * slope
