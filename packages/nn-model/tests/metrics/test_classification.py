"""Reports of classifiers against scikit-learn, as values, and what they refuse."""

import copy
import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from nn_model.errors import DataError
from nn_model.metrics import Averages, Report

ARRAYS = ("confusion_matrix", "TP", "FP", "FN", "TN", "precision", "recall", "f1", "support")


def names(k: int) -> list[str]:
    return [f"class {i}" for i in range(k)]


@st.composite
def labelled(draw: st.DrawFn) -> tuple[Any, Any, int]:
    """Draw true and predicted labels, often with classes that are absent or never predicted."""
    k = draw(st.sampled_from([1, 2, 3, 10, 100]))
    true, guessed = (draw(st.lists(st.integers(0, k - 1), min_size=1, max_size=8)) for _ in range(2))
    n = draw(st.integers(1, 80))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    labels, predictions = rng.choice(true, n), rng.choice(guessed, n)
    if draw(st.booleans()):
        predictions = np.where(rng.random(n) < 0.7, labels, predictions)
    return labels, predictions, k


def oracle(labels: Any, predictions: Any, average: str | None, k: int | None) -> Any:
    classes = None if k is None else np.arange(k)
    return sklearn.metrics.precision_recall_fscore_support(
        labels, predictions, labels=classes, average=average, zero_division=0
    )


def assert_agrees(report: Report, labels: Any, predictions: Any, k: int | None) -> None:
    found = (report.precision, report.recall, report.f1, report.support)
    for ours, theirs in zip(found, oracle(labels, predictions, None, k), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-14)
    for mean, kind in ((report.macro, "macro"), (report.weighted, "weighted")):
        theirs = oracle(labels, predictions, kind, k)[:3]
        np.testing.assert_allclose(dataclasses.astuple(mean), theirs, rtol=1e-13)
    assert report.accuracy == pytest.approx(sklearn.metrics.accuracy_score(labels, predictions), rel=1e-15)


@given(labelled())
def test_ratios_are_those_of_scikit_learn(case: tuple[Any, Any, int]) -> None:
    labels, predictions, k = case
    report = Report.from_labels(labels, predictions, names(k))
    assert_agrees(report, labels, predictions, k)
    counts = sklearn.metrics.multilabel_confusion_matrix(labels, predictions, labels=np.arange(k)).reshape(-1, 4)
    np.testing.assert_array_equal(np.stack([report.TN, report.FP, report.FN, report.TP], axis=1), counts)


