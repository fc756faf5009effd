"""The mean over the tokens of every row."""

from nn_layers.kernels import token_mean
from nn_layers.protocol import Array
from nn_model.engines.numba.registry import twin


@twin(token_mean.forward)
def forward(x: Array, v: Array, y: Array) -> None:
    tokens = x.shape[1]
    share = y.dtype.type(1.0 / tokens)
    for i in range(x.shape[0]):
        for j in range(x.shape[2]):
            y[i, j] = x[i, 0, j]
        for t in range(1, tokens):
            for j in range(x.shape[2]):
                y[i, j] += x[i, t, j]
        for j in range(x.shape[2]):
            y[i, j] *= share


@twin(token_mean.backward)
def backward(dy: Array, s: Array, dx: Array) -> None:
    share = dx.dtype.type(1.0 / dx.shape[1])
    for i in range(dx.shape[0]):
        for t in range(dx.shape[1]):
            for j in range(dx.shape[2]):
                dx[i, t, j] = dy[i, j] * share
