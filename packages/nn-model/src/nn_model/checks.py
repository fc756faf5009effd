"""Checks of a network's parts when it is made."""

import numpy as np

from nn_loss import Loss
from nn_model.errors import PartError
from nn_optim import Clipping, Optimizer


def check_parts(loss: object, optimizer: object, clip: object, seed: object, dtype: object) -> None:
    """Check that every part is what its name says.

    Raises
    ------
    PartError
        A part of another kind, a class where an instance belongs, or a seed or dtype that there is not.
    """
    for name, part, protocol, package in (
        ("loss", loss, Loss, "nn_loss"),
        ("optimizer", optimizer, Optimizer, "nn_optim"),
    ):
        if isinstance(part, type):
            raise PartError(f"{name} is the class {part.__name__}; write {part.__name__}(...)")
        if not isinstance(part, protocol):
            raise PartError(f"{name} must be one of {package}'s, or an object of its protocol; got {part!r}")
    if clip is not None and (isinstance(clip, type) or not isinstance(clip, Clipping)):
        raise PartError(f"clip must be ClipNorm(...), ClipValue(...) or None; got {clip!r}")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise PartError(f"seed must be a whole number of at least 0; got {seed!r}")
    if dtype not in ("float32", "float64"):
        raise PartError(f"dtype must be 'float32' or 'float64'; got {dtype!r}")
