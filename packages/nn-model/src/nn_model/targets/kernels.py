"""The arithmetic between labels and scores: pure functions that write into their outputs and allocate nothing."""

import numpy as np

from nn_model.arrays import Array


def one_hot(labels: Array, places: Array, targets: Array) -> None:
    """labels: (rows,), places: 0..K-1 -> targets: (rows, K), 1 at the label and else 0."""
    np.equal(labels[:, np.newaxis], places, out=targets)


def column(labels: Array, targets: Array) -> None:
    """labels: (rows,) of 0 and 1 -> targets: (rows, 1)."""
    np.copyto(targets[:, 0], labels, casting="unsafe")


def count_largest(scores: Array, labels: Array, guess: Array, hit: Array, correct: Array) -> None:
    """Write the share of rows whose largest score stands at the label: the first of several equal ones counts."""
    scores.argmax(-1, guess)
    np.equal(guess, labels, out=hit)
    correct[0] = np.count_nonzero(hit) / hit.size


def count_threshold(scores: Array, labels: Array, threshold: float, hit: Array, correct: Array) -> None:
    """Write the share of rows, (rows, 1) and (rows,), whose score is above the threshold just when the label is 1."""
    np.greater(scores[:, 0], threshold, out=hit)
    np.equal(hit, labels, out=hit)
    correct[0] = np.count_nonzero(hit) / hit.size


def count_exact(scores: Array, targets: Array, hits: Array, all_right: Array, correct: Array) -> None:
    """Write the share of rows, (rows, K), in which every score is above 0 just where the target is 1."""
    np.greater(scores, 0.0, out=hits)
    np.equal(hits, targets, out=hits)
    np.logical_and.reduce(hits, axis=1, out=all_right)
    correct[0] = np.count_nonzero(all_right) / all_right.size
