"""The report of a classifier: confusion matrix, the ratios of each class, averages, accuracy and loss."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_model.errors import DataError
from nn_model.metrics import checks, record, tables
from nn_model.metrics.confusion import confusion_matrix, multilabel_confusion
from nn_model.metrics.nn_rs_text import nn_rs_text
from nn_model.metrics.ratios import Averages, average, ratios


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Report:
    r"""What a classifier got right and wrong, class by class.

    precision = TP / (TP + FP),  recall = TP / (TP + FN),  F1 = 2 TP / (2 TP + FP + FN)

    Made by `from_labels` or `from_multilabel`; `print(report)` shows it as tables. Its arrays cannot be written to.
    Two reports are equal if matrix, accuracy, loss and classes are: the rest follows from these.

    Parameters
    ----------
    confusion_matrix
        int64 `(K, K)`, a row a true class, a column a predicted class. Of a multi-label report `(K, 2, 2)`, for
        each label `[[TN, FP], [FN, TP]]`.
    TP, FP, FN, TN
        True and false positives, false and true negatives of each class, int64 `(K,)`.
    precision, recall, f1
        Ratios of each class, float64 `(K,)`, from 0 to 1. Where the denominator is 0 (a class never predicted, or
        absent from the labels) the ratio is 0 and nothing warns, as with scikit-learn's `zero_division=0`.
    support
        Rows that truly belong to each class, int64 `(K,)`.
    macro
        Plain means over all K classes, absent ones with their zeros. scikit-learn leaves out a class that is
        neither in the labels nor in the predictions, unless its argument `labels` names it.
    weighted
        Means weighted with the support.
    accuracy
        Share of rows that are right, from 0 to 1; of a multi-label report, of rows with every label right.
    loss
        The loss on the same rows, if it is known.
    classes
        K names, in the order of the indices.

    Examples
    --------
    >>> report = Report.from_labels([0, 0, 1, 1, 1], [0, 1, 1, 1, 1], ("cat", "dog"), loss=0.25)
    >>> report.recall
    array([0.5, 1. ])
    >>> print(report)
    true \ predicted  cat  dog
                 cat    1    1
                 dog    0    3
    <BLANKLINE>
           class  TP  FP  FN  TN  precision  recall      F1  support
             cat   1   0   1   3     1.0000  0.5000  0.6667        2
             dog   3   1   0   1     0.7500  1.0000  0.8571        3
    <BLANKLINE>
       macro avg                     0.8750  0.7500  0.7619        5
    weighted avg                     0.8500  0.8000  0.7810        5
    <BLANKLINE>
    accuracy  80.00% (4 of 5 right)
    loss      0.25
    """

    confusion_matrix: NDArray[np.int64]
    TP: NDArray[np.int64]
    FP: NDArray[np.int64]
    FN: NDArray[np.int64]
    TN: NDArray[np.int64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    support: NDArray[np.int64]
    macro: Averages
    weighted: Averages
    accuracy: float
    loss: float | None
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        """Own every array and lock it."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                own = value.copy()
                own.flags.writeable = False
                object.__setattr__(self, field.name, own)

    @classmethod
    def from_labels(
        cls, labels: ArrayLike, predictions: ArrayLike, classes: Sequence[object], loss: float | None = None
    ) -> Self:
        """Compare predicted classes with true ones.

        Parameters
        ----------
        labels, predictions
            Class indices `(N,)`, integers from 0 to K - 1, N at least 1.
        classes
            K distinct names.
        loss
            The loss on these rows, to be shown with the rest.

        Raises
        ------
        DataError
            If there are no rows, the shapes differ, a name is blank or comes twice, or a value is no class's index.

        Examples
        --------
        >>> Report.from_labels([0, 1, 2], [0, 2, 2], ("a", "b", "c"))
        <Report classes=3 rows=3 accuracy=66.67%>
        """
        names = checks.class_names(classes)
        matrix = confusion_matrix(labels, predictions, len(names))
        total = _row_count(matrix)
        tp = matrix.diagonal()
        fp, fn = matrix.sum(axis=0) - tp, matrix.sum(axis=1) - tp
        counts = (tp, fp, fn, total - tp - fp - fn)
        return cls._from_counts(matrix, counts, int(tp.sum()) / total, names, loss)

    @classmethod
    def from_multilabel(
        cls, targets: ArrayLike, predictions: ArrayLike, classes: Sequence[object], loss: float | None = None
    ) -> Self:
        """Compare predicted sets of labels with true ones.

        Parameters
        ----------
        targets, predictions
            `(N, K)` of 0s and 1s, a column a label, N at least 1.
        classes
            K distinct names.
        loss
            The loss on these rows, to be shown with the rest.

        Raises
        ------
        DataError
            If there are no rows, the shapes differ, the names are not K, or a value is neither 0 nor 1.

        Examples
        --------
        >>> Report.from_multilabel([[1, 0], [1, 1]], [[1, 0], [0, 1]], ("urgent", "bill"))
        <Report classes=2 rows=2 accuracy=50.00%>
        """
        names = checks.class_names(classes)
        matrix = multilabel_confusion(targets, predictions)
        _row_count(matrix[0])
        if len(matrix) != len(names):
            raise DataError(f"classes must name every column; got {len(names)} names for {len(matrix)} columns")
        tn, fp, fn, tp = matrix.reshape(-1, 4).T
        right = (np.asarray(targets) == np.asarray(predictions)).all(axis=1)
        return cls._from_counts(matrix, (tp, fp, fn, tn), float(right.mean()), names, loss)

    @classmethod
    def _from_counts(
        cls,
        matrix: NDArray[np.int64],
        counts: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
        accuracy: float,
        classes: tuple[str, ...],
        loss: float | None,
    ) -> Self:
        tp, fp, fn, tn = counts
        values, support = ratios(tp, fp, fn), tp + fn
        precision, recall, f1 = values
        macro, weighted = average(values, np.ones_like(support)), average(values, support)
        loss = None if loss is None else float(loss)
        return cls(matrix, tp, fp, fn, tn, precision, recall, f1, support, macro, weighted, accuracy, loss, classes)

    def to_text(self, style: Literal["tables", "nn-rs"] = "tables") -> str:
        """Return the report as text.

        Parameters
        ----------
        style
            `"tables"`, as `print(report)` shows it; or `"nn-rs"`, line for line what nn-rs prints after a test, in
            float32. The loss is this report's, the mean over rows; nn-rs divides that by the number of classes.

        Raises
        ------
        DataError
            Another style, or nn-rs' of a multi-label report.

        Examples
        --------
        >>> print(Report.from_labels([0, 0, 1], [0, 1, 1], ("0", "1"), loss=0.5).to_text(style="nn-rs"))
        Confusion Matrix:
        [[1, 1],
         [0, 1]]
        Class 0: TP = 1, FP = 0, FN = 1, TN = 1
        Precision = 1
        Recall(Sensitivity) = 0.5
        F1-score: = 0.6666667
        ---------------------------------------------
        Class 1: TP = 1, FP = 1, FN = 0, TN = 1
        Precision = 0.5
        Recall(Sensitivity) = 1
        F1-score: = 0.6666667
        ---------------------------------------------
        <BLANKLINE>
        Loss: 0.5
        Accuracy: 66.66667%
        """
        if style not in ("tables", "nn-rs"):
            raise DataError(f"style must be 'tables' or 'nn-rs'; got {style!r}")
        return nn_rs_text(self) if style == "nn-rs" else tables.report_text(self)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain Python numbers, lists and dicts, ready for JSON.

        A class is a dict under its name. The keys are those of scikit-learn's
        `classification_report(output_dict=True)`, but for `f1` in place of `f1-score`, and the counts, the loss and
        the matrix besides. A loss that is not finite becomes None, since JSON has no word for it.

        Raises
        ------
        DataError
            If a class bears the name of another key, such as "accuracy".

        Examples
        --------
        >>> report = Report.from_labels([0, 1], [0, 1], ("cat", "dog"))
        >>> report.to_dict()["dog"]
        {'precision': 1.0, 'recall': 1.0, 'f1': 1.0, 'support': 1, 'TP': 1, 'FP': 0, 'FN': 0, 'TN': 1}
        """
        return record.report_record(self)

    def __str__(self) -> str:
        """Return the tables."""
        return self.to_text()

    def __repr__(self) -> str:
        """Return one line."""
        return f"<Report classes={len(self.classes)} rows={tables.rows_of(self)} accuracy={self.accuracy:.2%}>"

    def __eq__(self, other: object) -> bool:
        """Compare what all else follows from."""
        return self._key() == other._key() if isinstance(other, Report) else NotImplemented

    def __hash__(self) -> int:
        """Agree with equality."""
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        matrix = self.confusion_matrix
        return matrix.shape, matrix.tobytes(), self.accuracy, self.loss, self.classes


def _row_count(counts: NDArray[np.int64]) -> int:
    total = int(counts.sum())
    if not total:
        raise DataError("a report needs at least one row; got none; check the filter or path the data came through")
    return total
