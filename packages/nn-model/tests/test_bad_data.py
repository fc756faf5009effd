"""Data that cannot be used: what the message says, and that the network is as it was."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, Dropout, Flatten, Propagate, Tanh
from nn_loss import MSE, BinaryCrossEntropy, CrossEntropy, Loss
from nn_model import NN
from nn_model.errors import DataError, ShapeError
from nn_model.targets.parse import class_indices
from nn_optim import Adam

X = np.arange(20.0).reshape(5, 4) / 20
Y = np.array([0, 1, 2, 0, 1])


def network(loss: Loss | None = None, outputs: int = 3, **options: Any) -> NN:
    layers: list[Propagate] = [Dense(4, 8), Tanh(), Dropout(0.5), Dense(8, outputs)]
    return NN(layers, loss or CrossEntropy(), Adam(), **options)


def spoilt(*places: tuple[int, int, float]) -> Any:
    x = X.copy()
    for row, column, value in places:
        x[row, column] = value
    return x


MISSING = spoilt((2, 3, np.nan), (4, 0, -np.inf))
LARGE = spoilt((1, 2, 1e39))
FITS = r"layers\[0\]: Dense\(4, 8\) takes x of shape \(rows, 4\); got "
MISSING_TEXT = "x holds numbers that are NaN or infinite, 2 of 20; the first is nan in row 2, column 3; fill or drop"
LARGE_TEXT = (
    r"x holds numbers too large for float32 \(at most 3.4e\+38\), 1 of 20; the first is 1e\+39 in row 1, column 2;"
)

INPUTS: list[tuple[str, Any, type[ValueError], str]] = [
    ("too few columns", X[:, :3], ShapeError, FITS + r"\(5, 3\)$"),
    ("no columns", X[:, :0], ShapeError, FITS + r"\(5, 0\)$"),
    ("one row without its axis", X[0], ShapeError, FITS + r"\(4,\); a single row needs a leading axis: x\[None\]"),
    ("a number", 1.0, ShapeError, FITS + r"\(\)$"),
    ("images", X.reshape(5, 2, 2), ShapeError, FITS + r"\(5, 2, 2\); write x.reshape\(-1, 4\)"),
    ("no rows", X[:0], ShapeError, r"x has no rows; give at least one, of shape \(4,\)"),
    ("missing", MISSING, DataError, MISSING_TEXT),
    ("too large for float32", LARGE, DataError, LARGE_TEXT),
    ("objects", X.astype(object), DataError, "x must hold real numbers; got dtype object; convert it, or encode its"),
    ("complex", X.astype(complex), DataError, "x must hold real numbers; got dtype complex128"),
    ("text", X.astype(str), DataError, "x must hold real numbers; got dtype <U32"),
    ("dates", X.astype("datetime64[s]"), DataError, r"x must hold real numbers; got dtype datetime64\[s\]"),
]


def unchanged(nn: NN, call: Callable[[], object], error: type[ValueError], message: str) -> None:
    """Check that the call is refused with this message, and that the network's next step is as if it never was."""
    before = nn.theta.copy()
    with pytest.raises(error, match=message):
        call()
    assert nn.step == 0
    assert np.array_equal(nn.theta, before)


@pytest.mark.parametrize(("x", "error", "message"), [case[1:] for case in INPUTS], ids=[case[0] for case in INPUTS])
@pytest.mark.parametrize("method", ["train_step", "evaluate", "test_step", "predict", "predict_proba", "adapt"])
def test_inputs_are_refused(method: str, x: Any, error: type[ValueError], message: str) -> None:
    nn = network()
    arguments = (x, Y[: len(np.atleast_1d(x))]) if method in ("train_step", "evaluate", "test_step") else (x,)
    unchanged(nn, lambda: getattr(nn, method)(*arguments), error, message)


def test_a_place_in_an_image_has_two_columns() -> None:
    nn = NN([Flatten(), Dense(4, 3)], CrossEntropy(), Adam(), input_shape=(2, 2))
    unchanged(nn, lambda: nn.predict(MISSING.reshape(5, 2, 2)), DataError, "the first is nan in row 2, column 1, 1;")


def test_float64_holds_what_float32_cannot() -> None:
    assert network(dtype="float64").predict(LARGE).shape == (5,)
    # Large, but finite: the quick test by a sum of squares overflows and must not mistake it.
    assert network().predict(spoilt((1, 2, 1e30))).shape == (5,)


