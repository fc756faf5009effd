"""Sample weights and class weights."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from nn_layers import Dense
from nn_loss import MSE, BinaryCrossEntropy, CrossEntropy
from nn_model import NN
from nn_model.errors import DataError, PartError
from nn_model.train.weighing import row_weights
from nn_optim import SGD, Adam

Array = np.ndarray[Any, np.dtype[Any]]
MakeNetwork = Callable[..., NN]


def weights_of(nn: NN, y: Array, **options: Any) -> Array:
    given = nn.core.coding.given(y, len(y))
    train = np.arange(len(y))[options.pop("train", slice(None))]
    weights = row_weights(nn.core, given, train, options.get("sample"), options.get("by_class"))
    assert weights is not None
    return weights


def test_balanced_weights_are_those_of_scikit_learn(network: MakeNetwork, y: Array) -> None:
    expected = compute_class_weight("balanced", classes=np.arange(3), y=y)
    np.testing.assert_allclose(weights_of(network(), y, by_class="balanced"), expected[y], rtol=1e-7)


def test_balanced_weights_count_training_rows_and_the_classes_there_are(network: MakeNetwork) -> None:
    y = np.array([0, 0, 0, 2, 2, 2, 2, 2])
    expected = compute_class_weight("balanced", classes=np.array([0, 2]), y=y[:4])
    weights = weights_of(network(), y, by_class="balanced", train=slice(0, 4))
    np.testing.assert_allclose(weights[:4], expected[[0, 0, 0, 1]], rtol=1e-7)


def test_class_weights_by_name_times_sample_weights() -> None:
    nn = NN([Dense(4, 3)], CrossEntropy(), SGD(), classes=["a", "b", "c"], dtype="float64")
    y = np.array(["a", "b", "c", "b"])
    weights = weights_of(nn, y, by_class={"b": 3, "c": 0.0}, sample=[1.0, 2.0, 3.0, 4.0])
    assert weights.tolist() == [1.0, 6.0, 0.0, 12.0]


@pytest.mark.parametrize("by_class", ["balanced", {0: 1.0, 1: 5.0, 2: 0.0}])
def test_class_weights_train_as_the_same_sample_weights(
    by_class: Any, network: MakeNetwork, x: Array, y: Array
) -> None:
    one, other = network(), network()
    one.fit(x, y, epochs=2, batch_size=8, class_weight=by_class, verbose=False)
    counts = compute_class_weight("balanced", classes=np.arange(3), y=y) if by_class == "balanced" else [1.0, 5.0, 0.0]
    other.fit(x, y, epochs=2, batch_size=8, sample_weight=np.asarray(counts)[y], verbose=False)
    assert one.theta.tobytes() == other.theta.tobytes()


def test_a_row_of_weight_2_counts_as_two_rows(x: Array, y: Array) -> None:
    one, other = (NN([Dense(4, 3)], CrossEntropy(), SGD(0.5), dtype="float64") for _ in range(2))
    rows = np.concatenate([np.arange(37), np.arange(0, 37, 3)])
    weights = 1.0 + (np.arange(37) % 3 == 0)
    history = one.fit(x, y, epochs=3, batch_size=37, sample_weight=weights, verbose=False)
    again = other.fit(x[rows], y[rows], epochs=3, batch_size=64, verbose=False)
    np.testing.assert_allclose(one.theta, other.theta, rtol=1e-12, atol=1e-14)
    assert history.train_loss == pytest.approx(again.train_loss, rel=1e-12)


def test_a_batch_whose_weights_are_all_0_moves_nothing(x: Array, y: Array) -> None:
    one, other = (NN([Dense(4, 3)], CrossEntropy(), SGD(0.5)) for _ in range(2))
    weights = (np.arange(37) < 16).astype(float)
    history = one.fit(x, y, batch_size=8, shuffle=False, sample_weight=weights, verbose=False)
    again = other.fit(x[:16], y[:16], batch_size=8, shuffle=False, sample_weight=np.ones(16), verbose=False)
    assert one.theta.tobytes() == other.theta.tobytes()
    assert history.train_loss == again.train_loss


def test_bad_weights_are_refused(network: MakeNetwork, x: Array, y: Array) -> None:
    cases: list[tuple[dict[str, Any], type[ValueError], str]] = [
        ({"sample_weight": np.ones(3)}, DataError, "sample_weight must have one number for each of the 37 rows"),
        ({"sample_weight": -np.ones(37)}, DataError, "sample_weight must be finite and not negative; row 0 has -1"),
        ({"sample_weight": np.zeros(37)}, DataError, "must not be all zero"),
        ({"class_weight": {0: 0, 1: 0, 2: 0}}, DataError, "training rows must not be all zero: no row would count"),
        (
            {"class_weight": {7: 1.0}},
            PartError,
            r"class_weight names 7, which is no class; the classes are \[0, 1, 2\]",
        ),
        ({"class_weight": {0: -1.0}}, PartError, r"class_weight\[0\] must be a finite number of at least 0; got -1.0"),
        ({"class_weight": {0: "1"}}, PartError, r"class_weight\[0\] must be a finite number of at least 0; got '1'"),
        ({"class_weight": "even"}, PartError, "class_weight must be 'balanced' or a weight for each class; got 'even'"),
        ({"class_weight": [1, 2, 3]}, PartError, r"'balanced' or a weight for each class; got \[1, 2, 3\]"),
    ]
    for options, kind, message in cases:
        with pytest.raises(kind, match=message):
            network().fit(x, y, verbose=False, **options)
    last: dict[str, Any] = {"validation_split": 0.5, "validation_order": "last", "verbose": False}
    with pytest.raises(DataError, match="weights of the training rows must not be all zero"):
        network().fit(x, y, sample_weight=np.arange(37) > 30, **last)


def test_class_weights_need_one_class_a_row(x: Array) -> None:
    values, flags = NN([Dense(4, 4)], MSE(), Adam()), NN([Dense(4, 4)], BinaryCrossEntropy(), Adam())
    for nn, y in ((values, x), (flags, (x > 0).astype("float32"))):
        with pytest.raises(PartError, match="class_weight needs targets of one class for each row; give sample_weight"):
            nn.fit(x, y, class_weight="balanced", verbose=False)
