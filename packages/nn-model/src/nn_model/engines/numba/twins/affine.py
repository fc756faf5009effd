"""y = x w + b, over the last axis: of tiles, which begin with the bias, where they fit the cache."""

from nn_layers.kernels import affine
from nn_layers.protocol import Array
from nn_model.engines.numba.memory import flat, table
from nn_model.engines.numba.products import matmul, matmul_left_turned, matmul_right_turned
from nn_model.engines.numba.registry import twin
from nn_model.engines.numba.strips import narrow, striped
from nn_model.engines.numba.tiles import BY_COLUMN, fits, tiled


@twin(affine.forward)
def forward(x: Array, w: Array, b: Array, y: Array) -> None:
    inputs, outputs = w.shape
    rows = x.size // inputs
    if fits(rows, outputs, inputs, x.itemsize):
        loops = ((1, 0, 0), (1, 0, 0), (inputs, 1, outputs))
        tiled(rows, outputs, flat(y), (0, outputs), flat(x), (0, inputs), flat(w), 0, loops, b, (0, 0), BY_COLUMN)
        return
    if narrow(rows, outputs, inputs, x.itemsize):
        striped(rows, outputs, inputs, flat(y), (0, outputs), flat(x), (0, inputs, 1), flat(w), (0, outputs), b, (0, 1))
        return
    out = table(y, outputs)
    matmul(table(x, inputs), w, out)
    if outputs == 1:
        one, line = b[0], flat(y)
        for i in range(rows):
            line[i] += one
        return
    for i in range(rows):
        for j in range(outputs):
            out[i, j] += b[j]


@twin(affine.parameter_grads)
def parameter_grads(x: Array, dy: Array, ones: Array, dw: Array, db: Array) -> None:
    grad = table(dy, dw.shape[1])
    matmul_left_turned(table(x, dw.shape[0]), grad, dw)
    if db.size == 1:
        total, line = db.dtype.type(0), flat(dy)
        for i in range(line.size):
            total += line[i]
        db[0] = total
        return
    rows = grad.shape[0]
    if narrow(1, db.size, rows, db.itemsize):
        striped(1, db.size, rows, db, (0, 1), ones, (0, 0, 1), flat(dy), (0, db.size), db, (0, 0))
        return
    for j in range(db.size):
        db[j] = 0.0
    for i in range(rows):
        for j in range(db.size):
            db[j] += grad[i, j]


@twin(affine.input_grad)
def input_grad(dy: Array, w: Array, dx: Array) -> None:
    matmul_right_turned(table(dy, w.shape[1]), w, table(dx, w.shape[0]))
