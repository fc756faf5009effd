"""Cross-correlation of images with kernels: matrix products with the columns of pixels under each window (im2col).

Images go through in blocks whose columns stay in the processor's cache. Where each has one window only, as of a kernel
as large as the image, its products would be with a vector: then those of a block are one product of matrices. A bias is
the weight of one more pixel that is always 1: it costs no pass of its own, forward or backward.

Shapes: x (rows, C, H, W), y (rows, O, height, width), w (groups, O / groups, C / groups * kernel height * kernel
width); wb is w with a last column of biases if there are any; cols (block, groups, columns of wb, height * width).
"""

import numpy as np

from nn_layers.kernels.windows import Taps, lines, windows
from nn_layers.protocol import Array


def join(w: Array, b: Array, wb: Array) -> None:
    """Put the biases b (groups, O / groups) behind the weights w -> wb."""
    np.copyto(wb[..., :-1], w)
    np.copyto(wb[..., -1], b)


def split(dwb: Array, dw: Array, db: Array) -> None:
    """Take apart what `join` put together."""
    np.copyto(dw, dwb[..., :-1])
    np.copyto(db, dwb[..., -1])


def turn(w: Array, turned: Array, height: int, width: int) -> None:
    """Turn kernels around, and inputs and outputs into each other -> turned (groups, C / groups, O / groups * taps)."""
    groups, outputs, inputs = w.shape[0], w.shape[1], turned.shape[1]
    kernels = w.reshape(groups, outputs, inputs, height, width)[..., ::-1, ::-1]
    np.copyto(turned.reshape(groups, inputs, outputs, height, width), kernels.swapaxes(1, 2))


def forward(x: Array, wb: Array, cols: Array, y: Array, taps: Taps) -> None:
    """Write y = wb cols(x)."""
    rows, block = len(x), len(cols)
    pixels, columns = _pixels(x, cols, y, taps, whole_lines=True)
    out = y.reshape(rows, *wb.shape[:2], -1)
    for start in range(0, rows, block):
        n = min(block, rows - start)
        np.copyto(columns[:n], pixels[start : start + n])
        if out.shape[3] == 1:
            np.matmul(_lines(cols[:n]), wb.swapaxes(1, 2), out=_lines(out[start : start + n]))
        else:
            np.matmul(wb, cols[:n], out=out[start : start + n])


def parameter_grads(x: Array, dy: Array, cols: Array, part: Array, dwb: Array, taps: Taps) -> None:
    """Write dwb = sum over images of dy cols(x)', turned around: BLAS makes cols(x) dy' faster by a fifth.

    part (block + 2 or, of one window, 2, groups, columns of dwb, O / groups) is worked in.
    """
    rows, block = len(x), len(cols)
    pixels, columns = _pixels(x, cols, dy, taps, whole_lines=True)
    grad = dy.reshape(rows, *dwb.shape[:2], -1)
    total, added, products = part[0], part[1], part[2:]
    total.fill(0.0)
    for start in range(0, rows, block):
        n = min(block, rows - start)
        np.copyto(columns[:n], pixels[start : start + n])
        if grad.shape[3] == 1:
            np.matmul(_lines(cols[:n]).swapaxes(1, 2), _lines(grad[start : start + n]), out=added)
        elif n == 1:
            np.matmul(cols[0], grad[start].swapaxes(1, 2), out=added)
        else:
            np.matmul(cols[:n], grad[start : start + n].swapaxes(2, 3), out=products[:n])
            np.add.reduce(products[:n], axis=0, out=added)
        np.add(total, added, out=total)
    np.copyto(dwb, total.swapaxes(1, 2))


def input_grad(dy: Array, w: Array, cols: Array, dx: Array, taps: Taps) -> None:
    """Write dx = the columns w' dy, each added back to where its pixel came from.

    Without strides, `forward` over dy with `turn`ed kernels gives the same, and gathers instead of scattering.
    """
    rows, block = len(dx), len(cols)
    pixels, columns = _pixels(dx, cols, dy, taps)
    grad, turned, under = dy.reshape(rows, *w.shape[:2], -1), w.swapaxes(1, 2), cols[:, :, : w.shape[2]]
    dx.fill(0.0)
    for start in range(0, rows, block):
        n = min(block, rows - start)
        if grad.shape[3] == 1:  # one window: no pixel has two columns
            np.matmul(_lines(grad[start : start + n]), w, out=_lines(under[:n]))
            np.copyto(pixels[start : start + n], columns[:n])
            continue
        np.matmul(turned, grad[start : start + n], out=under[:n])
        for i in range(taps[0]):
            for j in range(taps[1]):
                place = pixels[start : start + n, :, :, i, j]
                np.add(place, columns[:n, :, :, i, j], out=place)


def _lines(x: Array) -> Array:
    """View one column of each image, (rows, groups, n, 1), as a line of its group, (groups, rows, n)."""
    return x[..., 0].swapaxes(0, 1)


def _pixels(x: Array, cols: Array, y: Array, taps: Taps, *, whole_lines: bool = False) -> tuple[Array, Array]:
    """View the pixels of x under each window, and their place in cols; below them, cols get the bias's ones.

    With `whole_lines`, to be copied only, lines of pixels are one item, where there is no stride right.
    """
    block, groups, wide = cols.shape[:3]
    size = x.shape[1] // groups
    height, width = y.shape[2:]
    weights = size * taps[0] * taps[1]
    if wide > weights:
        cols[: len(x), :, weights:] = 1.0
    images = x.reshape(len(x), groups, size, *x.shape[2:])
    columns = cols[:, :, :weights].reshape(block, groups, size, *taps[:2], height, width)
    if whole_lines and taps[3] == 1:
        from_images = lines(images, taps, height, width)
        return from_images, columns.view(from_images.dtype)[..., 0]
    return windows(images, taps, height, width), columns
