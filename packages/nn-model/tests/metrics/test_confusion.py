"""Confusion matrices against scikit-learn, and what they refuse."""

from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from nn_model.errors import DataError
from nn_model.metrics import confusion_matrix, multilabel_confusion

INTEGERS = st.sampled_from(["int8", "uint8", "int16", "int32", ">i4", "int64", "uint64"])


@st.composite
def labelled(draw: st.DrawFn) -> tuple[Any, Any, int]:
    """Draw true and predicted labels, often with classes that nobody has."""
    k = draw(st.sampled_from([1, 2, 3, 10, 100]))
    some = draw(st.lists(st.integers(0, k - 1), min_size=1, max_size=5))
    pairs = draw(st.lists(st.tuples(st.sampled_from(some), st.sampled_from(some)), min_size=1, max_size=60))
    labels, predictions = np.array(pairs, dtype=draw(INTEGERS)).T
    return labels, predictions, k


@given(labelled())
def test_rows_are_true_classes_as_in_scikit_learn(case: tuple[Any, Any, int]) -> None:
    labels, predictions, k = case
    found = confusion_matrix(labels, predictions, k)
    assert found.dtype == np.int64
    assert found.shape == (k, k)
    # One class more than there is, for scikit-learn warns of a matrix of one class.
    expected = sklearn.metrics.confusion_matrix(labels, predictions, labels=np.arange(k + 1))
    np.testing.assert_array_equal(found, expected[:k, :k])


def test_small_integers_do_not_wrap_around() -> None:
    found = confusion_matrix(np.array([99], np.uint8), np.array([98], np.uint8), 100)
    assert found[99, 98] == found.sum() == 1


def test_matrices_of_batches_add_up_and_an_empty_batch_counts_nothing() -> None:
    labels, predictions = np.array([0, 2, 1, 2]), np.array([0, 1, 1, 2])
    parts = [confusion_matrix(labels[i:j], predictions[i:j], 3) for i, j in ((0, 3), (3, 4), (4, 4))]
    np.testing.assert_array_equal(sum(parts), confusion_matrix(labels, predictions, 3))
    assert confusion_matrix([], [], 3).sum() == 0


@pytest.mark.parametrize(
    ("labels", "predictions", "k", "message"),
    [
        ([0, 1, 5], [0, 1, 1], 3, r"labels must be class indices from 0 to 2; labels\[2\] is 5"),
        ([0, 1, 2], [0, -1, 1], 3, r"predictions must be class indices from 0 to 2; predictions\[1\] is -1"),
        (np.array([2**63], np.uint64), [0], 3, r"labels\[0\] is 9223372036854775808"),
        ([0, 1], [0], 2, r"labels and predictions must have one shape; got \(2,\) and \(1,\)"),
        ([[0], [1]], [0, 1], 2, r"labels must have the shape \(N,\).*got \(2, 1\)"),
        ([0.0, 1.0], [0, 1], 2, r"labels must be integer class indices; got float64; .*labels.astype\(int\)"),
        ([0, 1], [False, True], 2, r"predictions must be integer class indices; got bool"),
        (["a"], [0], 2, "labels must be integer class indices; got <U1"),
        ([0], [0], 0, "n_classes must be at least 1; got 0"),
    ],
)
def test_refuses_what_is_no_class_index(labels: Any, predictions: Any, k: int, message: str) -> None:
    with pytest.raises(DataError, match=message):
        confusion_matrix(labels, predictions, k)


@given(st.integers(1, 6), st.integers(1, 30), st.floats(0, 1), st.integers(0, 2**32 - 1), st.booleans())
def test_multilabel_counts_are_those_of_scikit_learn(k: int, n: int, share: float, seed: int, flat: bool) -> None:
    rng = np.random.default_rng(seed)
    targets, predictions = (rng.random((2, n, k)) < share).astype(np.float32)
    if flat:
        predictions[:] = 0
    found = multilabel_confusion(targets, predictions.astype(np.bool_))
    assert found.dtype == np.int64
    # scikit-learn takes a single column for plain binary labels, whose matrix for class 1 is the label's.
    expected = sklearn.metrics.multilabel_confusion_matrix(targets, predictions, labels=[1] if k == 1 else None)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("targets", "predictions", "message"),
    [
        ([[0, 1], [1, 2]], [[0, 1], [1, 1]], r"targets must hold 0s and 1s only; targets\[1, 1\] is 2"),
        ([[0, 1]], [[0.2, 0.9]], r"predictions\[0, 0\] is 0.2; compare probabilities with a threshold first"),
        ([[0.0, float("nan")]], [[0, 1]], r"targets\[0, 1\] is nan"),
        ([[0, 1]], [[0, 1, 1]], r"targets and predictions must have one shape; got \(1, 2\) and \(1, 3\)"),
        ([0, 1], [0, 1], r"targets must have the shape \(N, K\).*got \(2,\)"),
        (np.zeros((3, 0)), np.zeros((3, 0)), r"targets must have the shape \(N, K\).*got \(3, 0\)"),
    ],
)
def test_multilabel_refuses_what_is_neither_zero_nor_one(targets: Any, predictions: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        multilabel_confusion(targets, predictions)
