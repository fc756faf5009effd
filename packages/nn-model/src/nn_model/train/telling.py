"""Callbacks, asked one by one: what they may be, what they may answer, and what becomes of their errors."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nn_model.errors import CallbackError, CheckpointError, DataError, DivergedError, PartError
from nn_model.extras import MissingExtraError
from nn_model.train.arguments import check_whole
from nn_model.train.events import Answer, Callback, Event, Rate, Stop

OURS = (CheckpointError, DataError, DivergedError, MissingExtraError, PartError)
"""Errors whose messages are written for the person who calls `fit`; the callback is named beside them."""


def in_order(callbacks: Any) -> list[Callback]:
    """Check callbacks, and put those that save behind all others: what they save is what those have noted.

    Raises
    ------
    PartError
        No list of callbacks; a class where an object belongs; a number of steps that is none.
    """
    if not isinstance(callbacks, list | tuple):
        raise PartError(f"callbacks must be a list; got {callbacks!r}; write callbacks=[...]")
    for i, callback in enumerate(callbacks):
        if isinstance(callback, type):
            raise PartError(f"callbacks[{i}] is the class {callback.__name__}; write {callback.__name__}(...)")
        if not callable(callback):
            raise PartError(f"callbacks[{i}] must be a callback, which can be called with an event; got {callback!r}")
        if getattr(callback, "every", None) is not None:
            check_whole(f"callbacks[{i}].every", callback.every)
    _check_apart(callbacks)
    return sorted(callbacks, key=saves)


def _check_apart(callbacks: list[Callback] | tuple[Callback, ...]) -> None:
    """Refuse two callbacks of one kind, or two of ours, that write to one path, or measure under one name."""
    seen: dict[tuple[Any, str], int] = {}
    for i, callback in enumerate(callbacks):
        path, name = getattr(callback, "path", None), getattr(callback, "name", None)
        target = str(Path(path).absolute()) if isinstance(path, str | Path) else name
        if target is None:
            continue
        first = seen.setdefault((_owner(callback), target), i)
        if type(callbacks[first]) is not type(callback):
            raise PartError(f"callbacks[{i}] is for {target!r}, and so is callbacks[{first}]; give each its own")
        if first < i:
            raise PartError(f"callbacks[{i}] is the second {name_of(callback)} for {target!r}; give each its own")


def _owner(callback: Callback) -> Any:
    """Say who must share no path with whom: callbacks of ours, or those of one class."""
    ours = type(callback).__module__.startswith("nn_model.train.") and hasattr(callback, "path")
    return "ours" if ours else type(callback)


def note_best(callbacks: Sequence[Callback], event: Event) -> None:
    """Let those that save judge an epoch before the first of them writes."""
    for callback in callbacks:
        if saves(callback) and hasattr(callback, "note"):
            callback.note(event)


def saves(callback: Callback) -> bool:
    """Whether a callback writes checkpoints that a run may be resumed from."""
    return bool(getattr(callback, "saves", False))


def every_of(callback: Callback) -> int:
    """Give the number of steps that a callback wants between two of its turns; 0 if it does not mind."""
    return int(getattr(callback, "every", None) or 0)


def name_of(callback: Callback) -> str:
    """Name a callback: a function's own name, or its class."""
    return str(getattr(callback, "__name__", type(callback).__name__))


def ask(callback: Callback, event: Event) -> Answer:
    """Tell a callback what happened and give its answer.

    Raises
    ------
    CallbackError
        It failed, or answered what is no answer; errors of ours go through, with a note that names it.
    """
    place = f"the callback {name_of(callback)} failed at {event.kind!r}, epoch {event.epoch}, step {event.step}"
    try:
        return _checked(callback(event))
    except OURS as error:
        error.add_note(place)
        raise
    except Exception as error:
        raise CallbackError(f"{place}: {error!r}; training was stopped, and what has been saved stays") from error


def _checked(answer: Any) -> Answer:
    if answer is None or (isinstance(answer, Stop) and isinstance(answer.reason, str)):
        return answer
    if isinstance(answer, Rate) and (answer.lr is None or _is_rate(answer.lr)):
        return Rate(None if answer.lr is None else float(answer.lr))
    raise ValueError(
        f"it answered {answer!r}; an answer is None, Stop(reason) with a text, "
        "or Rate(lr) with a finite number of at least 0"
    )


def _is_rate(lr: Any) -> bool:
    return (
        isinstance(lr, float | int | np.floating | np.integer) and not isinstance(lr, bool) and bool(0 <= lr < math.inf)
    )
