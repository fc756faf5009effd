"""y = x w + b, over the last axis: of tiles, which begin with the bias, where they fit the cache."""

from nn_layers.kernels import affine
from nn_layers.protocol import Array
from nn_model.engines.numba.memory import flat, table
from nn_model.engines.numba.products import matmul, matmul_left_turned, matmul_right_turned
from nn_model.engines.numba.registry import twin
from nn_model.engines.numba.tiles import BY_COLUMN, fits, tiled


@twin(affine.forward)
def forward(x: Array, w: Array, b: Array, y: Array) -> None:
    inputs, outputs = w.shape
    rows = x.size // inputs
    if fits(rows, outputs, inputs, x.itemsize):
        loops = ((1, 0, 0), (1, 0, 0), (inputs, 1, outputs))
        tiled(rows, outputs, flat(y), (0, outputs), flat(x), (0, inputs), flat(w), 0, loops, b, (0, 0), BY_COLUMN)
        return
    out = table(y, outputs)
    matmul(table(x, inputs), w, out)
    for i in range(rows):
        for j in range(outputs):
            out[i, j] += b[j]


@twin(affine.parameter_grads)
def parameter_grads(x: Array, dy: Array, ones: Array, dw: Array, db: Array) -> None:
    grad = table(dy, dw.shape[1])
    matmul_left_turned(table(x, dw.shape[0]), grad, dw)
    for j in range(db.size):
        db[j] = 0.0
    for i in range(grad.shape[0]):
        for j in range(db.size):
            db[j] += grad[i, j]


@twin(affine.input_grad)
def input_grad(dy: Array, w: Array, dx: Array) -> None:
    matmul_right_turned(table(dy, w.shape[1]), w, table(dx, w.shape[0]))
