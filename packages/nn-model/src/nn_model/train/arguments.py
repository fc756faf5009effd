"""Arguments of training and of its callbacks, checked where a person gives them."""

import math
from typing import Any

import numpy as np

from nn_model.errors import PartError


def check_whole(name: str, value: object) -> None:
    """Check a count; raise `PartError` where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise PartError(f"{name} must be a whole number of at least 1; got {value!r}")


def check_share(name: str, value: Any) -> None:
    """Check a number in (0, 1); raise `PartError` where it is not there."""
    if not _is_number(value) or not 0 < value < 1:
        raise PartError(f"{name} must be a number between 0 and 1; got {value!r}")


def check_number(name: str, value: Any) -> None:
    """Check a finite number of at least 0; raise `PartError` where it is none."""
    if not _is_number(value) or not 0 <= value < math.inf:
        raise PartError(f"{name} must be a finite number of at least 0; got {value!r}")


def _is_number(value: Any) -> bool:
    return isinstance(value, float | int | np.floating | np.integer) and not isinstance(value, bool)


def check_choice(name: str, value: object, choices: tuple[Any, ...]) -> None:
    """Check that a value is one of a few texts or booleans; raise `PartError` where it is not."""
    if type(value) is not type(choices[0]) or value not in choices:
        raise PartError(f"{name} must be {' or '.join(map(repr, choices))}; got {value!r}")
