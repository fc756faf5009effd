"""Where a training run stands, and what it must find again to go on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nn_model.arrays import Array
from nn_model.errors import CheckpointError
from nn_model.train.events import Callback
from nn_model.train.history import History


@dataclass(slots=True)
class Run:
    """Where training stands between two steps: with the network's vectors, all that it takes to go on exactly.

    Attributes
    ----------
    epoch, batch
        Epochs completed, and batches done of the one under way.
    sums
        What that epoch has added up so far; see `kernels.tally`.
    seconds
        Time spent in its steps so far.
    lr
        The rate that a callback set in the optimizer's place.
    history
        The completed epochs.
    fingerprint
        What the run was started with; a resumed run must equal it.
    remembered
        What callbacks remember, by their place and name, as a checkpoint has it.
    callbacks
        Those callbacks, while the run is going on.
    """

    epoch: int = 0
    batch: int = 0
    sums: Array = field(default_factory=lambda: np.zeros(4))
    seconds: float = 0.0
    lr: float | None = None
    history: History = field(default_factory=History)
    fingerprint: dict[str, Any] = field(default_factory=dict)
    remembered: dict[str, dict[str, Any]] = field(default_factory=dict)
    callbacks: dict[str, Any] = field(default_factory=dict)

    def attach(self, callbacks: Sequence[Callback], fingerprint: dict[str, Any], resume: bool) -> None:
        """Take in the callbacks of this call of `fit`; a resumed run first checks that it is the same run.

        Raises
        ------
        CheckpointError
            Other data or settings than the run was started with; the message says which.
        """
        if resume and self.fingerprint:
            was = self.fingerprint
            other = [
                f"{name} was {was.get(name)!r}, now {now!r}"
                for name, now in fingerprint.items()
                if was.get(name) != now
            ]
            if other:
                raise CheckpointError(
                    f"a run is resumed with what it was started with; {'; '.join(other)}; "
                    "give the same, or start anew with resume=False"
                )
        self.fingerprint = fingerprint
        remembering = ((i, callback) for i, callback in enumerate(callbacks) if hasattr(callback, "state"))
        self.callbacks = {f"{i}:{type(callback).__name__}": callback for i, callback in remembering}
        for key, callback in self.callbacks.items():
            if key in self.remembered:
                callback.restore(self.remembered[key])
        self.history.reason = None

    def to_dict(self) -> dict[str, Any]:
        """Give everything as JSON can hold it."""
        return {
            "epoch": self.epoch,
            "batch": self.batch,
            "sums": self.sums.tolist(),
            "seconds": self.seconds,
            "lr": self.lr,
            "history": self.history.to_dict(),
            "fingerprint": self.fingerprint,
            "callbacks": {key: callback.state() for key, callback in self.callbacks.items()},
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Run":
        """Take back what `to_dict` gave."""
        return cls(
            epoch=data["epoch"],
            batch=data["batch"],
            sums=np.array(data["sums"], dtype=np.float64),
            seconds=data["seconds"],
            lr=data["lr"],
            history=History.from_dict(data["history"]),
            fingerprint=data["fingerprint"],
            remembered=data["callbacks"],
        )
