"""What a convolution gathers from an image and scatters back: the columns of pixels under its windows.

Shapes are those of the kernels: images (rows, C, H, W), cols (block, groups, taps [+ 1], height * width).
"""

from nn_layers.protocol import Array
from nn_model.engines.numba.lines import U, copy_lines, fill
from nn_model.engines.numba.memory import flat
from nn_model.engines.numba.registry import compiled

Taps = tuple[int, int, int, int, int, int]


@compiled
def gather(x: Array, row: int, taps: Taps, cols: Array, slot: int, height: int, width: int) -> None:
    """Write the columns of one image into a slot of `cols`; below them, the bias's ones."""
    kh, kw, sh, sw, dh, dw = taps
    groups, lines, pixels = cols.shape[1], cols.shape[2], cols.shape[3]
    size, high, wide = x.shape[1] // groups, x.shape[2], x.shape[3]
    images, out = flat(x), flat(cols)
    for channel in range(x.shape[1]):
        group = channel // size
        to = ((slot * groups + group) * lines + (channel - group * size) * kh * kw) * pixels
        for tap in range(kh * kw):
            at = ((row * x.shape[1] + channel) * high + tap // kw * dh) * wide + tap % kw * dw
            if sw == 1:
                copy_lines(images, at, wide * sh, out, to, width, width, height)
            else:
                for i in range(height):
                    for j in range(width):
                        out[U(to + i * width + j)] = images[U(at + i * sh * wide + j * sw)]
            to += pixels
    if lines > size * kh * kw:
        for group in range(groups):
            fill(out, ((slot * groups + group) * lines + size * kh * kw) * pixels, pixels, 1)


@compiled
def scatter(cols: Array, dx: Array, row: int, taps: Taps, height: int, width: int) -> None:
    """Add the columns of one image to where their pixels came from."""
    kh, kw, sh, sw, dh, dw = taps
    groups, lines, pixels = cols.shape[1], cols.shape[2], cols.shape[3]
    size, high, wide = dx.shape[1] // groups, dx.shape[2], dx.shape[3]
    columns, out = flat(cols), flat(dx)
    for channel in range(dx.shape[1]):
        group = channel // size
        at = (group * lines + (channel - group * size) * kh * kw) * pixels
        for tap in range(kh * kw):
            to = ((row * dx.shape[1] + channel) * high + tap // kw * dh) * wide + tap % kw * dw
            for i in range(height):
                for j in range(width):
                    out[U(to + i * sh * wide + j * sw)] += columns[U(at + i * width + j)]
            at += pixels
