"""A learning rate that falls where training stands still."""

from typing import Any

from nn_model.train.arguments import check_number, check_share, check_whole
from nn_model.train.callbacks.monitor import Best, Monitor, check_monitor, check_monitored
from nn_model.train.events import Event, Rate
from nn_model.train.history import Row


class ReduceOnPlateau:
    """Multiply the learning rate by a factor when a number of the epochs has not improved for a while.

    Parameters
    ----------
    monitor
        `"val_loss"`, `"val_accuracy"` or `"train_loss"`.
    factor
        In (0, 1).
    patience
        After how many epochs in a row without an improvement, at least 1; then counting begins anew.
    min_lr
        The rate never falls below, at least 0.

    Raises
    ------
    PartError
        An argument out of its range; at the start of training, nothing to monitor.

    Notes
    -----
    It starts from the rate of the last update, and takes the place of a schedule of the optimizer once it has acted.
    Any lower loss is an improvement. Keras waits 10 epochs for one of at least 1e-4, PyTorch 10 for one of 0.01 %, with
    a factor of 0.1.

    Examples
    --------
    >>> ReduceOnPlateau("train_loss", factor=0.1, patience=5).factor
    0.1
    """

    def __init__(
        self, monitor: Monitor = "val_loss", factor: float = 0.5, patience: int = 2, min_lr: float = 0.0
    ) -> None:
        check_monitor(monitor)
        check_share("factor", factor)
        check_whole("patience", patience)
        check_number("min_lr", min_lr)
        self.monitor, self.factor, self.patience, self.min_lr = monitor, factor, patience, min_lr
        self.best = Best()

    def __call__(self, event: Event) -> Rate | None:
        """Judge an epoch; answer a lower rate when there was no improvement for too long."""
        if event.kind == "start":
            check_monitored("ReduceOnPlateau", self.monitor, event)
            self.best = Best() if event.fresh else self.best
        elif event.row is not None:
            return self._judge(event.row)
        return None

    def _judge(self, row: Row) -> Rate | None:
        if self.best.improves(row, self.monitor) or self.best.waited < self.patience:
            return None
        self.best.waited = 0
        return Rate(max(row.lr * self.factor, min(self.min_lr, row.lr)))

    def state(self) -> dict[str, Any]:
        """Give the best so far."""
        return self.best.state()

    def restore(self, state: dict[str, Any]) -> None:
        """Take it back."""
        self.best = Best.restored(state)
