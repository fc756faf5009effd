"""y = max(x, 0); the derivative at 0 is 0. A NaN stays one, so that divergence is found."""

from nn_layers.kernels import relu
from nn_layers.protocol import Array
from nn_model.engines.numba.memory import flat
from nn_model.engines.numba.registry import twin


@twin(relu.forward)
def forward(x: Array, zeros: Array, y: Array) -> None:
    a, out = flat(x), flat(y)
    for i in range(a.size):
        out[i] = a[i] if not a[i] < 0 else 0


@twin(relu.backward)
def backward(dy: Array, y: Array, positive: Array, dx: Array) -> None:
    d, a, out = flat(dy), flat(y), flat(dx)
    for i in range(a.size):
        out[i] = d[i] if a[i] > 0 else 0