def test_infinite_inputs_that_an_activation_would_swallow_are_found_before_the_step() -> None:
    nn = network()
    theta = nn.theta.copy()
    with pytest.raises(DataError, match="x holds numbers that are NaN or infinite, 1 of 20; the first is inf in row 3"):
        nn.train_step(spoilt((3, 1, np.inf)), Y)
    assert np.array_equal(nn.theta, theta)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[1, 2, 3, 4], [1, 2]], "x must be a rectangular array of numbers"),
        (
            np.ma.masked_less(np.ones((5, 4)), 0),
            r"x is a masked array, whose mask would be lost; fill it first: x.filled",
        ),
    ],
)
def test_inputs_that_are_no_plain_array_are_refused(x: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        network().predict(x)


@pytest.mark.parametrize(
    ("classes", "labels", "answers"),
    [([True, False], [True, False, True], [0, 1, 0]), ([False, True], [0, 1, 1], [0, 1, 1])],
)
def test_boolean_classes_are_looked_up_by_value(classes: list[bool], labels: list[Any], answers: list[int]) -> None:
    assert class_indices(np.array(labels), np.array(classes)).tolist() == answers


def test_numbers_beside_classes_that_are_text_digits_are_refused() -> None:
    with pytest.raises(DataError, match=r"labels are numbers and the classes are text, .*; give labels as text"):
        class_indices(np.array([0, 1]), np.array(["1", "0"]))


NAMED = {"classes": ["cat", "dog", "cow"]}
LABELS: list[tuple[str, dict[str, Any], Any, str]] = [
    ("fewer", {}, [0, 1], "x and y must have the same number of rows; x has 5, y has 2"),
    ("a number", {}, 1, "the same number of rows; x has 5, y has a single number"),
    ("negative", {}, [0, 1, -1, 0, 1], r"labels must be in 0..2, for 3 classes; row 2 is -1"),
    ("too large", {}, [0, 1, 2, 3, 9], r"labels must be in 0..2, for 3 classes; row 3 is 3"),
    ("in a column", {}, [[0], [1], [2], [3], [0]], r"labels must be in 0..2, for 3 classes; row 3 is 3"),
    ("not whole", {}, [0, 1, 1.5, 0, 1], "class labels must be whole numbers; row 2 is 1.5"),
    ("missing", {}, [0, 1, 2, np.nan, 1], "class labels must be whole numbers; row 3 is nan"),
    ("infinite", {}, [0, 1, 2, np.inf, 1], "class labels must be whole numbers; row 3 is inf"),
    ("float16", {}, np.array([0, 1, 0.5, 0, 1], "float16"), "class labels must be whole numbers; row 2 is 0.5"),
    ("beyond exact", {}, [0, 1, 2, 0, 1e300], r"class labels must be whole numbers; row 4 is 1e\+300"),
    ("beyond int64", {}, [0, 1, 2, 0, 2**70], "class labels must be whole numbers or text; got dtype object"),
    ("text", {}, list("abcab"), r"labels are text, the first is 'a'; name the classes: NN\(classes=\[...\]\)"),
    ("bytes", {}, np.array([b"a"] * 5), r"class labels must be whole numbers or text; got dtype \|S1"),
    ("complex", {}, Y.astype(complex), "class labels must be whole numbers or text; got dtype complex128"),
    ("unknown text", NAMED, ["cat", "dog", "hen", "cow", "cat"], r"among the classes \[.*\]; row 2 is 'hen'"),
    ("index of named", NAMED, [0, 1, 2, 3, 0], r"labels must be in 0..2, for 3 classes; row 3 is 3"),
    ("unknown number", {"classes": [3, 5, 7]}, [3, 5, 7, 8, 3], r"among the classes \[3, 5, 7\]; row 3 is 8"),
    ("mixed", {}, np.array([0, 1, "a", 2, 0], object), "all be text or all whole numbers; row 2 is 'a'"),
    ("None", {}, [0, 1, None, 0, 1], "all be text or all whole numbers; row 2 is None"),
    ("None in text", NAMED, ["cat", "dog", "cow", None, "cat"], "all be text or all whole numbers; row 3 is None"),
    ("two columns", {}, np.eye(5)[:, :2], "one-hot rows must have a column for each of the 3 classes; got 2 columns"),
    ("two ones", {}, [[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 0]], r"row 2 is \[1, 1, 0\]"),
    ("soft", {}, np.full((5, 3), 0.25), r"a one-hot row must have a single 1 and else zeros; row 0 is \[0.25, 0.25, 0"),
    ("empty rows", {}, np.zeros((5, 3)), r"a one-hot row must have a single 1 and else zeros; row 0 is \[0.0, 0.0, 0"),
    ("text table", {}, np.full((5, 3), "a"), "one-hot rows must be numbers; got dtype <U1"),
    ("three axes", {}, np.ones((5, 1, 1)), r"must have the shape \(rows,\), \(rows, 1\) or one-hot \(rows, 3\); got"),
]


@pytest.mark.parametrize(("options", "y", "message"), [case[1:] for case in LABELS], ids=[case[0] for case in LABELS])
@pytest.mark.parametrize("method", ["train_step", "evaluate"])
def test_labels_are_refused(method: str, options: dict[str, Any], y: Any, message: str) -> None:
    nn = network(**options)
    unchanged(nn, lambda: getattr(nn, method)(X, y), DataError, message)


CLASSIFY = {"task": "classification"}
TWO_NAN = np.array([[1.0, 2.0], [np.nan, 2.0], [1.0, np.inf], [1.0, 2.0], [1.0, 2.0]])
TARGETS: list[tuple[str, Loss, int, dict[str, Any], Any, type[ValueError], str]] = [
    ("never broadcast", MSE(), 1, {}, Y, ShapeError, r"outputs, \(5, 1\); got \(5,\); write y.reshape\(-1, 1\)"),
    ("too many", MSE(), 2, {}, np.ones((5, 3)), ShapeError, r"the shape of the outputs, \(5, 2\); got \(5, 3\)$"),
    (
        "missing",
        MSE(),
        2,
        {},
        TWO_NAN,
        DataError,
        "y holds numbers that are NaN or infinite, 2 of 10; the first is nan in r",
    ),
    ("large", MSE(), 2, {}, np.full((5, 2), 1e39), DataError, "y holds numbers too large for float32"),
    ("text", MSE(), 2, {}, np.full((5, 2), "a"), DataError, "y must hold real numbers; got dtype <U1"),
    ("a label each", BinaryCrossEntropy(), 3, {}, Y, ShapeError, r"of shape \(5, 3\); got \(5,\); for one class a row"),
    ("soft", BinaryCrossEntropy(), 3, {}, np.full((5, 3), 0.5), DataError, "must be 0 or 1; row 0, column 0 is 0.5"),
    ("three of two", BinaryCrossEntropy(), 1, {}, Y, DataError, r"in 0..1, for 2 classes; row 2 is 2"),
    ("four of three", MSE(), 3, CLASSIFY, [0, 1, 2, 0, 3], DataError, r"in 0..2, for 3 classes; row 4 is 3"),
]


@pytest.mark.parametrize("case", TARGETS, ids=[f"{case[1]!r} {case[0]}" for case in TARGETS])
@pytest.mark.parametrize("method", ["train_step", "evaluate"])
def test_targets_of_other_losses_are_refused(method: str, case: Any) -> None:
    _, loss, outputs, options, y, error, message = case
    nn = network(loss, outputs, **options)
    unchanged(nn, lambda: getattr(nn, method)(X, y), error, message)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (Y, r"class labels must have the shape \(rows, 2\); got \(5,\)"),
        (np.ones((5, 2, 3), int), r"class labels must have the shape \(rows, 2\); got \(5, 2, 3\)"),
        (np.array([[0, 1], [0, 3], [0, 0], [1, 1], [2, 2]]), "labels must be in 0..2, for 3 classes; row 1 is"),
    ],
)
def test_labels_of_tokens_are_refused(y: Any, message: str) -> None:
    nn = NN([Dense(4, 3)], CrossEntropy(), Adam(), input_shape=(2, 4))
    unchanged(nn, lambda: nn.train_step(np.ones((5, 2, 4)), y), DataError, message)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 1], r"sample_weight must have one number for each of the 5 rows; got the shape \(2,\)"),
        ([[1]] * 5, r"sample_weight must have one number for each of the 5 rows; got the shape \(5, 1\)"),
        ([1, 1, 1, 1, -1], "sample_weight must be finite and not negative; row 4 has -1.0"),
        ([1, 1, np.nan, 1, 1], "sample_weight must be finite and not negative; row 2 has nan"),
        ([1, 1, 1e39, 1, 1], "sample_weight holds numbers too large for float32 .* 1 of 5; .* in row 2;"),
        ([0] * 5, "sample_weight must not be all zero: no row would count"),
        (["a"] * 5, "sample_weight must hold real numbers; got dtype <U1"),
    ],
)
def test_sample_weights_are_refused(weights: Any, message: str) -> None:
    nn = network()
    unchanged(nn, lambda: nn.train_step(X, Y, weights), DataError, message)


def test_a_refused_step_leaves_no_trace() -> None:
    spoilt_once, plain = network(seed=2), network(seed=2)
    for x, y in ((MISSING, Y), (LARGE, Y), (X, Y + 1), (X, Y[:2])):
        with pytest.raises(DataError):
            spoilt_once.train_step(x, y)
    # Dropout drew its mask before the NaN was found; all else is as it was.
    assert spoilt_once.theta.tobytes() == plain.theta.tobytes()
    assert spoilt_once.test_step(X, Y) == plain.test_step(X, Y)