@given(st.integers(2, 6), st.integers(1, 30), st.floats(0, 1), st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_multilabel_ratios_are_those_of_scikit_learn(k: int, n: int, p: float, q: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    targets, predictions = (rng.random((n, k)) < p).astype(int), (rng.random((n, k)) < q).astype(int)
    report = Report.from_multilabel(targets, predictions, names(k))
    assert_agrees(report, targets, predictions, None)
    theirs = sklearn.metrics.multilabel_confusion_matrix(targets, predictions)
    np.testing.assert_array_equal(report.confusion_matrix, theirs)
    np.testing.assert_array_equal(np.stack([report.TN, report.FP, report.FN, report.TP]), theirs.reshape(-1, 4).T)


def test_single_label_of_a_multilabel_report() -> None:
    report = Report.from_multilabel([[1], [0], [1]], [[1], [1], [0]], ["spam"])
    assert (report.precision.tolist(), report.recall.tolist(), report.accuracy) == ([0.5], [0.5], 1 / 3)


def test_classes_never_seen_and_never_predicted_count_zero() -> None:
    report = Report.from_labels([0, 0, 1], [0, 2, 2], names(4))
    assert report.precision.tolist() == [1, 0, 0, 0]
    assert report.recall.tolist() == [0.5, 0, 0, 0]
    assert report.f1.tolist() == [2 / 3, 0, 0, 0]
    assert report.macro == Averages(0.25, 0.125, 1 / 6)


def test_arrays_are_locked_and_nothing_can_be_assigned() -> None:
    report = Report.from_labels([0, 1], [1, 1], names(2), loss=0.5)
    for name in ARRAYS:
        with pytest.raises(ValueError, match="read-only"):
            getattr(report, name)[...] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.accuracy = 1.0  # type: ignore[misc]  # the assignment is what must fail
    assert not hasattr(report, "__dict__")


def test_a_report_owns_its_arrays() -> None:
    report = Report.from_labels([0, 1], [1, 1], names(2))
    mine: dict[str, Any] = {name: np.array(getattr(report, name)) for name in ARRAYS}
    other = dataclasses.replace(report, **mine)
    assert other == report
    for name, array in mine.items():
        array[...] = 7
        assert not np.array_equal(getattr(other, name), array)


def test_equal_reports_are_equal_and_hash_alike() -> None:
    report = Report.from_labels([0, 1, 1], [1, 1, 0], names(2), loss=0.5)
    same = Report.from_labels(np.array([1, 1, 0], np.uint8), [0, 1, 1], tuple(names(2)), loss=0.5)
    assert report == same == copy.deepcopy(report)
    assert hash(report) == hash(same)
    others = [
        Report.from_labels([0, 1, 1], [1, 1, 1], names(2), loss=0.5),
        Report.from_labels([0, 1, 1], [1, 1, 0], ["cat", "dog"], loss=0.5),
        Report.from_labels([0, 1, 1], [1, 1, 0], names(2)),
    ]
    assert all(report != other for other in others)
    assert report != "report"


def test_classes_become_names() -> None:
    assert Report.from_labels([0, 1], [0, 1], range(2)).classes == ("0", "1")


def test_record_is_json_and_holds_every_number() -> None:
    report = Report.from_labels([0, 0, 1], [0, 1, 1], ["cat", "dog"], loss=np.float32(0.25).item())
    record = report.to_dict()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert list(record) == ["cat", "dog", "macro avg", "weighted avg", "accuracy", "loss", "confusion_matrix"]
    cat = {"precision": 1.0, "recall": 0.5, "f1": 2 / 3, "support": 2, "TP": 1, "FP": 0, "FN": 1, "TN": 1}
    assert record["cat"] == cat
    assert record["macro avg"] == {"precision": 0.75, "recall": 0.75, "f1": pytest.approx(2 / 3), "support": 3}
    assert (record["accuracy"], record["loss"]) == (2 / 3, 0.25)
    assert record["confusion_matrix"] == [[1, 1], [0, 1]]


@given(labelled())
def test_record_agrees_with_scikit_learns(case: tuple[Any, Any, int]) -> None:
    labels, predictions, k = case
    ours = Report.from_labels(labels, predictions, names(k)).to_dict()
    theirs = sklearn.metrics.classification_report(
        labels, predictions, labels=np.arange(k), target_names=names(k), output_dict=True, zero_division=0
    )
    for name in (*names(k), "macro avg", "weighted avg"):
        shared = {key.removesuffix("-score"): value for key, value in theirs[name].items()}
        assert {key: ours[name][key] for key in shared} == pytest.approx(shared, rel=1e-13)


@pytest.mark.parametrize("loss", [None, math.nan, math.inf])
def test_record_has_no_word_for_a_loss_that_is_not_finite(loss: float | None) -> None:
    record = Report.from_labels([0], [0], ["a"], loss=loss).to_dict()
    assert record["loss"] is None


def test_record_of_a_class_named_like_another_key_is_refused() -> None:
    report = Report.from_labels([0, 1], [0, 1], ["gain", "loss"])
    with pytest.raises(DataError, match="keeps the key 'loss' for itself; rename the class"):
        report.to_dict()


def test_representation_is_one_line() -> None:
    assert repr(Report.from_labels([0, 1, 1], [0, 1, 0], ["a", "b"])) == "<Report classes=2 rows=3 accuracy=66.67%>"
    assert repr(Report.from_multilabel([[0, 1, 1]], [[0, 1, 1]], ["a", "b", "c"])) == (
        "<Report classes=3 rows=1 accuracy=100.00%>"
    )


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        ([], ["a"], "a report needs at least one row; got none"),
        ([0], [], "classes must name at least one class; got none"),
        ([0], "a", r"classes must be a sequence of names; got the one string 'a'; write \('a',\)"),
        ([0], ["a", "b", "a"], "class names must be distinct and not blank; got 'a'"),
        ([0], ["a", " "], "class names must be distinct and not blank; got ' '"),
        ([0, 2], ["a", "b"], r"labels\[1\] is 2; name all classes"),
    ],
)
def test_refuses_bad_rows_and_bad_names(labels: Any, classes: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Report.from_labels(labels, labels, classes)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.zeros((0, 2)), "a report needs at least one row; got none"),
        ([[0, 1, 1]], "classes must name every column; got 2 names for 3 columns"),
        ([[0, 3]], "0s and 1s only"),
    ],
)
def test_multilabel_refuses_bad_rows_and_a_wrong_number_of_names(targets: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Report.from_multilabel(targets, targets, ["a", "b"])
