"""The arithmetic of a report: ratios of counts, and their averages."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Averages:
    """Precision, recall and F1, averaged over the classes; each from 0 to 1."""

    precision: float
    recall: float
    f1: float


def ratios(tp: NDArray[np.int64], fp: NDArray[np.int64], fn: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return precision, recall and F1 of every class as the rows of a `(3, K)` array; 0 where the denominator is 0."""
    # Counts are whole, so where a denominator is 0 its numerator is too, and 0 / 1 is the 0 we want.
    return np.stack([tp, tp, 2 * tp]) / np.maximum([tp + fp, tp + fn, 2 * tp + fp + fn], 1)


def average(values: NDArray[np.float64], weights: NDArray[np.int64]) -> Averages:
    """Return the means of the rows of `values` `(3, K)`; without any weight they are 0."""
    precision, recall, f1 = (values @ weights / max(int(weights.sum()), 1)).tolist()
    return Averages(precision, recall, f1)
