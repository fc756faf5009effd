"""The mean over every channel's pixels."""

from nn_layers.kernels import global_pool
from nn_layers.protocol import Array
from nn_model.engines.numba.memory import flat, table
from nn_model.engines.numba.registry import twin


@twin(global_pool.forward)
def forward(x: Array, v: Array, y: Array) -> None:
    pixels, out, share = table(x, v.size), flat(y), y.dtype.type(1.0 / v.size)
    for i in range(out.size):
        total = pixels[i, 0]
        for j in range(1, v.size):
            total += pixels[i, j]
        out[i] = total * share


@twin(global_pool.backward)
def backward(dy: Array, s: Array, dx: Array) -> None:
    d, pixels = flat(dy), table(dx, dx.size // dy.size)
    share = dx.dtype.type(1.0 / pixels.shape[1])
    for i in range(d.size):
        part = d[i] * share
        for j in range(pixels.shape[1]):
            pixels[i, j] = part
