"""Training ends when it no longer helps."""

import hashlib
from collections.abc import Mapping
from typing import Any

from nn_model.arrays import Array
from nn_model.errors import CheckpointError
from nn_model.train import trusted
from nn_model.train.arguments import check_choice, check_number, check_whole
from nn_model.train.callbacks.monitor import Best, Monitor, check_monitor, check_monitored
from nn_model.train.events import Event, Stop
from nn_model.train.history import Row
from nn_model.train.interrupt import REASONS


class EarlyStopping:
    """Stop when a number of the epochs has not improved for a while, and go back to the best epoch.

    Parameters
    ----------
    monitor
        `"val_loss"`, `"val_accuracy"` or `"train_loss"`.
    patience
        For how many epochs in a row it may fail to improve, at least 1.
    min_delta
        By more than how much it must be better than the best so far, at least 0; accuracy is in [0, 1].
    restore_best
        Whether the network has the parameters and state of the best epoch when training ends, by whatever reason but
        an interrupt or an error. They are kept in memory, and in checkpoints as tensors, `callbacks.EarlyStopping.*`.

    Attributes
    ----------
    best
        The best value and its epoch.

    Raises
    ------
    PartError
        An argument out of its range; at the start of training, nothing to monitor.

    Notes
    -----
    The best so far survives a restart from a checkpoint. A run that is resumed after its end goes on from its last
    parameters, not from the best: what is put back at the end is exchanged, not lost. The optimizer's slots are never
    put back. Prechelt, "Early Stopping - But When?" (1998). Rust-Neural-Networks has `patience=3, min_delta=0.001`;
    Keras has `restore_best_weights=False` and forgets the best at a restart.

    Examples
    --------
    >>> from nn_model.data import load_digits
    >>> from nn_layers import Dense
    >>> from nn_loss import CrossEntropy
    >>> from nn_model import NN
    >>> from nn_optim import Adam
    >>> x, y, *_ = load_digits()
    >>> nn = NN([Dense(64, 10)], CrossEntropy(), Adam(lr=0.03))
    >>> history = nn.fit(x[:500], y[:500], epochs=100, validation_split=0.2, callbacks=[EarlyStopping()], verbose=False)
    >>> history.reason
    'early stopping triggered after epoch 42 (no improvement for 3 epochs)'
    """

    def __init__(
        self, monitor: Monitor = "val_loss", patience: int = 3, min_delta: float = 0.0, restore_best: bool = True
    ) -> None:
        check_monitor(monitor)
        check_whole("patience", patience)
        check_number("min_delta", min_delta)
        check_choice("restore_best", restore_best, (True, False))
        self.monitor, self.patience, self.min_delta, self.restore_best = monitor, patience, min_delta, restore_best
        self.best = Best()
        # While training runs these are the best epoch's parameters and state; after its end, the last epoch's.
        self._kept: dict[str, Array] = {}
        self._exchanged = False
        self._mark = ""

    def __call__(self, event: Event) -> Stop | None:
        """Judge an epoch; stop when there was no improvement for too long."""
        if event.kind == "start":
            return self._start(event)
        if event.row is not None:
            return self._judge(event, event.row)
        if event.kind == "end" and not event.failed and event.reason not in REASONS.values():
            self._exchange(event)
        return None

    def _start(self, event: Event) -> Stop | None:
        check_monitored("EarlyStopping", self.monitor, event)
        if event.fresh:
            self.best, self._kept, self._exchanged = Best(), {}, False
        if self._kept and _kinds(self._kept) != _kinds(event.nn.weights()):
            raise CheckpointError("EarlyStopping remembers the best epoch of another network; start with a new one")
        if self._exchanged:
            if self._mark != _digest(event.nn.theta):
                raise CheckpointError(
                    "the weights have changed since training ended with the best epoch's in place; "
                    "load the run's last checkpoint, or start anew with resume=False"
                )
            self._exchange(event)
        # A run that has stopped does not train another epoch only because it is resumed.
        return self._stop(event.epoch) if self.best.waited >= self.patience else None

    def _stop(self, epoch: int) -> Stop:
        epochs = f"{self.best.waited} epoch{'s' if self.best.waited > 1 else ''}"
        return Stop(f"early stopping triggered after epoch {epoch} (no improvement for {epochs})")

    def _judge(self, event: Event, row: Row) -> Stop | None:
        if self.best.improves(row, self.monitor, self.min_delta):
            if self.restore_best:
                self._kept = {name: array.copy() for name, array in event.nn.weights().items()}
        elif self.best.waited >= self.patience:
            return self._stop(row.epoch)
        return None

    def _exchange(self, event: Event) -> None:
        if self._kept:
            for name, own in event.nn.weights().items():
                kept = self._kept[name].copy()
                self._kept[name][...], own[...] = own, kept
            self._exchanged = not self._exchanged
            self._mark = _digest(event.nn.theta)

    def state(self) -> dict[str, Any]:
        """Give the best so far."""
        return {**self.best.state(), "exchanged": self._exchanged, "mark": self._mark}

    def restore(self, state: dict[str, Any]) -> None:
        """Take it back."""
        if state.get("kept") is not None:
            raise CheckpointError(
                "the checkpoint has the weights of EarlyStopping's best epoch as text, which only versions before the "
                "first release wrote; the network itself can be used; start anew with resume=False"
            )
        self.best = Best.restored(state)
        self._exchanged = trusted.of_kind(state, "exchanged", bool)
        self._mark = trusted.of_kind(state, "mark", str)

    def arrays(self) -> dict[str, Array]:
        """Give the arrays that are kept."""
        return self._kept

    def restore_arrays(self, arrays: dict[str, Array]) -> None:
        """Take them back."""
        if self._exchanged and not arrays:
            raise ValueError("the weights of the last epoch are missing")
        self._kept = {name: array.copy() for name, array in arrays.items()}


def _digest(array: Array) -> str:
    return hashlib.sha256(array.data).hexdigest()


def _kinds(arrays: Mapping[str, Array]) -> dict[str, tuple[Any, ...]]:
    return {name: (array.shape, array.dtype) for name, array in arrays.items()}
