"""p -= lr g."""

from nn_optim.kernels.parts import blocks, descend
from nn_optim.protocol import Array


def update(theta: Array, grad: Array, scratch: Array, lr: Array) -> None:
    """`p -= lr g`."""
    rate = lr.item()
    for p, g, s in blocks(scratch[:1], theta, grad):
        descend(p, g, s, rate)
