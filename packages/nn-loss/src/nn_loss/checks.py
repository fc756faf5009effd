"""What comes from outside is checked here once; kernels trust it. One sentence each: rule, what came, remedy."""

from typing import Any

import numpy as np

from nn_loss.errors import TargetError
from nn_loss.protocol import Array


def scores(name: str, scores: Any) -> None:
    """Refuse scores that are no float32 or float64 array with at least one row."""
    if not isinstance(scores, np.ndarray) or scores.dtype not in (np.float32, np.float64):
        raise TargetError(
            f"{name}: scores must be a float32 or float64 array, got {_found(scores)}; "
            'write np.asarray(scores, dtype="float32")'
        )
    if scores.ndim == 0 or scores.size == 0:
        raise TargetError(f"{name}: a batch needs at least one row, got scores of shape {scores.shape}; leave it out")


def labels(name: str, scores: Array, labels: Any) -> None:
    """Refuse labels that are no integers, one for each row of scores, from 0 to the number of classes - 1."""
    if not isinstance(labels, np.ndarray) or labels.dtype.kind not in "iu":
        raise TargetError(
            f"{name}: labels must be an integer array, got {_found(labels)}; write np.asarray(labels).astype(int)"
        )
    wanted, classes = scores.shape[:-1], scores.shape[-1]
    if labels.shape != wanted:
        one_hot = labels.shape == scores.shape
        raise TargetError(
            f"{name}: labels for scores of shape {scores.shape} must have shape {wanted}, got {labels.shape}; "
            f"write {'labels.argmax(axis=-1)' if one_hot else f'labels.reshape({wanted})'}"
        )
    if labels.min() < 0 or labels.max() >= classes:
        at = _first((labels < 0) | (labels >= classes))
        raise TargetError(
            f"{name}: labels must be from 0 to {classes - 1}, one for each class that has a score, got "
            f"{labels[at]} at row {at[0]}; number the classes from 0, or give the last layer more outputs"
        )


def values(name: str, scores: Array, targets: Any, *, bounded: bool) -> None:
    """Refuse values that have not the scores' shape and dtype, or are not finite (`bounded`: not in [0, 1])."""
    if not isinstance(targets, np.ndarray) or targets.shape != scores.shape:
        raise TargetError(
            f"{name}: targets must have the scores' shape {scores.shape} and are never broadcast, got "
            f"{_found(targets)}; write np.reshape(targets, {scores.shape}) if each score has one"
        )
    if targets.dtype != scores.dtype:
        raise TargetError(
            f"{name}: targets must have the scores' dtype {scores.dtype}, got {targets.dtype}; "
            "write targets.astype(scores.dtype)"
        )
    low, high = (0.0, 1.0) if bounded else (-np.inf, np.inf)
    fine = np.isfinite(targets) & (targets >= low) & (targets <= high)
    if not fine.all():
        at, rule = _first(~fine), "from 0 to 1" if bounded else "finite"
        raise TargetError(f"{name}: targets must be {rule}, got {targets[at]} at row {at[0]}; mend or drop that row")


def weights(name: str, scores: Array, weights: Any) -> None:
    """Refuse weights that are not one finite number of at least 0 per row, or all 0."""
    wanted = scores.shape[:1]
    if not isinstance(weights, np.ndarray) or weights.shape != wanted or weights.dtype != scores.dtype:
        raise TargetError(
            f"{name}: weights must be one number per row, {scores.dtype} of shape {wanted}, got {_found(weights)}; "
            "write np.asarray(weights, dtype=scores.dtype)"
        )
    fine = np.isfinite(weights) & (weights >= 0)
    if not fine.all():
        row = _first(~fine)[0]
        raise TargetError(
            f"{name}: weights must be finite and at least 0, got {weights[row]} at row {row}; mend or drop that row"
        )
    if not weights.any():
        raise TargetError(f"{name}: the weights of a batch must not all be 0; leave the batch out")


def out(name: str, scores: Array, out: Any, inputs: tuple[Array | None, ...]) -> None:
    """Refuse memory for the gradient that is not like the scores, cannot be written, or is an input's."""
    if not isinstance(out, np.ndarray) or out.shape != scores.shape or out.dtype != scores.dtype:
        raise TargetError(
            f"{name}: out must have the shape and dtype of the scores, {_found(scores)}, got {_found(out)}; "
            "write np.empty_like(scores)"
        )
    if not (out.flags.c_contiguous and out.flags.writeable):
        raise TargetError(f"{name}: out must be contiguous and writable, got a view that is not; write out.copy()")
    if any(np.may_share_memory(out, array) for array in inputs if array is not None):
        raise TargetError(
            f"{name}: out must be memory of its own, got that of the scores, targets or weights; "
            "write np.empty_like(scores)"
        )


def _found(found: Any) -> str:
    return f"{found.dtype} of shape {found.shape}" if isinstance(found, np.ndarray) else type(found).__name__


def _first(fault: Array) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(fault)), fault.shape))
