"""A number of every epoch that is watched: its best so far, and for how long nothing has beaten it."""

import math
from dataclasses import dataclass
from typing import Any, Literal

from nn_model.errors import PartError
from nn_model.train import trusted
from nn_model.train.arguments import check_choice
from nn_model.train.events import Event
from nn_model.train.history import Row

Monitor = Literal["val_loss", "val_accuracy", "train_loss"]
MONITORS = ("val_loss", "val_accuracy", "train_loss")


def check_monitor(monitor: object) -> None:
    """Check the name of what is monitored."""
    check_choice("monitor", monitor, MONITORS)


def check_monitored(owner: str, monitor: Monitor, event: Event) -> None:
    """Check, before the first step, that epochs will have this number.

    Raises
    ------
    PartError
        There are no validation rows, or no accuracy because the network does regression.
    """
    if monitor == "val_accuracy" and event.nn.task == "regression":
        raise PartError(f"{owner} monitors val_accuracy, and regression has none; take monitor='val_loss'")
    if monitor != "train_loss" and not event.validation:
        raise PartError(
            f"{owner} monitors {monitor}, and there are no validation rows; give fit validation_split or "
            "validation_data, or take monitor='train_loss'"
        )


@dataclass(slots=True)
class Best:
    """The best value so far.

    Attributes
    ----------
    value, epoch
        What it was and when; `None` and 0 before the first.
    waited
        Epochs since without an improvement.
    """

    value: float | None = None
    epoch: int = 0
    waited: int = 0

    def improves(self, row: Row, monitor: Monitor, min_delta: float = 0.0) -> bool:
        """Take an epoch in; whether it is better than the best by more than `min_delta`. NaN never is."""
        now = getattr(row, monitor)
        gain = -1.0 if monitor == "val_accuracy" else 1.0
        better = self.value is None or gain * now < gain * self.value - min_delta
        if math.isfinite(now) and better:
            self.value, self.epoch, self.waited = now, row.epoch, 0
            return True
        self.waited += 1
        return False

    def state(self) -> dict[str, Any]:
        """Give the numbers."""
        return {"value": self.value, "epoch": self.epoch, "waited": self.waited}

    @classmethod
    def restored(cls, state: dict[str, Any]) -> "Best":
        """Take them back, from a file."""
        value = None if state["value"] is None else trusted.numbers({"value": [state["value"]]}, "value", 1)[0]
        return cls(value, trusted.whole(state, "epoch"), trusted.whole(state, "waited"))
