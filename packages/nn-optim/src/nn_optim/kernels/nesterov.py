"""b = mu b + g; p -= lr (g + mu b)."""

import numpy as np

from nn_optim.kernels.parts import blocks, descend
from nn_optim.protocol import Array


def update(theta: Array, grad: Array, b: Array, scratch: Array, lr: Array, mu: float) -> None:
    """`b = mu b + g; p -= lr (g + mu b)`."""
    rate = lr.item()
    for p, g, c, s in blocks(scratch[:1], theta, grad, b):
        np.multiply(c, mu, out=c)
        np.add(c, g, out=c)
        np.multiply(c, mu, out=s)
        np.add(s, g, out=s)
        descend(p, s, s, rate)
