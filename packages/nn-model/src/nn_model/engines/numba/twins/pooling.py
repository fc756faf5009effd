"""The largest and the mean pixel of every window; line after line, the pixels under one tap at a time.

Shapes: x (rows, C, H, W), y (rows, C, height, width). A place in a window is counted from its first pixel, in x.
"""

from nn_layers.kernels import pooling
from nn_layers.protocol import Array
from nn_model.engines.numba.lines import U, fill
from nn_model.engines.numba.memory import flat
from nn_model.engines.numba.registry import compiled, twin

Taps = tuple[int, int, int, int, int, int]


@compiled
def _larger(x: Array, start: int, step: int, y: Array, to: int, count: int) -> None:
    """Write the larger one of two numbers, or NaN, for a line of windows and one tap: x, y flat."""
    for j in range(count):
        value, most = x[U(start + j * step)], y[U(to + j)]
        y[U(to + j)] = value if (value > most) | (value != value) else most


@twin(pooling.max_forward)
def max_forward(x: Array, part: Array, y: Array, taps: Taps) -> None:
    kh, kw, sh, sw, dh, dw = taps
    high, wide, height, width = x.shape[2], x.shape[3], y.shape[2], y.shape[3]
    pixels, out = flat(x), flat(y)
    for i in range(y.shape[0] * y.shape[1] * height):
        corner = (i // height * high + i % height * sh) * wide
        for j in range(width):
            out[U(i * width + j)] = pixels[U(corner + j * sw)]
        for k in range(kh):
            for m in range(kw):
                _larger(pixels, corner + k * dh * wide + m * dw, sw, out, i * width, width)


@twin(pooling.max_and_winner)
def max_and_winner(x: Array, y: Array, winner: Array, mark: Array, part: Array, taps: Taps) -> None:
    high, wide, height, width = x.shape[2], x.shape[3], y.shape[2], y.shape[3]
    pixels, out, places = flat(x), flat(y), flat(winner)
    for i in range(y.shape[0] * y.shape[1] * height):
        corner = (i // height * high + i % height * taps[2]) * wide
        if taps == (2, 2, 2, 2, 1, 1):
            _largest_of_four(pixels, corner, wide, out, places, i * width, width)
        else:
            _largest(pixels, corner, wide, out, places, i * width, width, taps)


@compiled
def _largest_of_four(x: Array, corner: int, wide: int, y: Array, winner: Array, to: int, count: int) -> None:
    """Do a line of windows of 2 x 2 that touch each other."""
    for j in range(count):
        above, below = U(corner + 2 * j), U(corner + wide + 2 * j)
        a, b, c, d = x[above], x[above + U(1)], x[below], x[below + U(1)]
        place, most = (1, b) if b > a else (0, a)
        place, most = (wide, c) if c > most else (place, most)
        place, most = (wide + 1, d) if d > most else (place, most)
        number = (a == a) & (b == b) & (c == c) & (d == d)
        y[U(to + j)] = most if number else a + b + c + d
        winner[U(to + j)] = place if number else wide + 2


@compiled
def _largest(x: Array, corner: int, wide: int, y: Array, winner: Array, to: int, count: int, taps: Taps) -> None:
    """Do a line of any windows."""
    kh, kw, _, sw, dh, dw = taps
    for j in range(count):
        y[U(to + j)] = x[U(corner + j * sw)]
        winner[U(to + j)] = 0
    for k in range(kh):
        for m in range(kw):
            place = k * dh * wide + m * dw
            for j in range(count):
                value, most = x[U(corner + place + j * sw)], y[U(to + j)]
                y[U(to + j)] = value if (value > most) | (value != value) else most
                winner[U(to + j)] = place if value > most else winner[U(to + j)]
    none = (kh - 1) * dh * wide + (kw - 1) * dw + 1
    for j in range(count):
        winner[U(to + j)] = winner[U(to + j)] if y[U(to + j)] == y[U(to + j)] else none


@compiled
def _scatter(winner: Array, dy: Array, dx: Array, taps: Taps) -> None:
    """Add dy to the winner of each window."""
    kh, kw, sh, sw, dh, dw = taps
    high, wide, height, width = dx.shape[2], dx.shape[3], dy.shape[2], dy.shape[3]
    last = (kh - 1) * dh * wide + (kw - 1) * dw
    places, given, out = flat(winner), flat(dy), flat(dx)
    fill(out, 0, out.size, 0)
    for i in range(dy.shape[0] * dy.shape[1] * height):
        corner = (i // height * high + i % height * sh) * wide
        for j in range(width):
            place = places[U(i * width + j)]
            if place <= last:
                out[U(corner + j * sw) + U(place)] += given[U(i * width + j)]


@twin(pooling.max_backward)
def max_backward(winner: Array, dy: Array, mark: Array, part: Array, dx: Array, taps: Taps) -> None:
    _scatter(winner, dy, dx, taps)


@twin(pooling.max_scatter)
def max_scatter(
    winner: Array, corners: Array, dy: Array, mark: Array, part: Array, at: Array, dx: Array, taps: Taps
) -> None:
    _scatter(winner, dy, dx, taps)


@twin(pooling.mean_forward)
def mean_forward(x: Array, share: Array, y: Array, taps: Taps) -> None:
    kh, kw, sh, sw, dh, dw = taps
    high, wide, height, width = x.shape[2], x.shape[3], y.shape[2], y.shape[3]
    pixels, out, shares = flat(x), flat(y), flat(share)
    fill(out, 0, out.size, 0)
    for i in range(y.shape[0] * y.shape[1] * height):
        corner = (i // height * high + i % height * sh) * wide
        for k in range(kh):
            for m in range(kw):
                for j in range(width):
                    out[U(i * width + j)] += pixels[U(corner + k * dh * wide + m * dw + j * sw)]
        for j in range(width):
            out[U(i * width + j)] *= shares[U(i % height * width + j)]


@twin(pooling.mean_backward)
def mean_backward(dy: Array, share: Array, part: Array, dx: Array, taps: Taps) -> None:
    kh, kw, sh, sw, dh, dw = taps
    high, wide, height, width = dx.shape[2], dx.shape[3], dy.shape[2], dy.shape[3]
    given, out, shares = flat(dy), flat(dx), flat(share)
    fill(out, 0, out.size, 0)
    for i in range(dy.shape[0] * dy.shape[1] * height):
        corner = (i // height * high + i % height * sh) * wide
        for k in range(kh):
            for m in range(kw):
                for j in range(width):
                    to = U(corner + k * dh * wide + m * dw + j * sw)
                    out[to] += given[U(i * width + j)] * shares[U(i % height * width + j)]
