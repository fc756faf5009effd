"""The arithmetic of turned, scaled and shifted images: new[o] = old[c + m (o - c)], between pixels bilinear."""

import numpy as np

from nn_layers.kernels.windows import pad
from nn_layers.protocol import Array, Shape


def draw(rng: np.random.Generator, reach: Array, amounts: Array) -> None:
    """Draw uniform numbers in [-reach, reach). reach: (4,) -> amounts: (rows, 4)."""
    rng.random(out=amounts)
    np.multiply(amounts, 2.0, out=amounts)
    np.subtract(amounts, 1.0, out=amounts)
    np.multiply(amounts, reach, out=amounts)


def invert(amounts: Array, inverse: Array, m: Array) -> None:
    """Write what leads from a place in the new image to one in the old, both from the centre, down and to the right.

    amounts: (rows, 4) of angle, growth, shift down, shift right; overwritten -> inverse, m: (rows, 2, 3).
    """
    angle, growth, down, right = amounts.T
    cos, sin = inverse[:, 0, 0], inverse[:, 0, 1]
    np.add(growth, 1.0, out=growth)
    np.cos(angle, out=cos)
    np.divide(cos, growth, out=cos)
    np.sin(angle, out=sin)
    np.divide(sin, growth, out=sin)
    np.negative(sin, out=inverse[:, 1, 0])
    np.copyto(inverse[:, 1, 1], cos)
    product = angle  # the angle is not needed any more
    for k in (0, 1):
        np.multiply(inverse[:, k, 0], down, out=inverse[:, k, 2])
        np.multiply(inverse[:, k, 1], right, out=product)
        np.add(inverse[:, k, 2], product, out=inverse[:, k, 2])
        np.negative(inverse[:, k, 2], out=inverse[:, k, 2])
    np.copyto(m, inverse)


def places(m: Array, centre: Array, down: Array, right: Array, along: Array, across: Array) -> None:
    """Write where pixels come from: that in line i, column j, on axis k, from along[:, k, i] + across[:, k, j].

    m: (rows, 2, 3), centre: (2, 1), down: (H,), right: (W,) -> along: (rows, 2, H), across: (rows, 2, W).
    """
    np.multiply(m[:, :, 0:1], down, out=along)
    np.add(along, m[:, :, 2:3], out=along)
    np.add(along, centre, out=along)
    np.multiply(m[:, :, 1:2], right, out=across)


def warp(
    x: Array, along: Array, across: Array, first: Array, padded: Array, at: Array, index: Array, taps: Array
) -> None:
    """Put in the place of every image what stands at its places, a block of images at a time.

    x: (rows, C, H, W), overwritten; along: (rows, 2, H), across: (rows, 2, W). For a block of B images: first
    (B, 1, 1), where each begins among the flat padded ones; scratch padded (B, C, H + 3, W + 3), at (2, B, H, W),
    index (B, H, W), taps (4, B, H, W).
    """
    for start in range(0, len(x), len(padded)):
        images = x[start : start + len(padded)]
        block, n = slice(start, start + len(images)), len(images)
        pad(images, 0.0, padded[:n], 1, 1)
        locate(along[block], across[block], padded.shape, at[:, :n], index[:n], taps[:, :n])
        np.add(index[:n], first[:n], out=index[:n])
        blend(padded[:n], at[:, :n], index[:n], taps[:, :n], images)


def locate(along: Array, across: Array, shape: Shape, at: Array, index: Array, taps: Array) -> None:
    """Write the number, in its image, of the pixel above and left of each place, and how far the place is from it.

    along: (n, 2, H), across: (n, 2, W), shape: (..., H + 3, W + 3) -> index: (n, H, W), at: (2, n, H, W), in [0, 1);
    taps: (4, n, H, W), scratch.
    """
    line, column, *_ = taps
    *_, lines, columns = shape
    for k, (last, cell) in enumerate(((lines, line), (columns, column))):
        np.add(along[:, k, :, None], across[:, k, None, :], out=at[k])
        # There are zeros in line 0, and in the two lines after the image: whatever is further out is as zero as they.
        np.clip(at[k], 0.0, last - 2.0, out=at[k])
        np.floor(at[k], out=cell)
        np.subtract(at[k], cell, out=at[k])
    np.multiply(line, float(columns), out=line)
    np.add(line, column, out=line)
    np.copyto(index, line, casting="unsafe")


def blend(padded: Array, at: Array, index: Array, taps: Array, images: Array) -> None:
    """Interpolate between the four pixels around each place. padded: (n, C, H + 3, W + 3) -> images: (n, C, H, W)."""
    lines, columns = padded.shape[2:]
    flat = padded.reshape(-1)
    down, right = at
    above, above_right, below, below_right = taps
    for channel in range(images.shape[1]):
        first = channel * lines * columns
        for tap, step in zip(taps, (0, 1, columns, columns + 1), strict=True):
            # No number is outside: "clip" never clips, and needs no buffer.
            np.take(flat[first + step :], index, out=tap, mode="clip")
        lerp(above, above_right, right, above)
        lerp(below, below_right, right, below)
        lerp(above, below, down, images[:, channel])


def lerp(a: Array, b: Array, t: Array, y: Array) -> None:
    """Y = a + t (b - a); b is overwritten."""
    np.subtract(b, a, out=b)
    np.multiply(b, t, out=b)
    np.add(a, b, out=y)
