"""Matrix products: loops for tiny ones, tiles and BLAS for all others; C-contiguous arrays, `out` is neither factor.

A call of BLAS costs 0.07 us, so that loops win only up to some 100 multiplications; where the driver writes shapes as
literals, the compiler unrolls them and drops the rest.
"""

from nn_layers.protocol import Array
from nn_model.engines.numba.blas import product
from nn_model.engines.numba.memory import flat
from nn_model.engines.numba.registry import compiled
from nn_model.engines.numba.tiles import TINY


@compiled
def matmul(a: Array, b: Array, out: Array) -> None:
    """Write out (n, m) = a b for a: (n, k), b: (k, m)."""
    n, k, m = a.shape[0], a.shape[1], b.shape[1]
    if n * k * m > TINY:
        product((n, m, k), flat(a), (0, k), False, flat(b), (0, m), False, flat(out), (0, m), False)
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
        product((n, m, k), flat(a), (0, n), True, flat(b), (0, m), False, flat(out), (0, m), False)
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
        product((n, m, k), flat(a), (0, k), False, flat(b), (0, k), True, flat(out), (0, m), False)
        return
    for i in range(n):
        for j in range(m):
            total = a[i, 0] * b[j, 0]
            for p in range(1, k):
                total += a[i, p] * b[j, p]
            out[i, j] = total
