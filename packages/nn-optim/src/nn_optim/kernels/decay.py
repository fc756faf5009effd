"""p *= 1 - lr weight_decay."""

import numpy as np

from nn_optim.protocol import Array


def shrink(theta: Array, lr: Array, weight_decay: float) -> None:
    """`p *= 1 - lr weight_decay`."""
    np.multiply(theta, 1.0 - lr.item() * weight_decay, out=theta)
