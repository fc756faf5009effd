"""RustNet's network: every update is the one that its description gives, evaluated here a second time."""

import itertools
import re
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_model.rustnet import PyNeuralNetwork

Array = np.ndarray[Any, np.dtype[Any]]
Layers = list[tuple[Array, Array]]


def copied(net: PyNeuralNetwork) -> Layers:
    """Give copies of weights and biases, first layer to last."""
    flat = [array.copy() for array in net.nn.weights().values()]
    return list(zip(flat[::2], flat[1::2], strict=True))


def descended(layers: Layers, x: Array, y: Array, rate: float, epochs: int) -> tuple[Layers, list[float], int]:
    """Evaluate RustNet's training: the layers, the squared errors before each update, and how many numbers were cut."""
    errors, cut = [], 0
    for _ in range(epochs):
        outputs = [x]
        for place, (w, b) in enumerate(layers):
            z = outputs[-1] @ w + b
            outputs.append(1 / (1 + np.exp(-z)) if place == len(layers) - 1 else np.maximum(z, 0))
        errors.append(float(((outputs[-1] - y) ** 2).mean()))
        dz, after = outputs[-1] - y, []
        for place in reversed(range(len(layers))):
            w, b = layers[place]
            dw, db = outputs[place].T @ dz / len(x), dz.sum(axis=0) / len(x)
            cut += int((np.abs(dw) > 1).sum() + (np.abs(db) > 1).sum())
            dz = (dz @ w.T) * (outputs[place] > 0)
            after.append((w - rate * np.clip(dw, -1, 1), b - rate * np.clip(db, -1, 1)))
        layers = after[::-1]
    return layers, errors, cut


