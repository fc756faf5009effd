"""Targets as people write them, answers in their words, and tasks."""

from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, Flatten, Propagate, Sigmoid, Tanh
from nn_loss import MAE, MSE, BinaryCrossEntropy, CrossEntropy, Huber, Loss
from nn_model import NN, RegressionReport, Report
from nn_optim import SGD, Adam, Optimizer

RNG = np.random.default_rng(0)
X = RNG.standard_normal((12, 4))
INDEX = np.array([0, 1, 2, 0, 1, 2, 2, 2, 1, 0, 0, 1])
NAMES = np.array(["cat", "dog", "cow"])
NUMBERS = np.array([30, 10, 20])


def network(loss: Loss, outputs: int, optimizer: Optimizer | None = None, **options: Any) -> NN:
    return NN([Dense(4, 8), Tanh(), Dense(8, outputs)], loss, optimizer or Adam(0.1), **options)


class Column:
    """What a data frame's column looks like to NumPy."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.values, dtype=dtype, copy=True if copy is None else copy)


FORMS: dict[str, tuple[dict[str, Any], Any]] = {
    "column": ({}, INDEX[:, None]),
    "one-hot": ({}, np.eye(3)[INDEX]),
    "one-hot of booleans": ({}, np.eye(3, dtype=bool)[INDEX]),
    "list": ({}, INDEX.tolist()),
    "uint8": ({}, INDEX.astype("uint8")),
    "big-endian": ({}, INDEX.astype(">i2")),
    "float16": ({}, INDEX.astype("float16")),
    "float64": ({}, INDEX.astype(float)),
    "objects": ({}, INDEX.astype(object)),
    "not contiguous": ({}, np.repeat(INDEX, 2)[::2]),
    "names": ({"classes": NAMES.tolist()}, NAMES[INDEX]),
    "names, a column": ({"classes": NAMES}, NAMES[INDEX][:, None].tolist()),
    "names as objects": ({"classes": NAMES}, NAMES[INDEX].astype(object)),
    "names of a data frame": ({"classes": NAMES}, Column(NAMES[INDEX].astype(object))),
    "names by index": ({"classes": NAMES}, INDEX),
    "names one-hot": ({"classes": NAMES}, np.eye(3)[INDEX]),
    "numbers": ({"classes": NUMBERS}, NUMBERS[INDEX]),
    "numbers as floats": ({"classes": NUMBERS.tolist()}, NUMBERS[INDEX].astype(float)),
    "numbers one-hot": ({"classes": NUMBERS}, np.eye(3)[INDEX]),
    "numbers that are other indices": ({"classes": [1, 2, 0]}, np.array([1, 2, 0])[INDEX]),
    "these one-hot": ({"classes": [1, 2, 0]}, np.eye(3)[INDEX]),
}


@pytest.mark.parametrize("form", FORMS)
def test_labels_of_any_form_train_alike_and_come_back_by_name(form: str) -> None:
    options, y = FORMS[form]
    plain, named = network(CrossEntropy(), 3), network(CrossEntropy(), 3, **options)
    for _ in range(60):
        assert named.train_step(X, y) == plain.train_step(X, INDEX)
    assert named.theta.tobytes() == plain.theta.tobytes()
    classes = np.array(options.get("classes", [0, 1, 2]))
    assert named.classes == classes.tolist()
    assert np.array_equal(named.predict(X), classes[INDEX])
    report = named.evaluate(X, y)
    assert isinstance(report, Report)
    assert report.classes == tuple(map(str, classes))
    assert np.array_equal(report.confusion_matrix, np.diag([4, 4, 4]))


@pytest.mark.parametrize(
    ("classes", "y"),
    [(["no", "yes"], ["no", "yes", "yes"]), ([-1, 1], [-1, 1, 1]), ([False, True], [False, True, True])],
)
def test_two_classes_by_name(classes: Any, y: Any) -> None:
    for loss in (BinaryCrossEntropy(), MSE()):
        nn = network(loss, 1, task="classification", classes=classes)
        for _ in range(100):
            nn.train_step(X[:3], y)
        assert nn.predict(X[:3]).tolist() == y
        assert nn.test_step(X[:3], y)[1] == 1.0


def test_tokens_have_a_label_each() -> None:
    x, y = RNG.standard_normal((5, 3, 4)), RNG.integers(0, 2, (5, 3))
    nn = network(CrossEntropy(), 2, Adam(0.05), input_shape=(3, 4))
    flat = network(CrossEntropy(), 2, Adam(0.05))
    for _ in range(5):
        by_token, by_row = nn.train_step(x, y), flat.train_step(x.reshape(15, 4), y.ravel())
        assert by_token[0] == pytest.approx(by_row[0], rel=1e-5)
        assert by_token[1] == by_row[1]
    np.testing.assert_allclose(nn.theta, flat.theta, rtol=1e-3, atol=1e-5)
    assert nn.predict(x).shape == (5, 3)
    report = nn.evaluate(x, y)
    assert isinstance(report, Report)
    assert report.support.sum() == 15
    assert report.accuracy == pytest.approx(np.mean(nn.predict(x) == y))


def test_many_labels_learn_each_by_itself() -> None:
    y = (X[:, :3] > 0).astype(int)
    nn = network(BinaryCrossEntropy(), 3, classes=["red", "round", "ripe"])
    accuracies = [nn.train_step(X, y)[1] for _ in range(150)]
    assert accuracies[-1] == 1.0
    assert np.array_equal(nn.predict(X), y)
    report = nn.evaluate(X, y)
    assert isinstance(report, Report)
    assert report.confusion_matrix.shape == (3, 2, 2)
    assert report.classes == ("red", "round", "ripe")


def test_accuracy_of_many_labels_counts_rows_with_every_label_right(still: Optimizer) -> None:
    nn = network(BinaryCrossEntropy(), 3, still)
    y = nn.predict(X)
    y[:3, 0] = 1 - y[:3, 0]
    y[0, 1] = 1 - y[0, 1]
    assert nn.train_step(X, y)[1] == nn.test_step(X, y)[1] == 9 / 12


def test_xor_with_squared_errors_on_classes() -> None:
    layers: list[Propagate] = [Dense(2, 4), Sigmoid(), Dense(4, 1), Sigmoid()]
    nn = NN(layers, MSE(), Adam(0.1), task="classification", seed=1)
    x, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    for _ in range(500):
        loss, accuracy = nn.train_step(x, y)
    assert (nn.predict(x).tolist(), accuracy) == (y, 1.0)
    assert loss < 0.05
    report = nn.evaluate(x, y)
    assert isinstance(report, Report)
    assert report.confusion_matrix.tolist() == [[2, 0], [0, 2]]


def test_squared_errors_on_classes_are_those_on_one_hot_values(still: Optimizer) -> None:
    labels, values = network(MSE(), 3, still, task="classification"), network(MSE(), 3, still)
    loss, accuracy = labels.train_step(X, INDEX)
    assert values.train_step(X, np.eye(3)[INDEX]) == (loss, None)
    assert labels.grad.tobytes() == values.grad.tobytes()
    assert accuracy == np.mean(labels.predict(X) == INDEX)


def test_one_output_for_two_classes_has_0_and_1_as_values(still: Optimizer) -> None:
    labels, values = network(MSE(), 1, still, task="classification"), network(MSE(), 1, still)
    y = INDEX % 2
    loss, accuracy = labels.train_step(X, y)
    assert values.train_step(X, y[:, None]) == (loss, None)
    assert labels.grad.tobytes() == values.grad.tobytes()
    assert accuracy == np.mean((values.predict(X)[:, 0] > 0.5) == y)


@pytest.mark.parametrize("loss", [MSE(), MAE(), Huber()], ids=repr)
def test_regression_has_no_classes_and_no_accuracy(loss: Loss) -> None:
    w = np.array([[1.0, -2.0], [0.5, 0.0], [0.0, 1.0], [3.0, 1.0]])
    nn = NN([Dense(4, 2)], loss, Adam(0.05), dtype="float64")
    assert (nn.task, nn.classes) == ("regression", None)
    y = X @ w + 1.0
    for _ in range(1500):
        _, accuracy = nn.train_step(X, y)
    assert accuracy is None
    assert nn.test_step(X, y)[1] is None
    np.testing.assert_allclose(nn.predict(X), y, atol=0.2)
    report = nn.evaluate(X, y)
    assert isinstance(report, RegressionReport)
    assert report.r2 > 0.99


def test_regression_on_images_keeps_the_outputs_shape() -> None:
    nn = NN([Flatten(), Dense(4, 3)], MSE(), SGD(), input_shape=(2, 2))
    assert nn.train_step(X.reshape(12, 2, 2), np.zeros((12, 3)))[0] > 0
    tokens = NN([Dense(2, 3)], MSE(), SGD(), input_shape=(2, 2))
    assert tokens.train_step(X.reshape(12, 2, 2), np.zeros((12, 2, 3)))[1] is None
    assert tokens.predict(X.reshape(12, 2, 2)).shape == (12, 2, 3)


def test_the_first_of_equal_scores_wins() -> None:
    nn = network(CrossEntropy(), 3)
    nn.theta[...] = 0.0
    assert nn.predict(X).tolist() == [0] * 12
    assert nn.test_step(X, INDEX)[1] == nn.train_step(X, INDEX)[1] == 4 / 12


@pytest.mark.parametrize("wrong", [-1, 3, 2**62, -(2**63)])
@pytest.mark.parametrize("place", [0, 11])
def test_indices_that_need_no_conversion_are_looked_through_all_the_same(wrong: int, place: int) -> None:
    nn, labels = network(CrossEntropy(), 3), INDEX.copy()
    nn.train_step(X, labels)
    assert nn.core.given(X, labels) is labels
    labels[place] = wrong
    with pytest.raises(ValueError, match=rf"labels must be in 0\.\.2, for 3 classes; row {place} is {wrong}"):
        nn.train_step(X, labels)


def test_indices_are_not_taken_for_other_names_or_shapes() -> None:
    named = network(CrossEntropy(), 3, classes=[30, 10, 2])
    assert named.core.given(X, np.where(INDEX == 2, 2, 10)).tolist() == np.where(INDEX == 2, 2, 1).tolist()
    every_other = np.repeat(INDEX, 2)[::2]
    given = network(CrossEntropy(), 3).core.given(X, every_other)
    assert given.flags.c_contiguous
    assert given.tolist() == INDEX.tolist()
