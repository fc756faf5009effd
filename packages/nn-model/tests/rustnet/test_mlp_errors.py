"""What RustNet answers with a panic, and the sentences that stand in its place."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, ReLU, Sigmoid, Uniform
from nn_loss import MSE, BinaryCrossEntropy
from nn_model import NN
from nn_model.errors import CheckpointError, DataError, DivergedError, PartError, ShapeError
from nn_model.rustnet import PyNeuralNetwork
from nn_optim import SGD, Adam, ClipValue

X, Y = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [[0], [1], [1]]


@pytest.mark.parametrize("sizes", [[], [3], 8, "88", None, {8: 1, 10: 1}])
def test_sizes_that_make_no_network(sizes: Any) -> None:
    with pytest.raises(PartError, match="layer_sizes must be a list of at least 2 sizes"):
        PyNeuralNetwork(sizes)


@pytest.mark.parametrize("size", [0, -1, 2.5, "4", True, None])
def test_a_size_that_is_none(size: Any) -> None:
    with pytest.raises(PartError, match=r"layer_sizes\[1\] must be a whole number of at least 1"):
        PyNeuralNetwork([2, size, 1])


@pytest.mark.parametrize("sizes", [(2, 3, 1), np.array([2, 3, 1])])
def test_other_kinds_of_list_will_do(sizes: Any) -> None:
    assert repr(PyNeuralNetwork(sizes)) == "PyNeuralNetwork([2, 3, 1])"


def test_a_seed_that_is_none() -> None:
    with pytest.raises(PartError, match="seed must be a whole number"):
        PyNeuralNetwork([2, 1], seed=-1)


INPUTS: list[tuple[Any, type[ValueError], str]] = [
    ([[0.0, 1.0], [1.0], [1.0, 1.0]], DataError, "inputs must be a rectangular array"),
    ([0.0, 1.0], ShapeError, r"layers\[0\]: Dense.* takes x of shape \(rows, 2\); got \(2,\)"),
    ([[0.0, 1.0, 2.0]] * 3, ShapeError, r"takes x of shape \(rows, 2\); got \(3, 3\)"),
    (np.empty((0, 2)), ShapeError, "no rows"),
    ([], ShapeError, r"got \(0,\)"),
    ([["a", "b"]] * 3, DataError, "inputs must hold real numbers"),
    (
        [[0.0, 1.0], [float("nan"), 0.0], [1.0, 1.0]],
        DataError,
        "inputs holds .* NaN or infinite, 1 of 6; .* row 1, column 0",
    ),
    ([[0.0, 1.0], [1.0, float("inf")], [1.0, 1.0]], DataError, "NaN or infinite"),
]


@pytest.mark.parametrize(("inputs", "error", "sentence"), INPUTS)
def test_inputs_that_cannot_be_used(inputs: Any, error: type[ValueError], sentence: str) -> None:
    net = PyNeuralNetwork([2, 3, 1])
    before = net.nn.theta.copy()
    with pytest.raises(error, match=sentence):
        net.train(inputs, Y, 0.1, 1)
    with pytest.raises(error, match=sentence):
        net.predict(inputs)
    assert np.array_equal(net.nn.theta, before)


TARGETS: list[tuple[Any, type[ValueError], str]] = [
    ([0, 1, 1], ShapeError, r"targets must be a list of rows, of shape \(3, 1\); got \(3,\); write \[\[t\] for t in"),
    ([[0], [1]], ShapeError, r"of shape \(3, 1\); got \(2, 1\)"),
    ([[0, 1], [1, 0], [1, 0]], ShapeError, r"of shape \(3, 1\); got \(3, 2\)"),
    ([[0], [1], []], DataError, "targets must be a rectangular array"),
    ([[0], [0.5], [1]], DataError, "targets must be 0 or 1; row 1, column 0 is 0.5; .*MSE"),
    ([[0], [1], [2]], DataError, "row 2, column 0 is 2"),
    ([[0], [1], [float("nan")]], DataError, "targets holds numbers that are NaN"),
    ([["no"], ["yes"], ["yes"]], DataError, "targets must hold real numbers"),
]


@pytest.mark.parametrize(("targets", "error", "sentence"), TARGETS)
def test_targets_that_cannot_be_used(targets: Any, error: type[ValueError], sentence: str) -> None:
    net = PyNeuralNetwork([2, 3, 1])
    before = net.nn.theta.copy()
    with pytest.raises(error, match=sentence):
        net.train(X, targets, 0.1, 1)
    assert np.array_equal(net.nn.theta, before)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"learning_rate": -0.1}, "learning_rate must be a finite number of at least 0; got -0.1"),
        ({"learning_rate": float("nan")}, "learning_rate must be a finite number"),
        ({"learning_rate": "fast"}, "learning_rate must be a finite number"),
        ({"epochs": 0}, "epochs must be a whole number of at least 1; got 0"),
        ({"epochs": 2.0}, "epochs must be a whole number"),
        ({"verbose": "no"}, "verbose must be True or False"),
    ],
)
def test_arguments_out_of_range(arguments: dict[str, Any], sentence: str) -> None:
    net = PyNeuralNetwork([2, 3, 1])
    with pytest.raises(PartError, match=sentence):
        net.train(X, Y, **{"learning_rate": 0.1, "epochs": 1, **arguments})


def test_a_rate_of_zero_is_allowed_but_not_in_silence() -> None:
    net = PyNeuralNetwork([2, 3, 1])
    before = net.nn.theta.copy()
    with pytest.warns(UserWarning, match="no parameter will move"):
        net.train(X, Y, 0, 1, verbose=False)
    assert np.array_equal(net.nn.theta, before)


def test_a_loss_that_is_not_finite_stops_training_before_the_update() -> None:
    net = PyNeuralNetwork([1, 1])
    with pytest.raises(DivergedError, match=r"step 2 .* the update was not made"), np.errstate(all="ignore"):
        net.train([[1e200], [2e200]], [[0], [1]], 1e150, 5, verbose=False)
    assert net.nn.step == 1
    assert np.isfinite(net.nn.theta).all()


def test_parameters_that_are_not_finite_after_the_last_update_are_found() -> None:
    net = PyNeuralNetwork([1, 1, 1])
    # The unit gives 1.7; the score 1e308 * 1.7 - 1.79e308 is finite, and so is the loss; the first weight overflows.
    names = [f"layers.{place}.{name}" for place in (0, 2) for name in "wb"]
    net.nn.set_weights(dict(zip(names, ([[1.7e308]], [0.0], [[1e308]], [-1.79e308]), strict=True)))
    sentence = r"epoch 1, step 1 \(lr 1e\+308\): .* layers\[0\]"
    with pytest.raises(DivergedError, match=sentence), np.errstate(all="ignore"):
        net.train([[1e-308]], [[1]], 1e308, 1, verbose=False)


def made(**changes: Any) -> NN:
    """Make the network of PyNeuralNetwork([2, 3, 1]), but for the changes."""
    init = Uniform(-0.5, 0.5)
    parts: dict[str, Any] = {
        "layers": [Dense(2, 3, init), ReLU(), Dense(3, 1, init), Sigmoid()],
        "loss": BinaryCrossEntropy(),
        "optimizer": SGD(0.001),
        "clip": ClipValue(1.0),
        "dtype": "float64",
    }
    return NN(**(parts | changes))


def test_a_network_of_these_parts_is_taken(tmp_path: Path) -> None:
    made().save(tmp_path / "nn.json")
    assert repr(PyNeuralNetwork.load(tmp_path / "nn.json")) == "PyNeuralNetwork([2, 3, 1])"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"layers": [ReLU()], "input_shape": (1,)}, r"it is NN\("),
        ({"layers": [Dense(2, 1), Sigmoid()]}, "layers "),
        ({"layers": [Dense(2, 3, Uniform()), Dense(3, 1, Uniform()), Sigmoid()]}, "layers "),
        ({"loss": MSE()}, r"loss MSE\(\) in the place of BinaryCrossEntropy\(\)"),
        ({"clip": None}, r"clip None in the place of ClipValue\(1.0\)"),
        ({"optimizer": Adam()}, r"it is NN\("),
        ({"dtype": "float32"}, "numbers of float32 in the place of float64"),
    ],
)
def test_a_file_of_another_network_is_refused(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    path = tmp_path / "nn.safetensors"
    made(**changes).save(path)
    with pytest.raises(CheckpointError, match=rf"nn.safetensors: this is no network of PyNeuralNetwork: {sentence}"):
        PyNeuralNetwork.load(path)


def test_files_that_cannot_be_written_or_read(tmp_path: Path) -> None:
    net = PyNeuralNetwork([2, 1])
    with pytest.raises(CheckpointError, match=r"\.safetensors.*\.json"):
        net.save(tmp_path / "model.bin")
    with pytest.raises(CheckpointError, match="no-folder does not exist"):
        net.save(tmp_path / "no-folder" / "model.json")
    with pytest.raises(CheckpointError, match=r"missing\.json"):
        PyNeuralNetwork.load(tmp_path / "missing.json")
