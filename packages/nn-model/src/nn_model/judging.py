"""Scores that are already there, judged: their loss, and how many are right."""

import numpy as np

from nn_layers.calls import bind, run
from nn_loss import Loss
from nn_loss.protocol import LossFrame
from nn_model.arrays import Array
from nn_model.targets import Coding


def loss_of(loss: Loss, coding: Coding, scores: Array, given: Array) -> float:
    """Give the loss of scores against checked targets, without a gradient."""
    targets = _targets(coding, given)
    scratch = {
        n: np.empty((len(scores), *s.shape), s.dtype or scores.dtype) for n, s in loss.scratch(scores.shape[1:]).items()
    }
    value = np.zeros(1)
    frame = LossFrame(scores, targets, None, np.full(1, float(len(scores))), value, None, scratch)
    run(bind(loss.calls(frame)))
    return float(value[0])


def share_right(coding: Coding, scores: Array, given: Array) -> float | None:
    """Give the share of right answers; `None` for regression."""
    scratch = {n: np.empty((len(scores), *s.shape), s.dtype or scores.dtype) for n, s in coding.scratch().items()}
    correct = np.full(1, np.nan)
    run(bind(coding.count(scores, given, scratch, correct)))
    return None if np.isnan(correct[0]) else float(correct[0])


def _targets(coding: Coding, given: Array) -> Array:
    wanted = coding.target()
    if wanted is None:
        return given
    targets = np.empty((len(given), *wanted.shape), wanted.dtype)
    run(bind(coding.spread(given, targets)))
    return targets
