"""A loss by hand: check the arrays, lend the loss its work arrays, run its calls."""

import numpy as np

from nn_loss import checks
from nn_loss.protocol import Array, Loss, LossFrame

_TINY, _HUGE = 1e-200, 1e200  # times any number of rows and any class weight they stay in the range of float64


def value_and_grad(
    loss: Loss, scores: Array, targets: Array, out: Array | None = None, weights: Array | None = None
) -> float:
    """Return the value of `loss` and, if `out` is given, write its gradient with respect to the scores there.

    The losses' own method of this name calls it, and so can the method of a loss of yours.

    Parameters
    ----------
    loss
        Any object of the protocol `Loss`.
    scores
        What the last layer gave, `(rows, ...)`, float32 or float64, before any softmax or sigmoid; not written.
    targets
        Labels: integers from 0 to K - 1, of the scores' shape without its last axis K. Values: the scores'
        shape and dtype; within [0, 1] for a loss of probabilities (`link` "sigmoid"). Not written.
    out
        Where the gradient goes: contiguous, of the scores' shape and dtype. `None`: only the value is computed.
    weights
        What each row counts, `(rows,)`, in the scores' dtype: finite, at least 0, not all 0. `None`: the same.

    Returns
    -------
    float
        The loss. It is not finite if the scores are not.

    Raises
    ------
    TargetError
        The arrays do not fit together or do not fit the loss.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_loss import MSE, value_and_grad
    >>> value_and_grad(MSE(), np.array([[1.0], [5.0]]), np.array([[0.0], [1.0]]), weights=np.array([3.0, 1.0]))
    4.75
    """
    name, given = type(loss).__name__, weights
    checks.scores(name, scores)
    work = loss.scratch(scores.shape[1:])
    if loss.targets == "labels":
        checks.labels(name, scores, targets)
    else:
        checks.values(name, scores, targets, bounded=loss.link == "sigmoid")
    if weights is not None:
        checks.weights(name, scores, weights)
        weights = _within_range(weights)
    if out is not None:
        checks.out(name, scores, out, (scores, targets, given))
    f = LossFrame(
        scores=scores,
        targets=targets,
        weights=weights,
        denominator=np.array([len(scores) if weights is None else weights.sum(dtype=float)], dtype=float),
        value=np.empty(1),
        dscores=out,
        s={key: np.empty((len(scores), *a.shape), a.dtype or scores.dtype) for key, a in work.items()},
    )
    for kernel, *arguments in loss.calls(f):
        kernel(*arguments)
    return float(f.value[0])


def _within_range(weights: Array) -> Array:
    """Give weights whose sum float64 can hold: a mean does not change if all are divided by the largest."""
    return weights if _TINY < float(weights.max()) < _HUGE else weights / weights.max()
