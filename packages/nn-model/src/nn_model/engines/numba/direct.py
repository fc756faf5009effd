"""Convolutions whose pixels `tiled` reads from the images themselves, and their gradients by the weights."""

from nn_layers.protocol import Array
from nn_model.engines.numba.columns import Taps
from nn_model.engines.numba.lines import U, copy_lines, fill, written_in
from nn_model.engines.numba.memory import flat
from nn_model.engines.numba.registry import compiled
from nn_model.engines.numba.tiles import BY_LINE, LINES, PLAIN, tiled


@written_in
def forward_direct(x: Array, wb: Array, cols: Array, y: Array, taps: Taps) -> None:
    """Let `tiled` write lines as long as those of the image, and leave their ends out."""
    kh, kw, _, _, dh, dw = taps
    groups, outputs, lines = wb.shape
    high, wide, height, width = x.shape[2], x.shape[3], y.shape[2], y.shape[3]
    size, reach = x.shape[1] // groups, (height - 1) * wide + width
    loops = (size, kh * kw, high * wide), (kh, kw, dh * wide), (kw, 1, dw)
    if kh * kw == 1:
        loops = loops[2], loops[1], loops[0]  # the long one inside
    images, weights, long, out = flat(x), flat(wb), flat(cols), flat(y)
    mode = BY_LINE if lines > size * kh * kw else PLAIN
    for i in range(x.shape[0] * groups):
        w, to, at = i % groups * outputs * lines, i * outputs * height * width, i * size * high * wide
        first = w, lines
        bias = w + lines - 1, lines
        if wide == width:
            tiled(outputs, reach, out, (to, reach), weights, first, images, at, loops, weights, bias, mode)
        else:
            tiled(outputs, reach, long, (0, reach), weights, first, images, at, loops, weights, bias, mode)
            for o in range(outputs):
                copy_lines(long, o * reach, wide, out, to + o * height * width, width, width, height)


@written_in
def grads_direct(x: Array, dy: Array, cols: Array, part: Array, dwb: Array, taps: Taps) -> None:
    """Let `tiled` sum over the pixels of some images, once their dy stand with the outputs side by side, in `cols`."""
    groups, outputs, lines = dwb.shape
    turned, total = groups * outputs * dy.shape[2] * dy.shape[3], groups * lines * outputs
    given, sums = flat(cols), flat(part)
    block = cols.size // turned
    for start in range(0, x.shape[0], block):
        n = min(block, x.shape[0] - start)
        for i in range(n):
            _turn_pixels(dy, start + i, groups, given, i * turned)
        to = total if start else 0
        _sums_over_pixels(x, start, n, given, (groups, outputs, dy.shape[2], dy.shape[3]), sums, to, lines, taps)
        if start:
            for k in range(total):
                sums[k] += sums[U(total + k)]
    turn_back(sums, dwb)


Dims = tuple[int, int, int, int]
"""Groups, outputs of one, height, width."""


@written_in
def _sums_over_pixels(
    x: Array, start: int, count: int, given: Array, dims: Dims, sums: Array, to: int, lines: int, taps: Taps
) -> None:
    """Write the sums of some images to `to`: (groups, taps [+ 1], outputs)."""
    kh, kw, sh, sw, dh, dw = taps
    groups, outputs, height, width = dims
    images, high, wide, size = flat(x), x.shape[2], x.shape[3], x.shape[1] // groups
    image, turned = x.shape[1] * high * wide, groups * outputs * height * width
    loops = (count, image, turned), (height, sh * wide, width * outputs), (width, sw, outputs)
    for group in range(groups):
        first, at = group * turned // groups, start * image + group * size * high * wide
        out = to + group * lines * outputs
        for tap in range(kh * kw):
            place = out + tap * outputs, kh * kw * outputs
            seen = at + tap // kw * dh * wide + tap % kw * dw, high * wide
            tiled(size, outputs, sums, place, images, seen, given, first, loops, sums, (0, 0), PLAIN)
        if lines > size * kh * kw:
            fill(sums, out + (lines - 1) * outputs, outputs, 0)
            for i in range(count):
                _add_lines(given, i * turned + first, height * width, sums, out + (lines - 1) * outputs, outputs)


@written_in
def _turn_pixels(dy: Array, row: int, groups: int, out: Array, to: int) -> None:
    """Write the dy of one image as (groups, pixels, outputs) to `out`."""
    pixels, outputs = dy.shape[2] * dy.shape[3], dy.shape[1] // groups
    given = flat(dy)
    for group in range(groups):
        at, first = (row * groups + group) * outputs * pixels, to + group * outputs * pixels
        for start in range(0, pixels, LINES):
            for o in range(outputs):
                for k in range(start, min(start + LINES, pixels)):
                    out[U(first + k * outputs + o)] = given[U(at + o * pixels + k)]


@written_in
def _add_lines(x: Array, at: int, count: int, out: Array, to: int, width: int) -> None:
    """Add lines of a flat array up."""
    for i in range(count):
        for j in range(width):
            out[U(to + j)] += x[U(at + i * width + j)]


@compiled
def turn_back(sums: Array, dwb: Array) -> None:
    """Turn sums (groups, taps [+ 1], outputs) into dwb (groups, outputs, taps [+ 1])."""
    groups, outputs, lines = dwb.shape
    for group in range(groups):
        for o in range(outputs):
            for k in range(lines):
                dwb[group, o, k] = sums[U((group * lines + k) * outputs + o)]
