"""Cross-correlation of images with kernels, image by image.

Shapes are those of the kernels: x (rows, C, H, W), y (rows, O, height, width), w and wb (groups, O / groups, taps
[+ 1]), cols (block, groups, taps [+ 1], height * width). Without strides, `tiled` reads the pixels under each tap from
the image itself: counted in lines of the image, which are longer than those of y, a tap's are all beside each other.
Otherwise they are gathered into columns first, as in the kernels; where each image has one window, `block` of them are
one product.
"""

from nn_layers.kernels import convolution
from nn_layers.protocol import Array
from nn_model.engines.numba.blas import product
from nn_model.engines.numba.columns import Taps, gather, scatter
from nn_model.engines.numba.direct import forward_direct, grads_direct, turn_back
from nn_model.engines.numba.lines import fill, written_in
from nn_model.engines.numba.memory import flat
from nn_model.engines.numba.registry import twin
from nn_model.engines.numba.tiles import fits

FEW, SOME = 32, 100
"""Terms of a sum below which it is faster by columns, forward and backward: they save one pass of their own."""


@twin(convolution.join)
def join(w: Array, b: Array, wb: Array) -> None:
    for group in range(w.shape[0]):
        for o in range(w.shape[1]):
            for k in range(w.shape[2]):
                wb[group, o, k] = w[group, o, k]
            wb[group, o, w.shape[2]] = b[group, o]


@twin(convolution.split)
def split(dwb: Array, dw: Array, db: Array) -> None:
    for group in range(dw.shape[0]):
        for o in range(dw.shape[1]):
            for k in range(dw.shape[2]):
                dw[group, o, k] = dwb[group, o, k]
            db[group, o] = dwb[group, o, dw.shape[2]]


@twin(convolution.turn)
def turn(w: Array, turned: Array, height: int, width: int) -> None:
    taps = height * width
    for group in range(w.shape[0]):
        for o in range(w.shape[1]):
            for c in range(turned.shape[1]):
                for k in range(taps):
                    turned[group, c, (o + 1) * taps - 1 - k] = w[group, o, c * taps + k]


@twin(convolution.forward)
def forward(x: Array, wb: Array, cols: Array, y: Array, taps: Taps) -> None:
    outputs, terms, reach = wb.shape[1], wb.shape[2], (y.shape[2] - 1) * x.shape[3] + y.shape[3]
    room = terms >= FEW and taps[2] * taps[3] == 1 and outputs * reach <= cols.size
    if cols.shape[3] == 1:
        _forward_alone(x, wb, cols, y, taps)
    elif room and fits(outputs, reach, 1, x.itemsize):
        forward_direct(x, wb, cols, y, taps)
    else:
        _forward_by_columns(x, wb, cols, y, taps)


@written_in
def _forward_by_columns(x: Array, wb: Array, cols: Array, y: Array, taps: Taps) -> None:
    groups, lines, pixels = cols.shape[1], cols.shape[2], cols.shape[3]
    outputs, weights, columns, out = wb.shape[1], flat(wb), flat(cols), flat(y)
    for row in range(x.shape[0]):
        gather(x, row, taps, cols, 0, y.shape[2], y.shape[3])
        for group in range(groups):
            to, w, at = (row * groups + group) * outputs * pixels, group * outputs * lines, group * lines * pixels
            shape = outputs, pixels, lines
            product(shape, weights, (w, lines), False, columns, (at, pixels), False, out, (to, pixels), False)


@written_in
def _forward_alone(x: Array, wb: Array, cols: Array, y: Array, taps: Taps) -> None:
    block, groups, lines, _ = cols.shape
    outputs, weights, columns, out = wb.shape[1], flat(wb), flat(cols), flat(y)
    step, apart = groups * lines, groups * outputs
    for start in range(0, x.shape[0], block):
        n = min(block, x.shape[0] - start)
        for slot in range(n):
            gather(x, start + slot, taps, cols, slot, 1, 1)
        for group in range(groups):
            to, w, at = (start * groups + group) * outputs, group * outputs * lines, group * lines
            shape = n, outputs, lines
            product(shape, columns, (at, step), False, weights, (w, lines), True, out, (to, apart), False)


@twin(convolution.parameter_grads)
def parameter_grads(x: Array, dy: Array, cols: Array, part: Array, dwb: Array, taps: Taps) -> None:
    groups, outputs, terms = dwb.shape
    room = terms >= SOME and groups * outputs * cols.shape[3] <= cols.size
    if cols.shape[3] == 1:
        _grads_alone(x, dy, cols, dwb, taps)
    elif room and fits(x.shape[1] // groups, outputs, 1, x.itemsize):
        grads_direct(x, dy, cols, part, dwb, taps)
    else:
        _grads_by_columns(x, dy, cols, part, dwb, taps)


@written_in
def _grads_by_columns(x: Array, dy: Array, cols: Array, part: Array, dwb: Array, taps: Taps) -> None:
    groups, lines, pixels = cols.shape[1], cols.shape[2], cols.shape[3]
    outputs, columns, grad, sums = dwb.shape[1], flat(cols), flat(dy), flat(part)
    for row in range(x.shape[0]):
        gather(x, row, taps, cols, 0, dy.shape[2], dy.shape[3])
        for group in range(groups):  # into the transpose, the faster way round
            at, d, to = group * lines * pixels, (row * groups + group) * outputs * pixels, group * lines * outputs
            shape = lines, outputs, pixels
            product(shape, columns, (at, pixels), False, grad, (d, pixels), True, sums, (to, outputs), row > 0)
    turn_back(sums, dwb)


@written_in
def _grads_alone(x: Array, dy: Array, cols: Array, dwb: Array, taps: Taps) -> None:
    block, groups, lines, _ = cols.shape
    outputs, columns, grad, out = dwb.shape[1], flat(cols), flat(dy), flat(dwb)
    step, apart = groups * lines, groups * outputs
    for start in range(0, x.shape[0], block):
        n = min(block, x.shape[0] - start)
        for slot in range(n):
            gather(x, start + slot, taps, cols, slot, 1, 1)
        for group in range(groups):
            at, d, to = group * lines, (start * groups + group) * outputs, group * outputs * lines
            shape = outputs, lines, n
            product(shape, grad, (d, apart), True, columns, (at, step), False, out, (to, lines), start > 0)


@twin(convolution.input_grad)
def input_grad(dy: Array, w: Array, cols: Array, dx: Array, taps: Taps) -> None:
    groups, lines, pixels = cols.shape[1], cols.shape[2], cols.shape[3]
    outputs, inputs = w.shape[1], w.shape[2]
    grad, weights, columns, out = flat(dy), flat(w), flat(cols), flat(dx)
    fill(out, 0, out.size, 0)
    for row in range(dx.shape[0]):
        for group in range(groups):
            d, at, to = (row * groups + group) * outputs * pixels, group * outputs * inputs, group * lines * pixels
            shape = inputs, pixels, outputs
            product(shape, weights, (at, inputs), True, grad, (d, pixels), False, columns, (to, pixels), False)
        scatter(cols, dx, row, taps, dy.shape[2], dy.shape[3])
