"""The report of a regression: how far the values are off."""

import math
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_model.metrics import checks, record, tables


@dataclass(frozen=True, slots=True)
class RegressionReport:
    """How far predicted values are from true ones.

    MAE = mean |y - t|,  RMSE = sqrt(mean (y - t)^2),  R2 = 1 - sum (y - t)^2 / sum (t - mean t)^2

    Parameters
    ----------
    mae
        Mean absolute error over all elements, in the unit of the targets.
    rmse
        Root of the mean squared error over all elements, in the unit of the targets. scikit-learn's
        `root_mean_squared_error` takes the mean of the outputs' own roots, which is at most as large.
    r2
        Coefficient of determination, at most 1; the mean over the outputs, as scikit-learn's `r2_score`. An
        output whose targets are all equal counts 1 if it is met exactly, else 0. A single row has no spread:
        nan, without scikit-learn's warning.
    loss
        The loss on the same rows, if it is known.
    n
        Number of rows.

    Examples
    --------
    >>> report = RegressionReport.from_values([1.0, 2.0, 3.0, 4.0], [1.5, 2.0, 3.0, 3.5], loss=0.125)
    >>> print(report)
    MAE       0.25
    RMSE  0.353553
    R2         0.9
    loss     0.125
    rows         4
    """

    mae: float
    rmse: float
    r2: float
    loss: float | None
    n: int

    @classmethod
    def from_values(cls, targets: ArrayLike, predictions: ArrayLike, loss: float | None = None) -> Self:
        """Compare predicted values with true ones, in float64.

        Parameters
        ----------
        targets, predictions
            Real numbers of one shape, `(N,)` or `(N, ...)`: the first axis counts rows, every place of the
            others is an output.
        loss
            The loss on these rows, to be shown with the rest.

        Raises
        ------
        DataError
            If there are no values, the shapes differ (nothing is broadcast), or a value is not finite.

        Examples
        --------
        >>> RegressionReport.from_values([[1.0, 5.0], [3.0, 5.0]], [[1.0, 5.0], [3.0, 5.0]]).r2
        1.0
        """
        true, predicted = checks.finite("targets", targets), checks.finite("predictions", predictions)
        checks.same_shape("targets", true, "predictions", predicted)
        n = checks.row_count("targets", true)
        true, error = true.reshape(n, -1), (predicted - true).reshape(n, -1)
        mae, rmse = float(np.mean(np.abs(error))), math.sqrt(np.mean(error**2))
        return cls(mae, rmse, _r2(true, error), None if loss is None else float(loss), n)

    def to_dict(self) -> dict[str, float | int | None]:
        """Return the fields as plain Python numbers, ready for JSON; what is not finite becomes None.

        Examples
        --------
        >>> RegressionReport.from_values([1.0], [3.0]).to_dict()
        {'mae': 2.0, 'rmse': 2.0, 'r2': None, 'loss': None, 'n': 1}
        """
        return {name: record.or_none(value) for name, value in asdict(self).items()}

    def __str__(self) -> str:
        """Return one line a number, in the order of the fields."""
        rows = [
            ("MAE", self.mae),
            ("RMSE", self.rmse),
            ("R2", self.r2),
            ("loss", self.loss),
            ("rows", self.n),
        ]
        cells = [(name, f"{value:.6g}" if name != "rows" else str(value)) for name, value in rows if value is not None]
        return "\n".join(tables.aligned([(name.ljust(4), value) for name, value in cells]))


def _r2(true: NDArray[np.float64], error: NDArray[np.float64]) -> float:
    if len(true) < 2:
        return math.nan
    left = np.sum(error**2, axis=0)
    spread = np.sum((true - true.mean(axis=0)) ** 2, axis=0)
    # The mean of equal numbers can be off by a rounding; comparing them is exact.
    constant = (spread == 0) | (true == true[0]).all(axis=0)
    exact = (left == 0).astype(np.float64)
    return float(np.mean(np.where(constant, exact, 1 - left / np.where(constant, 1, spread))))
