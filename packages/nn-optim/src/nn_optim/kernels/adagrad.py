"""a += g^2; p -= lr g / (sqrt(a) + eps)."""

import numpy as np

from nn_optim.kernels.parts import blocks, descend, root
from nn_optim.protocol import Array


def update(theta: Array, grad: Array, total: Array, scratch: Array, lr: Array, eps: float, eps_inside: int) -> None:
    """`total += g^2; p -= lr g / (sqrt(total) + eps)`, or inside, `lr g / sqrt(total + eps)`."""
    rate = lr.item()
    for p, g, a, s in blocks(scratch[:1], theta, grad, total):
        np.multiply(g, g, out=s)
        np.add(a, s, out=a)
        root(a, s, eps, eps_inside)
        np.divide(g, s, out=s)
        descend(p, s, s, rate)
