"""The numbers of `evaluate` against scikit-learn's on the same predictions."""

from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from hypothesis import strategies as st

from nn_layers import L2, Dense, Dropout, He, Propagate, Tanh
from nn_loss import MAE, MSE, BinaryCrossEntropy, CrossEntropy, Huber, Loss
from nn_model import NN, RegressionReport, Report
from nn_optim import Adam

NAMES = ["ant", "bee", "cat", "dog", "elk", "fox"]


def network(loss: Loss, outputs: int, seed: int, **options: Any) -> NN:
    # A penalty and dropout: neither has a part in judging.
    layers: list[Propagate] = [Dense(3, 5, He(), L2(0.1)), Tanh(), Dropout(0.5), Dense(5, outputs)]
    return NN(layers, loss, Adam(), seed=seed, **options)


def rows(n: int, seed: int) -> Any:
    return 3 * np.random.default_rng(seed).standard_normal((n, 3)).astype("float32")


def assert_agrees(report: Report, true: Any, guessed: Any, labels: Any) -> None:
    options = {"labels": labels, "zero_division": 0}
    expected = sk.precision_recall_fscore_support(true, guessed, **options)
    for ours, theirs in zip((report.precision, report.recall, report.f1, report.support), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-14)
    for means, average in ((report.macro, "macro"), (report.weighted, "weighted")):
        theirs = sk.precision_recall_fscore_support(true, guessed, average=average, **options)[:3]
        np.testing.assert_allclose((means.precision, means.recall, means.f1), theirs, rtol=1e-13)
    assert report.accuracy == pytest.approx(sk.accuracy_score(true, guessed), rel=1e-15)


@settings(max_examples=60, deadline=None)
@given(k=st.integers(2, 6), n=st.integers(1, 40), seed=st.integers(0, 10**6), named=st.booleans(), data=st.data())
def test_classes(k: int, n: int, seed: int, named: bool, data: st.DataObject) -> None:
    present = data.draw(st.lists(st.integers(0, k - 1), min_size=1, max_size=k, unique=True))
    classes = NAMES[:k] if named else list(range(k))
    true = np.array(classes)[np.random.default_rng(seed).choice(present, n)]
    nn, x = network(CrossEntropy(), k, seed, classes=classes), rows(n, seed)
    report = nn.evaluate(x, true)
    assert isinstance(report, Report)
    guessed = nn.predict(x)
    np.testing.assert_array_equal(report.confusion_matrix, sk.confusion_matrix(true, guessed, labels=classes))
    assert_agrees(report, true, guessed, classes)
    counts = sk.multilabel_confusion_matrix(true, guessed, labels=classes).reshape(-1, 4)
    np.testing.assert_array_equal(np.stack([report.TN, report.FP, report.FN, report.TP], axis=1), counts)
    p = nn.predict_proba(x).astype(float)
    assert report.loss == pytest.approx(sk.log_loss(true, p / p.sum(axis=1, keepdims=True), labels=classes), rel=1e-4)
    assert nn.test_step(x, true) == (report.loss, report.accuracy)


@pytest.mark.parametrize("loss", [BinaryCrossEntropy(), MSE()], ids=repr)
@pytest.mark.parametrize("present", [(0, 1), (0,), (1,)])
def test_two_classes_from_one_output(loss: Loss, present: tuple[int, ...]) -> None:
    nn, x = network(loss, 1, 1, task="classification"), rows(50, 1)
    true = np.random.default_rng(1).choice(present, 50)
    report = nn.evaluate(x, true)
    assert isinstance(report, Report)
    np.testing.assert_array_equal(report.confusion_matrix, sk.confusion_matrix(true, nn.predict(x), labels=[0, 1]))
    assert_agrees(report, true, nn.predict(x), [0, 1])


def test_many_labels() -> None:
    nn, x = network(BinaryCrossEntropy(), 4, 2), rows(50, 2)
    true = (np.random.default_rng(2).random((50, 4)) < [0.5, 0.1, 0.9, 0.0]).astype(int)
    report = nn.evaluate(x, true)
    assert isinstance(report, Report)
    guessed = nn.predict(x)
    np.testing.assert_array_equal(report.confusion_matrix, sk.multilabel_confusion_matrix(true, guessed))
    assert_agrees(report, true, guessed, None)
    p = nn.predict_proba(x).astype(float)
    assert report.loss == pytest.approx(np.mean(-np.log(np.where(true == 1, p, 1 - p))), rel=1e-4)


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("loss", [MSE(), MAE(), Huber()], ids=repr)
def test_values(loss: Loss, outputs: int) -> None:
    nn, x = network(loss, outputs, 3), rows(40, 3)
    true = np.random.default_rng(3).standard_normal((40, outputs))
    report, values = nn.evaluate(x, true), nn.predict(x).astype(float)
    assert isinstance(report, RegressionReport)
    assert report.mae == pytest.approx(sk.mean_absolute_error(true, values), rel=1e-6)
    assert report.rmse == pytest.approx(np.sqrt(sk.mean_squared_error(true, values)), rel=1e-6)
    assert report.r2 == pytest.approx(sk.r2_score(true, values), rel=1e-5)
    expected = {"MSE": report.rmse**2, "MAE": report.mae}
    if type(loss).__name__ in expected:
        assert report.loss == pytest.approx(expected[type(loss).__name__], rel=1e-5)
    assert nn.test_step(x, true) == (report.loss, None)


def test_a_report_of_many_chunks_is_one_report() -> None:
    nn, x = network(CrossEntropy(), 4, 4), rows(3000, 4)
    true = np.random.default_rng(4).integers(0, 4, 3000)
    report = nn.evaluate(x, true)
    assert isinstance(report, Report)
    np.testing.assert_array_equal(report.confusion_matrix, sk.confusion_matrix(true, nn.predict(x)))
