"""Checks of a network's parts when it is made, and the loss of scores that are already there."""

import numpy as np

from nn_loss import Loss
from nn_loss.protocol import LossFrame
from nn_model.arrays import Array
from nn_model.targets import Coding
from nn_optim import Clipping, Optimizer


def check_parts(loss: object, optimizer: object, clip: object, seed: object, dtype: object) -> None:
    """Check that every part is what its name says.

    Raises
    ------
    TypeError
        A part of another kind, or a class where an instance belongs.
    ValueError
        A seed or dtype that there is not.
    """
    for name, part, protocol, package in (
        ("loss", loss, Loss, "nn_loss"),
        ("optimizer", optimizer, Optimizer, "nn_optim"),
    ):
        if isinstance(part, type):
            raise TypeError(f"{name} is the class {part.__name__}; write {part.__name__}(...)")
        if not isinstance(part, protocol):
            raise TypeError(f"{name} must be one of {package}'s, or an object of its protocol; got {part!r}")
    if clip is not None and (isinstance(clip, type) or not isinstance(clip, Clipping)):
        raise TypeError(f"clip must be ClipNorm(...), ClipValue(...) or None; got {clip!r}")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"seed must be a whole number of at least 0; got {seed!r}")
    if dtype not in ("float32", "float64"):
        raise ValueError(f"dtype must be 'float32' or 'float64'; got {dtype!r}")


def loss_of(loss: Loss, coding: Coding, scores: Array, given: Array) -> float:
    """Give the loss of scores against checked targets, without a gradient."""
    targets = _targets(coding, scores, given)
    scratch = {
        n: np.empty((len(scores), *s.shape), s.dtype or scores.dtype) for n, s in loss.scratch(scores.shape[1:]).items()
    }
    value = np.zeros(1)
    frame = LossFrame(scores, targets, None, np.full(1, float(len(scores))), value, None, scratch)
    with np.errstate(all="ignore"):
        for kernel, *args in loss.calls(frame):
            kernel(*args)
    return float(value[0])


def _targets(coding: Coding, scores: Array, given: Array) -> Array:
    shape = coding.target_shape()
    if shape is None:
        return given
    targets = np.empty((len(given), *shape), scores.dtype)
    for kernel, *args in coding.spread(given, targets):
        kernel(*args)
    return targets
