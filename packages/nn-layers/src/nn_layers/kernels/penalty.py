"""Penalties on a flat weight vector: the value is added to `value[0]`, the gradient to `g`, block by block."""

from collections.abc import Iterator

import numpy as np

from nn_layers.protocol import Array


def _blocks(w: Array, g: Array | None, s: Array) -> Iterator[tuple[Array, Array | None, Array]]:
    """Cut `w` (n,) and `g` (n,) into pieces as long as `s`, so that each stays in cache for all its operations."""
    for start in range(0, w.size, s.size):
        piece = w[start : start + s.size]
        yield piece, None if g is None else g[start : start + s.size], s[: piece.size]


def add_l1(w: Array, g: Array | None, l1: float, s: Array, value: Array) -> None:
    """Value += l1 sum|w|;  g += l1 sign(w).  w, g: (n,)."""
    for wb, gb, sb in _blocks(w, g, s):
        np.sign(wb, out=sb)
        value[0] += l1 * float(np.dot(sb, wb))
        if gb is not None:
            np.multiply(sb, l1, out=sb)
            np.add(gb, sb, out=gb)


def add_l2(w: Array, g: Array | None, l2: float, s: Array, value: Array) -> None:
    """Value += l2 sum w^2;  g += 2 l2 w.  w, g: (n,)."""
    for wb, gb, sb in _blocks(w, g, s):
        value[0] += l2 * float(np.dot(wb, wb))
        if gb is not None:
            np.multiply(wb, 2.0 * l2, out=sb)
            np.add(gb, sb, out=gb)


def add_elastic_net(w: Array, g: Array | None, l1: float, l2: float, s: Array, value: Array) -> None:
    """Value += l1 sum|w| + l2 sum w^2;  g += l1 sign(w) + 2 l2 w.  w, g: (n,)."""
    for wb, gb, sb in _blocks(w, g, s):
        np.sign(wb, out=sb)
        value[0] += l1 * float(np.dot(sb, wb)) + l2 * float(np.dot(wb, wb))
        if gb is not None:
            np.multiply(sb, l1, out=sb)
            np.add(gb, sb, out=gb)
            np.multiply(wb, 2.0 * l2, out=sb)
            np.add(gb, sb, out=gb)
