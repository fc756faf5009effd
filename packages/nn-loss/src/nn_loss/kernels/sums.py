"""Sums that stay right where the terms, but not their sum in double precision, leave the range of float32."""

import numpy as np

from nn_loss.protocol import Array

_SMALL, _LARGE = 1e-30, 1e37  # well inside the range of float32


def dot(a: Array, b: Array) -> float:
    """Sum of `a * b` over all elements. `vdot` because `np.dot` warns of an overflow that is mended here."""
    total = float(np.vdot(a, b))
    if _SMALL < abs(total) < _LARGE:
        return total
    return float(np.einsum("i,i->", a.reshape(-1), b.reshape(-1), dtype=float))


def weighted(terms: Array, share: Array) -> float:
    """Sum of `share * terms`, which are overwritten; a `share` of one element stands for all."""
    if share.size == 1:
        return float(share.item()) * float(np.add.reduce(terms, axis=None))
    np.multiply(terms, share, out=terms)
    return float(np.add.reduce(terms, axis=None))
