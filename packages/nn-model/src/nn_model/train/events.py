"""What callbacks are told, and what they may answer."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from nn_model.network import NN
    from nn_model.train.history import History, Row


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
        Mean training loss of the epoch so far.
    history
        All completed epochs, earlier runs' too.
    row
        The epoch just completed; `None` but at `"epoch"`.
    reason
        Why training ended; `None` before `"end"`, and there if all epochs were done.
    failed
        Whether it ended by an exception.
    """

    kind: Literal["start", "steps", "epoch", "end"]
    nn: "NN"
    epoch: int
    epochs: int
    batch: int
    batches: int
    step: int
    loss: float
    history: "History"
    row: "Row | None" = None
    reason: str | None = None
    failed: bool = False


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

    A callback may have an attribute `every`: it is then told after just every so many steps. One that keeps numbers
    of its own has `state()` and `restore(state)`, so that a resumed run continues them.
    """

    def __call__(self, event: Event) -> Answer:
        """Take note of an event, and perhaps answer."""
        ...


class Remembers(Protocol):
    """A callback whose numbers belong into a checkpoint."""

    def state(self) -> dict[str, Any]:
        """Give the numbers, as JSON can hold them."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Take them back."""
        ...
