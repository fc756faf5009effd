"""Numbers that are not finite, found early."""

import math

import numpy as np

from nn_model.cause import check_theta
from nn_model.errors import DivergedError
from nn_model.train.arguments import check_whole
from nn_model.train.events import Event


class NaNGuard:
    """Look for parameters and a running loss that are not finite, every so many steps.

    A loss that is not finite always ends training, at its step. Parameters are looked through at the end of every
    epoch; this finds sooner those that no loss has shown yet.

    Parameters
    ----------
    every
        Steps between two looks, at least 1.

    Raises
    ------
    PartError
        Another `every`.
    DivergedError
        In training; the message names epoch, step, rate and the first such layer.

    Examples
    --------
    >>> NaNGuard(every=10).every
    10
    """

    def __init__(self, every: int = 100) -> None:
        check_whole("every", every)
        self.every = every

    def __call__(self, event: Event) -> None:
        """Look."""
        if event.kind != "steps":
            return
        core, epoch = event.nn.core, event.epoch + 1
        check_theta(core.body, core.vectors, epoch, event.step, event.lr)
        if not np.isfinite(event.nn.state).all():
            bad = next(name for name, array in event.nn.weights().items() if not np.isfinite(array).all())
            raise DivergedError(
                f"training diverged at epoch {epoch}, step {event.step} (lr {event.lr:g}): {bad} is not finite"
            )
        if math.isinf(event.loss):
            raise DivergedError(
                f"training diverged at epoch {epoch}, step {event.step} (lr {event.lr:g}): "
                "the sum of the epoch's losses is not finite"
            )
