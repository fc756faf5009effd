"""Arrays that do not fit are refused with one sentence: the rule, what came, the remedy."""

from typing import Any

import numpy as np
import pytest

from nn_loss import MAE, MSE, BinaryCrossEntropy, CrossEntropy, Huber, Loss, TargetError

Z = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
READ_ONLY = np.empty((2, 3))
READ_ONLY.flags.writeable = False


@pytest.mark.parametrize(
    ("loss", "scores", "targets", "message"),
    [
        (MSE(), np.ones((2, 1)), np.ones(2), r"MSE: targets must .* \(2, 1\) and are never broadcast, got float64 of"),
        (MAE(), np.ones(2), np.ones((2, 1)), r"write np.reshape\(targets, \(2,\)\)"),
        (Huber(), Z, [[1.0] * 3] * 2, "got list"),
        (MSE(), Z.astype("f4"), Z, r"dtype float32, got float64; write targets.astype\(scores.dtype\)"),
        (MSE(), Z, np.where(Z == 5.0, np.nan, Z), "targets must be finite, got nan at row 1"),
        (BinaryCrossEntropy(), Z, Z / 3, "targets must be from 0 to 1, got 1.33.* at row 1"),
        (BinaryCrossEntropy(), Z, -Z, "targets must be from 0 to 1, got -1.0 at row 0"),
        (MSE(), np.empty((0, 3)), np.empty((0, 3)), r"at least one row, got scores of shape \(0, 3\)"),
        (MSE(), np.float64(3.0) + np.zeros(()), np.zeros(()), "scores must be|at least one row"),
        (MSE(), [[1.0]], np.ones((1, 1)), "scores must be a float32 or float64 array, got list"),
        (MSE(), np.ones((1, 1), int), np.ones((1, 1), int), "got int64 of shape"),
        (MSE(), np.ones((1, 1), "f2"), np.ones((1, 1), "f2"), "got float16"),
        (CrossEntropy(), Z, np.array([0.0, 1.0]), r"integer array, got float64 .*write np.asarray\(labels\).astype"),
        (CrossEntropy(), Z, np.array([True, False]), "integer array, got bool"),
        (CrossEntropy(), Z, [0, 1], "integer array, got list"),
        (CrossEntropy(), Z, np.array([[0], [1]]), r"must have shape \(2,\), got \(2, 1\); write labels.reshape"),
        (CrossEntropy(), Z, np.eye(3, dtype=int)[:2], r"write labels.argmax\(axis=-1\)"),
        (CrossEntropy(), Z, np.array([0, 3]), "from 0 to 2, .* got 3 at row 1"),
        (CrossEntropy(), Z, np.array([-1, 0]), "from 0 to 2, .* got -1 at row 0"),
        (CrossEntropy(), Z[:, :1], np.array([0, 0]), "at least 2 classes, .*use BinaryCrossEntropy"),
        (CrossEntropy(), Z[:, 0], np.array([0, 0]), "at least 2 classes"),
        (CrossEntropy(class_weights=(1.0, 2.0)), Z, np.array([0, 1]), "one number per class, got 2 for 3 classes"),
        (BinaryCrossEntropy((1.0, 2.0)), Z, np.ones((2, 3)), "one number per output, got 2 for rows"),
        (BinaryCrossEntropy((1.0, 2.0)), Z[:, 0], np.ones(2), "one number per output"),
    ],
)
def test_scores_and_targets(loss: Loss, scores: Any, targets: Any, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        loss.value_and_grad(scores, targets)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, 1.0], "one number per row, float64 of shape .*, got list"),
        (np.ones(3), r"got float64 of shape \(3,\)"),
        (np.ones((2, 1)), r"got float64 of shape \(2, 1\)"),
        (np.ones(2, "f4"), r"got float32 .*write np.asarray\(weights, dtype=scores.dtype\)"),
        (np.array([1.0, -1.0]), "finite and at least 0, got -1.0 at row 1"),
        (np.array([np.nan, 1.0]), "finite and at least 0, got nan at row 0"),
        (np.array([np.inf, 1.0]), "got inf at row 0"),
        (np.zeros(2), "must not all be 0"),
    ],
)
def test_weights(weights: Any, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        CrossEntropy().value_and_grad(Z, np.array([0, 1]), weights=weights)


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ([0.0], "out must have the shape and dtype of the scores, float64 of shape .*got list"),
        (np.empty((3, 2)), r"got float64 of shape \(3, 2\); write np.empty_like\(scores\)"),
        (np.empty((2, 3), "f4"), "got float32"),
        (np.empty((3, 2)).T, "contiguous and writable"),
        (READ_ONLY, "contiguous and writable"),
        (Z, "memory of its own"),
    ],
)
def test_out(out: Any, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        MSE().value_and_grad(Z, np.ones((2, 3)), out=out)


def test_every_message_is_a_value_error_on_one_line() -> None:
    with pytest.raises(ValueError, match=r"^CrossEntropy: .*; .*$") as caught:
        CrossEntropy().value_and_grad(Z, np.array([0, 9]))
    assert "\n" not in str(caught.value)


def test_views_are_read_as_they_are() -> None:
    scores = np.arange(24.0).reshape(4, 6)[::2, ::2]
    labels = np.array([0, 9, 2, 9])[::2]
    out = np.empty((2, 3))
    expected = np.empty((2, 3))
    value = CrossEntropy().value_and_grad(scores, labels, out=out)
    assert value == CrossEntropy().value_and_grad(scores.copy(), labels.copy(), out=expected)
    np.testing.assert_array_equal(out, expected)
