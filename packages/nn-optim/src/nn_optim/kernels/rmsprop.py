"""v = alpha v + (1 - alpha) g^2; p -= lr g / (sqrt(v) + eps)."""

import numpy as np

from nn_optim.kernels.parts import blocks, descend, mean_square, root
from nn_optim.protocol import Array


def update(
    theta: Array, grad: Array, v: Array, scratch: Array, lr: Array, alpha: float, eps: float, eps_inside: int
) -> None:
    """`v = alpha v + (1 - alpha) g^2; p -= lr g / (sqrt(v) + eps)`, or inside, `lr g / sqrt(v + eps)`."""
    rate = lr.item()
    for p, g, w, s in blocks(scratch[:1], theta, grad, v):
        mean_square(w, g, s, alpha)
        root(w, s, eps, eps_inside)
        np.divide(g, s, out=s)
        descend(p, s, s, rate)
