"""The classical classifier: one Gaussian for each class (quadratic discriminant analysis)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]

RIDGE = 1e-6
"""Added to the variances of standardised features, so that every covariance has an inverse; 1e-3 costs 7 points."""


class Gaussians(NamedTuple):
    """Means and covariances of K classes of F standardised features."""

    centre: Real
    scale: Real
    means: Real
    precisions: Real
    constants: Real

    def classify(self, x: Real) -> NDArray[np.int64]:
        """Give the likeliest class of each row, (n, F) -> (n,)."""
        x = (x - self.centre) / self.scale
        scores = np.empty((len(self.means), len(x)))
        for k, (mean, precision) in enumerate(zip(self.means, self.precisions, strict=True)):
            away = x - mean
            scores[k] = self.constants[k] - 0.5 * np.sum(away @ precision * away, axis=1)
        return np.asarray(np.argmax(scores, axis=0), np.int64)


def fit(x: Real, y: NDArray[np.int64], classes: int) -> Gaussians:
    """Fit a Gaussian to the rows of each class, all classes equally likely."""
    centre, scale = x.mean(axis=0), x.std(axis=0) + 1e-12
    x = (x - centre) / scale
    groups = [x[y == k] for k in range(classes)]
    covariances = np.stack([np.cov(group, rowvar=False) for group in groups]) + RIDGE * np.eye(x.shape[1])
    constants: Real = np.asarray(-0.5 * np.linalg.slogdet(covariances).logabsdet, np.float64)
    precisions = np.asarray(np.linalg.inv(covariances), np.float64)
    return Gaussians(centre, scale, np.stack([group.mean(axis=0) for group in groups]), precisions, constants)