@pytest.mark.parametrize("sizes", [[3, 1], [3, 5, 1], [3, 6, 4, 3], [2, 7, 6, 5, 2]])
@pytest.mark.parametrize(("size", "rate"), [(1.0, 0.5), (100.0, 0.1)], ids=["small", "clipped"])
def test_fifty_epochs_are_those_of_the_description(
    sizes: list[int], size: float, rate: float, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(5)
    x = size * rng.standard_normal((40, sizes[0]))
    y = (rng.random((40, sizes[-1])) < 0.3).astype(float)
    net = PyNeuralNetwork(sizes, seed=3)
    expected, errors, cut = descended(copied(net), x, y, rate, 50)

    net.train(x.tolist(), y.tolist(), learning_rate=rate, epochs=50)

    for (w, b), (wanted_w, wanted_b) in zip(copied(net), expected, strict=True):
        np.testing.assert_allclose(w, wanted_w, rtol=0, atol=1e-12)
        np.testing.assert_allclose(b, wanted_b, rtol=0, atol=1e-12)
    printed = re.findall(r"^Epoch (\d+): MSE ~ (\S+)$", capsys.readouterr().out, re.MULTILINE)
    assert [int(epoch) for epoch, _ in printed] == list(range(1, 51))
    np.testing.assert_allclose([float(error) for _, error in printed], errors, rtol=1e-9)
    assert cut == 0 if size == 1.0 else cut > 20


def test_first_weights_are_uniform_and_belong_to_the_seed() -> None:
    (w, b), _ = copied(PyNeuralNetwork([50, 400, 1], seed=1))
    assert -0.5 <= w.min() < -0.499
    assert 0.499 < w.max() < 0.5
    assert abs(w.mean()) < 0.01
    assert not b.any()
    assert w.dtype == np.float64
    assert np.array_equal(copied(PyNeuralNetwork([50, 400, 1], seed=1))[0][0], w)
    assert not np.array_equal(copied(PyNeuralNetwork([50, 400, 1]))[0][0], w)


def test_a_second_training_goes_on_with_its_own_rate() -> None:
    x, y = np.array([[0.5, -1.0], [1.5, 2.0], [-1.0, 0.3]]), np.array([[1.0], [0.0], [1.0]])
    net = PyNeuralNetwork([2, 4, 1])
    first, _, _ = descended(copied(net), x, y, 0.5, 3)
    expected, _, _ = descended(first, x, y, 0.1, 4)
    net.train(x, y, 0.5, 3, verbose=False)
    net.train(x, y, 0.1, 4, verbose=False)
    for found, wanted in zip(itertools.chain(*copied(net)), itertools.chain(*expected), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-14)


def test_xor_and_a_table_are_learnt_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    inputs, targets = [[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]]
    net = PyNeuralNetwork([2, 8, 1])
    net.train(inputs, targets, learning_rate=1.0, epochs=2000, verbose=False)
    assert [[round(p) for p in row] for row in net.predict(inputs)] == targets

    rng = np.random.default_rng(7)
    frequency = np.linspace(0, 100, 1000)
    x = np.column_stack([frequency, np.sin(frequency) + rng.normal(0, 0.1, 1000)])
    y = x[:, 1:] > 0
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    net = PyNeuralNetwork([2, 12, 1])
    net.train(x[:800], y[:800], learning_rate=0.1, epochs=500, verbose=False)
    assert ((np.array(net.predict(x[800:])) >= 0.5) == y[800:]).mean() > 0.95
    assert capsys.readouterr().out == ""


def test_an_untrained_network_answers_with_its_first_weights() -> None:
    net = PyNeuralNetwork([2, 3, 2])
    ((w1, b1), (w2, b2)), x = copied(net), np.array([[0.3, -2.0], [4.0, 1.0]])
    expected = 1 / (1 + np.exp(-(np.maximum(x @ w1 + b1, 0) @ w2 + b2)))
    found = net.predict(x.tolist())
    assert type(found) is list
    assert type(found[0]) is list
    assert type(found[0][0]) is float
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_a_lines_number_is_written_without_exponent(capsys: pytest.CaptureFixture[str]) -> None:
    net = PyNeuralNetwork([1, 1])
    net.nn.set_weights({"layers.0.w": [[1.0]], "layers.0.b": [14.0]})
    net.train([[0.0]], [[1]], learning_rate=0.1, epochs=1)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("Epoch 1: MSE ~ 0.000000000000691")


@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
@pytest.mark.parametrize("sizes", [[3, 4, 1], [3, 4, 3]])
def test_a_file_gives_the_same_network_again(tmp_path: Path, suffix: str, sizes: list[int]) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((20, 3)), (rng.random((20, sizes[-1])) < 0.5).astype(int)
    net = PyNeuralNetwork(sizes, seed=4)
    net.train(x, y, 0.1, 5, verbose=False)
    net.save(str(tmp_path / f"model{suffix}"))
    again = PyNeuralNetwork.load(str(tmp_path / f"model{suffix}"))
    assert type(again) is PyNeuralNetwork
    assert repr(again) == repr(net) == f"PyNeuralNetwork({sizes})"
    assert again.predict(x) == net.predict(x)
    for each in (net, again):
        each.train(x, y, 0.3, 5, verbose=False)
    assert again.nn.theta.tobytes() == net.nn.theta.tobytes()


def test_nothing_is_left_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    PyNeuralNetwork([1, 2, 1]).train([[1.0]], [[1]], 0.1, 2, verbose=False)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_ends_training_between_two_updates() -> None:
    net = PyNeuralNetwork([2, 4, 1])
    x, y = [[0.0, 1.0], [1.0, 0.0]], [[0], [1]]
    timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        net.train(x, y, 0.001, 200_000, verbose=False)
    timer.join()
    other = PyNeuralNetwork([2, 4, 1])
    other.train(x, y, 0.001, net.nn.step, verbose=False)
    assert other.nn.theta.tobytes() == net.nn.theta.tobytes()


def test_a_layer_that_answers_to_nothing_is_named() -> None:
    net = PyNeuralNetwork([1, 2, 1])
    net.nn.set_weights({"layers.0.w": [[-1.0, -1.0]]})
    with pytest.warns(UserWarning, match=r"layers\[1\]: ReLU\(\) gave 0 for all 2 rows"):
        net.train([[1.0], [2.0]], [[0], [1]], 0.1, 1, verbose=False)
