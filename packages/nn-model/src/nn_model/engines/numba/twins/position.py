"""y = x + w, a row of w for every token."""

from nn_layers.kernels import position
from nn_layers.protocol import Array
from nn_model.engines.numba.memory import flat, table
from nn_model.engines.numba.registry import twin


@twin(position.forward)
def forward(x: Array, w: Array, y: Array) -> None:
    a, s, out = table(x, w.size), flat(w), table(y, w.size)
    for i in range(a.shape[0]):
        for j in range(s.size):
            out[i, j] = a[i, j] + s[j]


@twin(position.parameter_grads)
def parameter_grads(dy: Array, dw: Array) -> None:
    d, s = table(dy, dw.size), flat(dw)
    for j in range(s.size):
        s[j] = d[0, j]
    for i in range(1, d.shape[0]):
        for j in range(s.size):
            s[j] += d[i, j]


@twin(position.input_grad)
def input_grad(dy: Array, dx: Array) -> None:
    d, out = flat(dy), flat(dx)
    for i in range(d.size):
        out[i] = d[i]
