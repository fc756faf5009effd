"""Confusion matrices: how often each class was taken for which."""

import operator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn_model.errors import DataError
from nn_model.metrics import checks


def confusion_matrix(labels: ArrayLike, predictions: ArrayLike, n_classes: int) -> NDArray[np.int64]:
    """Count how often class i was taken for class j.

    C[i, j] = the number of rows whose label is i and whose prediction is j

    Parameters
    ----------
    labels
        True classes `(N,)`, integers from 0 to `n_classes - 1`. N may be 0: the counts of batches add up.
    predictions
        Predicted classes `(N,)`, likewise.
    n_classes
        K, at least 1.

    Returns
    -------
    ndarray
        int64 `(K, K)`: a row is a true class, a column a predicted class.

    Raises
    ------
    DataError
        If the shapes differ or are not `(N,)`, or a value is no index of a class.

    Notes
    -----
    The matrix of scikit-learn's `confusion_matrix(labels, predictions, labels=range(K))`. scikit-learn leaves
    out classes that occur nowhere unless told of them; here they always have their row and column.

    Examples
    --------
    >>> confusion_matrix([0, 0, 1, 2], [0, 1, 1, 0], n_classes=3)
    array([[1, 1, 0],
           [0, 1, 0],
           [1, 0, 0]])
    """
    k = operator.index(n_classes)
    if k < 1:
        raise DataError(f"n_classes must be at least 1; got {k}")
    true = checks.class_indices("labels", labels, k)
    predicted = checks.class_indices("predictions", predictions, k)
    checks.same_shape("labels", true, "predictions", predicted)
    return np.bincount(true * k + predicted, minlength=k * k).reshape(k, k).astype(np.int64, copy=False)


def multilabel_confusion(targets: ArrayLike, predictions: ArrayLike) -> NDArray[np.int64]:
    """Count, for each label by itself, the four outcomes of a yes-or-no answer.

    C[k] = [[TN, FP], [FN, TP]] of column k

    Parameters
    ----------
    targets
        `(N, K)` of 0s and 1s (or booleans): whether row n carries label k. N may be 0.
    predictions
        `(N, K)` of 0s and 1s (or booleans), likewise.

    Returns
    -------
    ndarray
        int64 `(K, 2, 2)`, as scikit-learn's `multilabel_confusion_matrix`.

    Raises
    ------
    DataError
        If the shapes differ or are not `(N, K)`, or a value is neither 0 nor 1.

    Examples
    --------
    >>> multilabel_confusion([[1, 0], [1, 1]], [[1, 0], [0, 1]]).tolist()
    [[[0, 0], [1, 1]], [[1, 0], [0, 1]]]
    """
    true = checks.zero_one("targets", targets)
    predicted = checks.zero_one("predictions", predictions)
    checks.same_shape("targets", true, "predictions", predicted)
    tp = np.count_nonzero(true & predicted, axis=0)
    fp = np.count_nonzero(predicted, axis=0) - tp
    fn = np.count_nonzero(true, axis=0) - tp
    counts = np.array([len(true) - tp - fp - fn, fp, fn, tp], dtype=np.int64)
    return counts.T.reshape(-1, 2, 2).copy()
