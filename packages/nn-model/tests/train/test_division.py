"""Which rows train and which judge, and what is refused or warned of."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest

from nn_layers import Dense
from nn_loss import MSE, CrossEntropy
from nn_model import NN
from nn_model.data import train_test_split
from nn_model.errors import DataError, PartError, ShapeError
from nn_model.train.division import divided
from nn_optim import SGD

Array = np.ndarray[Any, np.dtype[Any]]
MakeNetwork = Callable[..., NN]


def division(nn: NN, x: Array, y: Array, share: float, order: str) -> tuple[Array, tuple[Array, Array]]:
    train, held = divided(nn.core, nn.core.checked(x, y), share, order)
    assert held is not None
    return train, held


def test_the_last_rows_judge(network: MakeNetwork, x: Array, y: Array) -> None:
    train, (held, labels) = division(network(), x, y, 0.25, "last")
    assert train.tolist() == list(range(28))
    np.testing.assert_array_equal(held, x[28:])
    np.testing.assert_array_equal(labels, y[28:])


@pytest.mark.parametrize(("share", "rows", "held"), [(0.1, 60, 6), (0.29, 100, 29), (0.07, 100, 7), (0.5, 3, 1)])
def test_the_last_rows_are_a_share_rounded_down(share: float, rows: int, held: int) -> None:
    nn = NN([Dense(1, 1)], MSE(), SGD())
    train, _ = division(nn, np.zeros((rows, 1)), np.zeros((rows, 1)), share, "last")
    assert len(train) == rows - held


def test_stratified_rows_are_those_of_train_test_split(network: MakeNetwork, x: Array, y: Array) -> None:
    nn = network()
    train, (held, labels) = division(nn, x, y, 0.25, "stratified")
    split = train_test_split(np.arange(37), y, 0.25, seed=3)
    assert train.tolist() == sorted(split.x_train.tolist())
    np.testing.assert_array_equal(held, x[np.sort(split.x_test)])
    np.testing.assert_array_equal(labels, y[np.sort(split.x_test)])
    shares = np.bincount(labels) / np.bincount(y)
    assert np.abs(shares - 10 / 37).max() < 0.1


def test_labels_with_a_gap_are_stratified_too(network: MakeNetwork, x: Array) -> None:
    labels = np.where(np.arange(37) % 2, 0, 2)
    _, (_, held) = division(network(), x, labels, 0.25, "stratified")
    assert sorted(np.bincount(held).tolist()) == [0, 5, 5]


def test_values_are_divided_at_random(x: Array) -> None:
    nn = NN([Dense(4, 1)], MSE(), SGD())
    train, (held, _) = division(nn, x, x[:, :1], 0.25, "stratified")
    assert len(train) == 27
    assert train.tolist() != list(range(27))
    assert sorted([*x[train, 0].tolist(), *held[:, 0].tolist()]) == sorted(x[:, 0].tolist())


@pytest.mark.parametrize("order", ["stratified", "last"])
def test_training_uses_its_rows_and_judges_with_the_others(
    order: Literal["stratified", "last"], network: MakeNetwork, x: Array, y: Array
) -> None:
    one, other = network(), network()
    train, held = division(one, x, y, 0.25, order)
    history = one.fit(x, y, epochs=2, batch_size=8, validation_split=0.25, validation_order=order, verbose=False)
    again = other.fit(x[train], y[train], epochs=2, batch_size=8, validation_data=held, verbose=False)
    assert one.theta.tobytes() == other.theta.tobytes()
    assert history.val_loss == again.val_loss
    assert (history.val_loss[-1], history.val_accuracy[-1]) == one.test_step(*held)


@pytest.mark.parametrize("share", [0, 1, 1.5, -0.1, float("nan"), True, "0.1", 0.0])
def test_a_share_that_is_none_is_refused(share: Any, network: MakeNetwork, x: Array, y: Array) -> None:
    with pytest.raises(PartError, match=r"validation_split must be a number between 0 and 1; got "):
        network().fit(x, y, validation_split=share, verbose=False)


@pytest.mark.parametrize(
    ("share", "order", "rows"), [(0.99, "stratified", 3), (0.2, "last", 4), (0.5, "stratified", 1)]
)
def test_a_share_that_leaves_no_row_is_refused(share: float, order: Any, rows: int, network: MakeNetwork) -> None:
    x, y = np.zeros((rows, 4)), np.arange(rows) % 3
    with pytest.raises(PartError, match=rf"leave rows to train on and to judge with; {share} of {rows} rows is \d"):
        network().fit(x, y, validation_split=share, validation_order=order, verbose=False)


def test_both_kinds_of_validation_and_bad_ones_are_refused(network: MakeNetwork, x: Array, y: Array) -> None:
    nn = network()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"validation_split": 0.1, "validation_data": (x, y)}, "validation_split or validation_data, not both"),
        ({"validation_data": x}, r"validation_data must be \(x, y\); got ndarray"),
        ({"validation_data": (x, y, y)}, r"validation_data must be \(x, y\); got 3 things"),
        ({"validation_data": [x]}, r"validation_data must be \(x, y\); got 1 thing$"),
        ({"validation_data": (x[:5], y)}, "x has 5, y has 37"),
        ({"validation_data": (x * np.nan, y)}, "x holds numbers that are NaN"),
        ({"validation_order": "first"}, "validation_order must be 'stratified' or 'last'; got 'first'"),
        ({"shuffle": "yes"}, "shuffle must be True or False; got 'yes'"),
        ({"shuffle": 1}, "shuffle must be True or False; got 1"),
    ]
    for options, message in cases:
        with pytest.raises(ValueError, match=message):
            nn.fit(x, y, verbose=False, **options)
    assert nn.step == 0
    assert nn.run is None


@pytest.mark.parametrize("name", ["epochs", "batch_size", "threads"])
@pytest.mark.parametrize("value", [0, -1, 2.0, "3", True])
def test_counts_must_be_whole_numbers(name: str, value: Any, network: MakeNetwork, x: Array, y: Array) -> None:
    with pytest.raises(PartError, match=rf"^{name} must be a whole number of at least 1; got {value!r}$"):
        network().fit(x, y, verbose=False, **{name: value})


def test_a_class_that_is_only_held_out_is_named(network: MakeNetwork, x: Array) -> None:
    y = np.array([0, 1] * 16 + [2] * 5)
    with pytest.warns(UserWarning, match=r"no training row is of class 2: all are held out .*_order='stratified'"):
        network().fit(x, y, validation_split=0.2, validation_order="last", verbose=False)
    names = NN([Dense(4, 8)], CrossEntropy(), SGD(), classes=list("abcdefgh"))
    with pytest.warns(UserWarning, match=r"of class 'c', 'd', 'e', 'f', 'g'\.\.\.: all are held out"):
        names.fit(x[:8], np.array(list("abcdefgh")), validation_split=0.75, validation_order="last", verbose=False)
    with pytest.warns(UserWarning, match=r"take a smaller validation_split"):
        names.fit(x[:8], np.array(list("abcdefgh")), validation_split=0.75, verbose=False)


def test_one_class_is_refused_unless_it_is_meant(network: MakeNetwork, x: Array) -> None:
    with pytest.raises(DataError, match=r"all 37 training rows are of class 1; .*allow_one_class=True"):
        network().fit(x, np.ones(37, int), verbose=False)
    assert len(network().fit(x, np.ones(37, int), allow_one_class=True, verbose=False)) == 1
    nn = NN([Dense(4, 2)], CrossEntropy(), SGD(), classes=["a", "b"])
    with (
        pytest.raises(DataError, match="all 2 training rows are of class 'a'"),
        pytest.warns(UserWarning, match="no training row is of class 'b'"),
    ):
        nn.fit(x[:3], ["a", "a", "b"], validation_split=0.4, validation_order="last", verbose=False)


def test_one_row_trains() -> None:
    nn = NN([Dense(4, 2)], CrossEntropy(), SGD())
    assert nn.fit(np.ones((1, 4)), [1], verbose=False).rows[0].train_accuracy in (0.0, 1.0)
    assert nn.step == 1


def test_a_layer_that_wants_two_rows_refuses_a_batch_of_one_before_training(
    network: MakeNetwork, x: Array, y: Array
) -> None:
    for rows, batch_size in ((1, 8), (9, 8), (37, 1)):
        nn = network()
        with pytest.raises(ShapeError, match=r"layers\[1\]: Follow\(\) needs batches of at least 2 rows in training"):
            nn.fit(x[:rows], y[:rows], batch_size=batch_size, verbose=False)
        assert nn.step == 0


def test_empty_and_unfit_data_are_refused(network: MakeNetwork, x: Array, y: Array) -> None:
    cases: list[tuple[Any, Any, str]] = [
        (x[:0], y[:0], "0 rows|no rows|at least 1 row|empty"),
        (x[:, :3], y, "layers\\[0\\]"),
        (x, y[:5], "x has 37, y has 5"),
        (x, y + 1, "3"),
        (np.where(x > 2, np.nan, x), y, "x holds numbers that are NaN or infinite"),
    ]
    for rows, labels, message in cases:
        with pytest.raises(ValueError, match=message):
            network().fit(rows, labels, verbose=False)
