"""What callbacks are told, and what they may answer."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from nn_model.arrays import Array

if TYPE_CHECKING:
    from nn_model.network import NN
    from nn_model.train.history import History, Row

Kind = Literal["start", "steps", "epoch", "end"]


@dataclass(frozen=True, slots=True)
class Event:
    """A moment of training.

    Attributes
    ----------
    kind
        `"start"`, `"steps"` (after a burst of steps), `"epoch"` (after the last step of one and its validation), and
        `"end"`, which comes whatever happened.
    nn
        The network; to be read, not trained.
    epoch, epochs
        Epochs completed, and asked for.
    batch, batches
        Batches done of the epoch under way, and in every epoch.
    step
        Updates made in the network's life.
    loss
        Mean training loss of the epoch so far; NaN where it has no step yet.
    lr
        The rate of the last update; 0 before the first.
    history
        All completed epochs, earlier runs' too.
    validation
        Whether every epoch is judged on validation rows.
    row
        The epoch just completed; `None` but at `"epoch"`.
    reason
        Why training ended; `None` before `"end"`, and there if all epochs were done.
    failed
        Whether it ended by an exception.
    """

    kind: Kind
    nn: "NN"
    epoch: int
    epochs: int
    batch: int
    batches: int
    step: int
    loss: float
    lr: float
    history: "History"
    validation: bool
    row: "Row | None" = None
    reason: str | None = None
    failed: bool = False

    @property
    def fresh(self) -> bool:
        """Whether the run has made no step yet: at `"start"`, that it is not a resumed one."""
        return self.epoch == 0 and self.batch == 0


@dataclass(frozen=True, slots=True)
class Stop:
    """The answer that ends training, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Rate:
    """The answer that sets the learning rate from now on, in the optimizer's place; `None` gives it back."""

    lr: float | None


Answer = Stop | Rate | None


class Callback(Protocol):
    """Anything that can be called with an event: a function will do.

    A callback may have attributes, all of them optional. `every`: it is told after just every so many steps. `saves`:
    it writes checkpoints, and so is told after the others, whose numbers it saves. `prints`: it prints the epochs'
    lines, so that `fit` does not. One that keeps numbers of its own has `state()` and `restore(state)`, so that a
    resumed run continues them; one that keeps the network's arrays as they were, too, has `arrays()` and
    `restore_arrays(arrays)` beside these.
    """

    def __call__(self, event: Event, /) -> Answer:
        """Take note of an event, and perhaps answer."""
        ...


@runtime_checkable
class Remembers(Protocol):
    """A callback whose numbers belong into a checkpoint."""

    def state(self) -> dict[str, Any]:
        """Give the numbers, as JSON can hold them."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Take them back; they come from a file, and are to be checked."""
        ...


@runtime_checkable
class Keeps(Protocol):
    """A callback that remembers, and has arrays that belong into a checkpoint as tensors."""

    def arrays(self) -> dict[str, Array]:
        """Give arrays of the names, shapes and dtype of `nn.weights()`: all of them, or none."""
        ...

    def restore_arrays(self, arrays: dict[str, Array]) -> None:
        """Take them back, after `restore`; they are to be copied before they are written to."""
        ...
