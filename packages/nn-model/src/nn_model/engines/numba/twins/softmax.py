"""y = exp(x) / sum exp(x) over the last axis; the largest number is taken off first, so that nothing overflows."""

from nn_layers.kernels import softmax
from nn_layers.protocol import Array
from nn_model.engines.numba.mathematics import exp
from nn_model.engines.numba.memory import flat, table
from nn_model.engines.numba.registry import compiled, twin


@compiled
def softmax_rows(x: Array, scale: float, y: Array) -> None:
    """Write y = softmax(scale x) of every row; they may be the same array. exp goes over all rows in one loop."""
    width = x.shape[1]
    factor = y.dtype.type(scale)
    for i in range(x.shape[0]):
        most = x[i, 0]
        for j in range(1, width):
            most = max(most, x[i, j])
        for j in range(width):
            y[i, j] = (x[i, j] - most) * factor
    numbers = flat(y)
    for i in range(numbers.size):
        numbers[i] = exp(numbers[i])
    for i in range(y.shape[0]):
        total = y[i, 0]
        for j in range(1, width):
            total += y[i, j]
        for j in range(width):
            y[i, j] /= total


@twin(softmax.forward)
def forward(x: Array, s: Array, y: Array) -> None:
    width = x.size // s.size
    softmax_rows(table(x, width), 1.0, table(y, width))


@compiled
def softmax_rows_backward(y: Array, dy: Array, scale: float, dx: Array) -> None:
    """Write dx = scale y (dy - sum(dy y)) of every row; dx may be dy."""
    width = y.shape[1]
    factor = y.dtype.type(scale)
    for i in range(y.shape[0]):
        total = dy[i, 0] * y[i, 0]
        for j in range(1, width):
            total += dy[i, j] * y[i, j]
        for j in range(width):
            dx[i, j] = (dy[i, j] - total) * y[i, j] * factor


@twin(softmax.backward)
def backward(dy: Array, y: Array, s: Array, dx: Array) -> None:
    width = y.size // s.size
    softmax_rows_backward(table(y, width), table(dy, width), 1.0, table(dx, width))
