"""Arguments of the workbench, checked where a person gives them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_model.data.rows import is_whole
from nn_model.errors import DataError

__all__ = ["check_choice", "check_kinds", "check_noise", "check_numbers", "check_rows", "check_whole"]

Real = NDArray[np.float64]


def check_whole(name: str, value: object, least: int, why: str = "") -> int:
    """Give a whole number of at least `least`."""
    if not is_whole(value) or value < least:
        raise DataError(
            f"{name} must be a whole number of at least {least}{why}; found {value!r}; pass for example {name}={least}"
        )
    return int(value)


def check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Refuse a value that is none of a few texts."""
    if not isinstance(value, str) or value not in choices:
        raise DataError(f"{name} must be one of {', '.join(choices)}; found {value!r}; pass one of them")


def check_kinds(kinds: object, known: Sequence[str]) -> tuple[str, ...]:
    """Give the names of kinds, each known and named once."""
    if isinstance(kinds, str) or not isinstance(kinds, Sequence) or not kinds:
        raise DataError(f'kinds must be a list of names; found {kinds!r}; pass for example ["BPSK", "noise"]')
    for kind in kinds:
        check_choice("each of kinds", kind, known)
    if len(set(kinds)) < len(kinds):
        raise DataError(f"each of kinds must be named once; found {list(kinds)!r}; leave the repeated ones out")
    return tuple(kinds)


def check_numbers(name: str, value: ArrayLike, rule: str, good: Callable[[Real], NDArray[np.bool_]]) -> Real:
    """Give a number or an array of them as float64, each of them good; NaN is never good."""
    try:
        numbers = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        numbers = np.array(np.nan)
    bad = numbers[~good(numbers)] if numbers.size else numbers
    if bad.size or not numbers.size:
        found = f"{bad.flat[0]} among {numbers.size}" if bad.size and numbers.size > 1 else repr(value)
        raise DataError(f"{name} must be {rule}; found {found}; change it")
    return numbers


def check_noise(noise_power: ArrayLike, rows: int, rule: str, good: Callable[[Real], NDArray[np.bool_]]) -> Real:
    """Give the noise's power, one for all or one per row."""
    noise = check_numbers("noise_power", noise_power, rule, good)
    if noise.ndim and noise.shape != (rows,):
        raise DataError(
            f"noise_power must be one number or one per row, shape {(rows,)}; found shape {noise.shape}; "
            "take the same rows of both"
        )
    return noise


def check_rows(z: ArrayLike) -> NDArray[np.complexfloating[Any, Any]]:
    """Give complex rows (n, L) of finite numbers as they are."""
    rows = np.asarray(z)
    if rows.ndim != 2 or 0 in rows.shape or not np.iscomplexobj(rows):
        raise DataError(
            f"z must be complex rows of shape (n, L); found {rows.dtype} of shape {rows.shape}; "
            "join the two parts as i + 1j * q, and write z[None] for a single row"
        )
    if not np.isfinite(rows).all():
        raise DataError("z must be finite; found NaN or infinity; mend or drop those rows")
    return rows
