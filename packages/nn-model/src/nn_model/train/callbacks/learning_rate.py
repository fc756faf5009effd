"""A learning rate that changes with the epochs or steps of a run."""

from collections.abc import Callable
from typing import Literal

from nn_model.errors import PartError
from nn_model.train.arguments import check_choice
from nn_model.train.events import Event, Rate


class LearningRate:
    """Set the learning rate from a schedule, in the optimizer's place.

    Parameters
    ----------
    schedule
        A schedule of `nn_optim` or any function: the number of an epoch or step of this run, from 0, to its rate.
    per
        `"epoch"` or `"step"`.

    Raises
    ------
    PartError
        A schedule that cannot be called, or another `per`.
    CallbackError
        In training: a rate that is no finite number of at least 0.

    Notes
    -----
    A schedule given to the optimizer, `Adam(lr=Cosine(...))`, counts the updates of the network's life, is part of
    saved files, and costs nothing; this one counts the steps of a run, takes any function, and with `per="step"` takes
    a turn after every step.

    Examples
    --------
    >>> from nn_layers import Dense
    >>> from nn_loss import MSE
    >>> from nn_model import NN
    >>> from nn_optim import SGD, StepDecay
    >>> nn = NN([Dense(1, 1)], MSE(), SGD())
    >>> schedule = StepDecay(0.5, step_size=2, gamma=0.5)
    >>> history = nn.fit([[1], [2]], [[1], [2]], epochs=3, callbacks=[LearningRate(schedule)], verbose=False)
    >>> [row.lr for row in history]
    [0.5, 0.5, 0.25]
    """

    def __init__(self, schedule: Callable[[int], float], per: Literal["epoch", "step"] = "epoch") -> None:
        if not callable(schedule):
            raise PartError(f"schedule must be a schedule or function, number -> rate; got {schedule!r}")
        check_choice("per", per, ("epoch", "step"))
        self.schedule, self.per = schedule, per
        self.every = 1 if per == "step" else None

    def __call__(self, event: Event) -> Rate | None:
        """Answer the rate of what comes next."""
        if event.kind not in ("start", "epoch" if self.per == "epoch" else "steps"):
            return None
        return Rate(self.schedule(event.epoch if self.per == "epoch" else event.epoch * event.batches + event.batch))
