"""Where a training run stands, and what it must find again to go on."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nn_model.arrays import Array
from nn_model.errors import CheckpointError
from nn_model.train import trusted
from nn_model.train.events import Callback, Keeps, Remembers
from nn_model.train.history import History

Marks = dict[str, Callable[[], str]]
"""Parts of a fingerprint that take time: what they are called, and how they are summed up."""

CHANGED = {"data": "x, y or the weights have changed", "validation_data": "the validation data have changed"}


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
    torn
        Whether it was cut off in the middle of a step, by a second interrupt or a kernel that failed.
    step
        The network's number of updates when the run last made one.
    history
        The completed epochs.
    threads
        How many threads BLAS used, where somebody saves; `None` if that is not known.
    engine
        What ran its steps, `"numpy"` or `"numba"`; `None` before the first.
    marks
        What of the fingerprint is summed up only when somebody asks: the data.
    fingerprint
        What the run was started with; a resumed run must equal it.
    remembered
        What callbacks remember, by name and order, as a checkpoint has it.
    kept
        The arrays that callbacks keep, likewise.
    callbacks
        Those callbacks, while the run is going on.
    """

    epoch: int = 0
    batch: int = 0
    sums: Array = field(default_factory=lambda: np.zeros(4))
    seconds: float = 0.0
    lr: float | None = None
    torn: bool = False
    step: int | None = None
    threads: int | None = None
    engine: str | None = None
    marks: Marks = field(default_factory=dict)
    history: History = field(default_factory=History)
    fingerprint: dict[str, Any] = field(default_factory=dict)
    remembered: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept: dict[str, dict[str, Array]] = field(default_factory=dict)
    callbacks: dict[str, Remembers] = field(default_factory=dict)

    def attach(self, callbacks: Sequence[Callback], fingerprint: dict[str, Any], marks: Marks, resume: bool) -> None:
        """Take in the callbacks of this call of `fit`; a resumed run first checks that it is the same run.

        Raises
        ------
        CheckpointError
            Other data or settings than the run was started with, or what cannot be resumed; the message says which.
        """
        if resume:
            self._check({**fingerprint, **{name: mark() for name, mark in marks.items()}})
            self._check_exchanged(by_name(callbacks))
        self.fingerprint, self.marks = {**self.fingerprint, **fingerprint}, marks
        remembered, kept = self.states(), self.arrays()
        given = by_name(callbacks)
        for key in remembered.keys() & given.keys():
            if given[key] is not self.callbacks.get(key):
                _restore(key, given[key], remembered[key], kept.get(key, {}))
        self.callbacks, self.remembered, self.kept = given, {}, {}
        # What the last call of `fit` gave stays as it is.
        self.history = self.history.copy()
        self.history.reason = None

    def states(self) -> dict[str, dict[str, Any]]:
        """Give what callbacks remember, by name."""
        return self.remembered | {key: callback.state() for key, callback in self.callbacks.items()}

    def arrays(self, stand_in: Mapping[str, Array] | None = None) -> dict[str, dict[str, Array]]:
        """Give the arrays that callbacks keep, by name; `stand_in` for those that keep none yet."""
        own = {key: callback.arrays() for key, callback in self.callbacks.items() if isinstance(callback, Keeps)}
        found = self.kept | {key: arrays or dict(stand_in or {}) for key, arrays in own.items()}
        return {key: arrays for key, arrays in found.items() if arrays}

    def _check(self, fingerprint: dict[str, Any]) -> None:
        if self.torn:
            raise CheckpointError(
                "the run was cut off in the middle of a step, so its numbers cannot be continued exactly; "
                "load its last checkpoint, or start anew with resume=False"
            )
        was = self.known()
        other = [name for name, now in fingerprint.items() if was and was.get(name) != now]
        if other:
            changes = [CHANGED.get(name, f"{name} was {was.get(name)!r}, now {fingerprint[name]!r}") for name in other]
            raise CheckpointError(
                f"a run is resumed with what it was started with; {'; '.join(changes)}; "
                "give the same, or start anew with resume=False"
            )

    def _check_exchanged(self, callbacks: dict[str, Remembers]) -> None:
        """Refuse to go on from weights that a callback has put in the place of the last ones, without that callback."""
        for key, state in self.remembered.items():
            if key not in callbacks and dict(state).get("exchanged"):
                raise CheckpointError(
                    f"the run was saved with the best epoch's weights in place, by {key.partition(':')[0]}; "
                    "give that callback again, or start anew with resume=False"
                )

    def check_place(self, step: int, batches: int) -> None:
        """Check that the network stands where the run does, and that the run stands inside an epoch."""
        if self.step is not None and self.step != step:
            raise CheckpointError(
                f"the run was left at step {self.step} and the network is at step {step}; "
                "load the run's last checkpoint, or start anew with resume=False"
            )
        if self.batch > batches:
            raise CheckpointError(
                f"the run stands in batch {self.batch} of an epoch of {batches}; load an earlier file"
            )

    def note_threads(self, now: int | None, *, resume: bool) -> None:
        """Note BLAS's threads; warn where a resumed run has others: sums in another order end in other last bits."""
        if resume and None not in (self.threads, now) and self.threads != now:
            warnings.warn(
                f"the run was made with {self.threads} BLAS threads, now there are {now}; it goes on, but its last "
                "bits may differ; fit(..., threads=) sets them",
                UserWarning,
                stacklevel=4,
            )
        self.threads = now

    def known(self) -> dict[str, Any]:
        """Give the whole fingerprint, the data's part too: summed up when it is first asked for."""
        for name, mark in self.marks.items():
            self.fingerprint.setdefault(name, mark())
        return self.fingerprint

    def to_dict(self) -> dict[str, Any]:
        """Give everything but `arrays` as JSON can hold it."""
        return {
            "epoch": self.epoch,
            "batch": self.batch,
            "sums": self.sums.tolist(),
            "seconds": self.seconds,
            "lr": self.lr,
            "torn": self.torn,
            "history": self.history.to_dict(),
            "step": self.step,
            "threads": self.threads,
            "engine": self.engine,
            "fingerprint": self.known(),
            "callbacks": self.states(),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any], kept: dict[str, dict[str, Array]] | None = None) -> "Run":
        """Take back what `to_dict` and `arrays` gave; raise `ValueError` where they cannot have."""
        made = cls(
            epoch=trusted.whole(data, "epoch"),
            batch=trusted.whole(data, "batch"),
            sums=np.array(trusted.numbers(data, "sums", 4), dtype=np.float64),
            seconds=trusted.number(data, "seconds"),
            lr=None if data["lr"] is None else trusted.number(data, "lr"),
            torn=trusted.of_kind(data, "torn", bool),
            step=None if data["step"] is None else trusted.whole(data, "step"),
            threads=None if data["threads"] is None else trusted.whole(data, "threads"),
            engine=None if data.get("engine") is None else trusted.of_kind(data, "engine", str),
            history=trusted.history(trusted.of_kind(data, "history", dict)),
            fingerprint=trusted.of_kind(data, "fingerprint", dict),
            remembered=trusted.of_kind(data, "callbacks", dict),
            kept=kept or {},
        )
        if unknown := made.kept.keys() - made.remembered.keys():
            raise ValueError(f"{min(unknown)} keeps arrays, and the run remembers no such callback")
        if [row.epoch for row in made.history] != list(range(1, made.epoch + 1)):
            raise ValueError(f"the history must hold the epochs 1 to {made.epoch}")
        return made


def by_name(callbacks: Sequence[Callback]) -> dict[str, Remembers]:
    """Give the callbacks that remember numbers by class; a second one of a class is `EarlyStopping:2`."""
    named: dict[str, Remembers] = {}
    for callback in callbacks:
        if isinstance(callback, Remembers):
            name = type(callback).__name__
            count = sum(key.partition(":")[0] == name for key in named)
            named[f"{name}:{count + 1}" if count else name] = callback
    return named


def _restore(key: str, callback: Remembers, state: dict[str, Any], arrays: dict[str, Array]) -> None:
    try:
        callback.restore(state)
        if isinstance(callback, Keeps):
            callback.restore_arrays(arrays)
    except CheckpointError:
        raise
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(
            f"what the checkpoint remembers of the callback {key} does not fit it: {error!r}; "
            "give it the arguments it had, or start anew with resume=False"
        ) from error
