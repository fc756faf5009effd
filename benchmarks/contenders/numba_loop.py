"""The XOR network's epoch of four single-row updates, written by hand and compiled by numba: what it costs at least."""

import math

import numba
import numpy as np

from benchmarks.row import Array, Row, Run

__all__ = ["xor"]


@numba.njit(fastmath=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba's types are not looked at
def train(epochs: int, x: Array, y: Array, w: Array, b: Array, v: Array, c: Array, lr: np.float32) -> float:
    """Update w (2, 4), b (4,), v (4,), c (1,) after every row; give the mean loss of the last epoch."""
    h, one = np.empty(4, np.float32), np.float32(1.0)
    loss = np.float32(0.0)
    for _ in range(epochs):
        loss = np.float32(0.0)
        for r in range(4):
            s = c[0]
            for j in range(4):
                h[j] = one / (one + math.exp(-(x[r, 0] * w[0, j] + x[r, 1] * w[1, j] + b[j])))
                s += h[j] * v[j]
            out = one / (one + math.exp(-s))
            off = out - y[r]
            loss += off * off
            ds = np.float32(2.0) * off * out * (one - out)
            for j in range(4):
                dh = ds * v[j] * h[j] * (one - h[j])
                v[j] -= lr * ds * h[j]
                w[0, j] -= lr * dh * x[r, 0]
                w[1, j] -= lr * dh * x[r, 1]
                b[j] -= lr * dh
            c[0] -= lr * ds
    return float(loss / np.float32(4.0))


def xor(row: Row) -> Run:
    """Train online."""
    nn = row.make()
    x, y = row.data()
    w, b, v, c = (array.copy() for array in nn.weights().values())
    given, lr = y.astype(np.float32), np.float32(nn.optimizer.lr)

    def run(times: int) -> float:
        return float(train(times, x, given, w, b, v[:, 0], c, lr))

    return run
