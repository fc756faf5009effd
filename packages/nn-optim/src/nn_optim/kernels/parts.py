"""What several rules share: walking in blocks, and the two running means."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from nn_optim.protocol import BLOCK, Array


def blocks(scratch: Array, *vectors: Array) -> Iterator[Any]:
    """Yield the vectors a block at a time, and after them every row of the scratch, cut to the block's length."""
    size = vectors[0].size
    if size <= BLOCK:  # as of small networks, whose update is mostly the cutting
        yield *vectors, *scratch[:, :size]
        return
    for start in range(0, size, BLOCK):
        part = slice(start, start + BLOCK)
        yield *(x[part] for x in vectors), *scratch[:, : min(BLOCK, size - start)]


def mean(m: Array, g: Array, s: Array, beta: float) -> None:
    """`m = beta m + (1 - beta) g`."""
    np.multiply(m, beta, out=m)
    np.multiply(g, 1.0 - beta, out=s)
    np.add(m, s, out=m)


def mean_square(v: Array, g: Array, s: Array, beta: float) -> None:
    """`v = beta v + (1 - beta) g^2`."""
    np.multiply(v, beta, out=v)
    np.multiply(g, g, out=s)
    np.multiply(s, 1.0 - beta, out=s)
    np.add(v, s, out=v)


def descend(p: Array, direction: Array, s: Array, rate: float) -> None:
    """`p -= rate direction`; `s` may be the direction itself."""
    np.multiply(direction, rate, out=s)
    np.subtract(p, s, out=p)


def root(square: Array, s: Array, eps: float, inside: int) -> None:
    """`s = sqrt(square) + eps`, or inside, `sqrt(square + eps)`."""
    if inside:
        np.add(square, eps, out=s)
        np.sqrt(s, out=s)
    else:
        np.sqrt(square, out=s)
        np.add(s, eps, out=s)


def bias(beta: float, step: Array) -> float:
    """1 - beta^t: what a mean that started at 0 has seen so far."""
    return 1.0 - math.pow(beta, step.item())
