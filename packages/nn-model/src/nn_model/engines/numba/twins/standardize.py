"""y = (x - mean) / scale, feature by feature."""

from nn_layers.kernels import standardize
from nn_layers.protocol import Array
from nn_model.engines.numba.memory import flat, table
from nn_model.engines.numba.registry import twin


@twin(standardize.forward)
def forward(x: Array, mean: Array, scale: Array, y: Array) -> None:
    m, s = flat(mean), flat(scale)
    a, out = table(x, m.size), table(y, m.size)
    for i in range(a.shape[0]):
        for j in range(m.size):
            out[i, j] = (a[i, j] - m[j]) / s[j]


@twin(standardize.backward)
def backward(dy: Array, scale: Array, dx: Array) -> None:
    s = flat(scale)
    d, out = table(dy, s.size), table(dx, s.size)
    for i in range(d.shape[0]):
        for j in range(s.size):
            out[i, j] = d[i, j] / s[j]
