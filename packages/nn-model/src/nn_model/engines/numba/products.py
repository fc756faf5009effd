"""Matrix products: loops for tiny ones, BLAS for all others; arrays are C-contiguous and `out` is neither factor.

BLAS is called through NumPy's `dot`, which numba binds to scipy's. A call costs 0.07 us, so that loops win only up to
some 100 multiplications; where the driver writes shapes as literals, the compiler unrolls them and drops the rest.
"""

import numba
import numpy as np

from nn_layers.protocol import Array
from nn_model.engines.numba.keeping import keep
from nn_model.engines.numba.registry import compiled

TINY = 128
"""Products of at most so many multiplications are made by loops."""


def _dot(a: Array, b: Array, out: Array) -> None:
    np.dot(a, b, out)


# With reference counts, which `dot` wants though it makes no array here; else it would have none, as its callers.
_blas = keep(numba.njit(error_model="numpy", _nrt=True)(_dot))


@compiled
def matmul(a: Array, b: Array, out: Array) -> None:
    """Write out (n, m) = a b for a: (n, k), b: (k, m)."""
    n, k, m = a.shape[0], a.shape[1], b.shape[1]
    if n * k * m > TINY:
        _blas(a, b, out)
        return
    for i in range(n):
        for j in range(m):
            total = a[i, 0] * b[0, j]
            for p in range(1, k):
                total += a[i, p] * b[p, j]
            out[i, j] = total


@compiled
def matmul_left_turned(a: Array, b: Array, out: Array) -> None:
    """Write out (n, m) = a^T b for a: (k, n), b: (k, m)."""
    k, n, m = a.shape[0], a.shape[1], b.shape[1]
    if n * k * m > TINY:
        _blas(a.T, b, out)
        return
    for i in range(n):
        for j in range(m):
            total = a[0, i] * b[0, j]
            for p in range(1, k):
                total += a[p, i] * b[p, j]
            out[i, j] = total


@compiled
def matmul_right_turned(a: Array, b: Array, out: Array) -> None:
    """Write out (n, m) = a b^T for a: (n, k), b: (m, k)."""
    n, k, m = a.shape[0], a.shape[1], b.shape[0]
    if n * k * m > TINY:
        _blas(a, b.T, out)
        return
    for i in range(n):
        for j in range(m):
            total = a[i, 0] * b[j, 0]
            for p in range(1, k):
                total += a[i, p] * b[j, p]
            out[i, j] = total
