"""Binary cross-entropy of scores z and targets y, in a form where no term cancels another or overflows.

With e = exp(-|z|), step = [z > 0] and c = step - y: value = sum share * (c z + log(1 + e)), where both terms
are at least 0; sigmoid(z) = max(step, e) / (1 + e); gradient = share * (sigmoid(z) - y).

A positive weight p makes that c = q step - b, value = sum share * (c z + q log(1 + e)) and
gradient = share * (q sigmoid(z) - b), with b = p y and q = 1 - y + p y.
"""

import numpy as np

from nn_loss.kernels import sums
from nn_loss.protocol import Array


def value(
    scores: Array, targets: Array, share: Array, value: Array, e: Array, step: Array, terms: Array, work: Array
) -> None:
    """Write the value; leaves `e` and `step`."""
    _exp_and_step(scores, e, step)
    np.subtract(step, targets, out=terms)
    np.multiply(terms, scores, out=terms)
    np.log1p(e, out=work)
    np.add(terms, work, out=terms)
    value[0] = sums.weighted(terms, share)


def grad(targets: Array, share: Array, e: Array, step: Array, dscores: Array) -> None:
    """Write the gradient from what `value` left."""
    _sigmoid(e, step, dscores)
    np.subtract(dscores, targets, out=dscores)
    np.multiply(dscores, share, out=dscores)


def balance(targets: Array, positive: Array, b: Array, q: Array) -> None:
    """Write b = p y and q = 1 - y + p y, for positive weights `(1,)` or one per output."""
    np.multiply(targets, positive, out=b)
    np.subtract(1.0, targets, out=q)
    np.add(q, b, out=q)


def balanced_value(
    scores: Array,
    b: Array,
    q: Array,
    share: Array,
    value: Array,
    e: Array,
    step: Array,
    terms: Array,
    work: Array,
) -> None:
    """Write the value under a positive weight; leaves `e` and `step`."""
    _exp_and_step(scores, e, step)
    np.multiply(step, q, out=terms)
    np.subtract(terms, b, out=terms)
    np.multiply(terms, scores, out=terms)
    np.log1p(e, out=work)
    np.multiply(work, q, out=work)
    np.add(terms, work, out=terms)
    value[0] = sums.weighted(terms, share)


def balanced_grad(b: Array, q: Array, share: Array, e: Array, step: Array, dscores: Array) -> None:
    """Write the gradient under a positive weight from what `balanced_value` left."""
    _sigmoid(e, step, dscores)
    np.multiply(dscores, q, out=dscores)
    np.subtract(dscores, b, out=dscores)
    np.multiply(dscores, share, out=dscores)


def _exp_and_step(scores: Array, e: Array, step: Array) -> None:
    np.abs(scores, out=e)
    np.negative(e, out=e)
    np.exp(e, out=e)
    np.greater(scores, 0.0, out=step)


def _sigmoid(e: Array, step: Array, sigmoid: Array) -> None:
    np.maximum(step, e, out=sigmoid)
    np.add(e, 1.0, out=e)
    np.divide(sigmoid, e, out=sigmoid)
