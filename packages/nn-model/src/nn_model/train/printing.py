"""The lines that a run prints."""

from nn_model.train.events import Event
from nn_model.train.history import epoch_line


def print_epochs(event: Event) -> None:
    """Print a line for every epoch, and why training ended early."""
    if event.kind == "epoch" and event.row is not None:
        print(epoch_line(event.row, event.epochs, event.history.measured(event.row)), flush=True)
    elif event.kind == "end" and event.reason and not event.failed:
        print(event.reason[:1].upper() + event.reason[1:], flush=True)
    elif event.kind == "start" and not event.fresh and event.epoch < event.epochs:
        print(f"Resumed in epoch {event.epoch + 1}, batch {event.batch + 1}", flush=True)
