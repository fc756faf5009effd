"""Signals in training: the step under way is finished; a second one stops at once."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

REASONS = {
    getattr(signal, name): reason
    for name, reason in (("SIGINT", "interrupted"), ("SIGTERM", "terminated"), ("SIGHUP", "hung up"))
    if hasattr(signal, name)  # Windows has no SIGHUP
}
"""Why training ended, by the signal that ended it."""


@contextmanager
def interruptible() -> Iterator[Callable[[], str | None]]:
    """Give a function that says which signal came, in words.

    SIGTERM and SIGHUP are sent on when training is over: they ask the process to end, and training only defers that.
    Signals that the process ignores stay ignored. Outside the main thread none is caught.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in REASONS}
    # A handler that Python did not install (None) could not be put back.
    caught = [number for number, handler in before.items() if handler not in (signal.SIG_IGN, None)]

    def note(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the signature of a handler
        if came:
            _send(number, before[number])
        came.append(number)

    for number in caught:
        signal.signal(number, note)
    try:
        yield lambda: REASONS[signal.Signals(came[0])] if came else None
    finally:
        for number in caught:
            signal.signal(number, before[number])
        for number in came:
            if number != signal.SIGINT:
                signal.raise_signal(number)


def _send(number: int, handler: Any) -> None:
    """Do what the signal would have done without us; for an interrupt, end this call of `fit`."""
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    signal.signal(number, handler)
    signal.raise_signal(number)
