"""RustNet CNN's network, against loops over pixels that are written down here a second time."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sigmoid, Uniform
from nn_loss import MSE, BinaryCrossEntropy
from nn_model import NN
from nn_model.errors import CheckpointError, DataError, PartError, ShapeError
from nn_model.rustnet import PyCNN
from nn_optim import SGD, ClipValue

Array = np.ndarray[Any, np.dtype[Any]]
Weights = dict[str, Array]


def copied(cnn: PyCNN) -> Weights:
    return {name.replace("layers.", ""): array.copy() for name, array in cnn.nn.weights().items()}


def gradients(p: Weights, image: Array, target: Array, stride: int, pool: int, step: int) -> tuple[Weights, Array]:
    """Evaluate one image by loops: the gradient of the mean of (a - y)^2, and a."""
    f = p["0.w"].shape[-1]
    rows, columns = ((size - f) // stride + 1 for size in image.shape)
    windows = [[image[i * stride :, j * stride :][:f, :f] for j in range(columns)] for i in range(rows)]
    z = np.array([[(w * p["0.w"][0, 0]).sum() + p["0.b"][0] for w in row] for row in windows])
    relu = np.maximum(z, 0)
    starts = [(i, j) for i in range(0, rows - pool + 1, step) for j in range(0, columns - pool + 1, step)]
    places = []
    for i, j in starts:
        best = int(np.argmax(relu[i : i + pool, j : j + pool]))
        places.append((i + best // pool, j + best % pool))
    flat = np.array([relu[place] for place in places])
    a = 1 / (1 + np.exp(-(flat @ p["4.w"] + p["4.b"])))
    dscores = 2 / a.size * (a - target) * a * (1 - a)
    g = {"4.w": np.outer(flat, dscores), "4.b": dscores, "0.w": np.zeros_like(p["0.w"]), "0.b": np.zeros(1)}
    for (i, j), d in zip(places, p["4.w"] @ dscores, strict=True):
        if z[i, j] > 0:
            g["0.w"][0, 0] += d * windows[i][j]
            g["0.b"] += d
    return g, a


CASES = [
    pytest.param((6, 7), {"filter_size": 3}, 1.0, id="plain"),
    pytest.param((9, 8), {"filter_size": 2, "conv_stride": 2, "pool_size": 2, "pool_stride": 1}, 1.0, id="strides"),
    pytest.param((6, 6), {"filter_size": 3, "pool_size": 3, "output_size": 3}, 1.0, id="outputs"),
    pytest.param((6, 6), {"filter_size": 3, "seed": 5}, 60.0, id="clipped"),
]


@pytest.mark.parametrize(("shape", "options", "size"), CASES)
@pytest.mark.parametrize("count", [1, 3])
def test_updates_are_those_of_the_description(
    shape: tuple[int, int], options: dict[str, int], size: float, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(2)
    images = size * rng.standard_normal((count, *shape))
    targets = rng.random((count, options.get("output_size", 1)))
    cnn = PyCNN(*shape, **options)
    p, pool = copied(cnn), options.get("pool_size", 2)
    strides = options.get("conv_stride", 1), pool, options.get("pool_stride", pool)
    errors, cut = [], 0
    for _ in range(10):
        each = [gradients(p, image, target, *strides) for image, target in zip(images, targets, strict=True)]
        errors.append(np.mean([(a - target) ** 2 for (_, a), target in zip(each, targets, strict=True)]))
        mean = {name: np.mean([g[name] for g, _ in each], axis=0) for name in p}
        cut += sum(int((np.abs(g) > 1).sum()) for g in mean.values())
        p = {name: p[name] - 0.1 * np.clip(mean[name], -1, 1) for name in p}

    cnn.train(images.tolist() if count > 1 else images[0].tolist(), targets.tolist(), learning_rate=0.1, epochs=10)

    for name, wanted in p.items():
        np.testing.assert_allclose(copied(cnn)[name], wanted, rtol=0, atol=1e-12)
    printed = re.findall(r"^Epoch \d+: MSE ~ (\S+)$", capsys.readouterr().out, re.MULTILINE)
    np.testing.assert_allclose([float(error) for error in printed], errors, rtol=1e-9)
    assert cut == 0 if size == 1.0 else cut > 0
    answers = [gradients(p, image, target, *strides)[1] for image, target in zip(images, targets, strict=True)]
    np.testing.assert_allclose(cnn.predict(images if count > 1 else images[0]), answers, rtol=1e-9)


def test_an_image_at_a_time_learns_to_tell_a_bar_from_a_field() -> None:
    rng = np.random.default_rng(0)
    bars = np.zeros((20, 6, 6))
    bars[np.arange(20), :, rng.integers(0, 6, 20)] = 1
    fields = rng.random((20, 6, 6)) * 0.3
    cnn = PyCNN(6, 6, filter_size=3)
    for _ in range(40):
        for bar, field in zip(bars, fields, strict=True):
            cnn.train(bar.tolist(), [[1.0]], learning_rate=0.5, epochs=1, verbose=False)
            cnn.train(field.tolist(), [[0.0]], learning_rate=0.5, epochs=1, verbose=False)
    assert (np.array(cnn.predict(bars)) > 0.5).mean() >= 0.9
    assert (np.array(cnn.predict(fields)) < 0.5).all()


@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
def test_a_file_gives_the_same_network_again(tmp_path: Path, suffix: str) -> None:
    image = np.random.default_rng(1).standard_normal((7, 9))
    cnn = PyCNN(7, 9, 3, conv_stride=2, pool_size=2, pool_stride=1, output_size=2, seed=3)
    cnn.train(image, [[1, 0]], 0.1, 5, verbose=False)
    cnn.save(str(tmp_path / f"cnn{suffix}"))
    again = PyCNN.load(str(tmp_path / f"cnn{suffix}"))
    assert type(again) is PyCNN
    assert again.predict(image) == cnn.predict(image)
    assert type(again.predict(image)[0][0]) is float
    for each in (cnn, again):
        each.train(image, [[0, 1]], 0.2, 5, verbose=False)
    assert again.nn.theta.tobytes() == cnn.nn.theta.tobytes()
    assert repr(again) == repr(cnn)
    assert repr(cnn).startswith("PyCNN(Conv2D(1, 1, 3, stride=2, init=Uniform()), ReLU(), MaxPool2D(2, stride=1)")


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"input_height": 0}, PartError, "input_height must be a whole number of at least 1; got 0"),
        ({"input_width": "6"}, PartError, "input_width must be a whole number"),
        ({"filter_size": 2.5}, PartError, "filter_size must be a whole number"),
        ({"filter_size": 7}, ShapeError, r"layers\[0\]"),
        ({"conv_stride": 0}, PartError, "conv_stride must be a whole number"),
        ({"pool_size": True}, PartError, "pool_size must be a whole number"),
        ({"pool_size": 5}, ShapeError, r"layers\[2\]"),
        ({"pool_stride": 0}, PartError, "pool_stride must be a whole number"),
        ({"output_size": None}, PartError, "output_size must be a whole number"),
        ({"seed": -1}, PartError, "seed must be a whole number"),
    ],
)
def test_sizes_that_make_no_network(arguments: dict[str, Any], error: type[ValueError], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        PyCNN(**{"input_height": 6, "input_width": 6, "filter_size": 3, **arguments})


@pytest.mark.parametrize(
    ("image", "error", "sentence"),
    [
        ([[0.0] * 6] * 5, ShapeError, r"takes x of shape \(rows, 1, 6, 6\); got \(1, 1, 5, 6\)"),
        ([0.0] * 36, ShapeError, r"got \(36,\)"),
        ([[[[0.0] * 6] * 6] * 2], ShapeError, r"got \(1, 2, 6, 6\)"),
        ([[0.0] * 6] * 5 + [[0.0]], DataError, "input must be a rectangular array"),
        ([["x"] * 6] * 6, DataError, "input must hold real numbers"),
        ([[float("nan")] * 6] * 6, DataError, "input holds numbers that are NaN"),
        (np.empty((0, 6, 6)), ShapeError, "no rows"),
    ],
)
def test_images_that_cannot_be_used(image: Any, error: type[ValueError], sentence: str) -> None:
    cnn = PyCNN(6, 6, 3)
    before = cnn.nn.theta.copy()
    with pytest.raises(error, match=sentence):
        cnn.train(image, [[1]], 0.1, 1)
    with pytest.raises(error, match=sentence):
        cnn.predict(image)
    assert np.array_equal(cnn.nn.theta, before)


@pytest.mark.parametrize(
    ("target", "error", "sentence"),
    [
        ([1], ShapeError, r"targets must be a list of rows, of shape \(1, 1\); got \(1,\); write"),
        ([[1, 0]], ShapeError, r"got \(1, 2\)"),
        ([[float("inf")]], DataError, "targets holds numbers that are NaN or infinite"),
    ],
)
def test_targets_that_cannot_be_used(target: Any, error: type[ValueError], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        PyCNN(6, 6, 3).train([[0.0] * 6] * 6, target, 0.1, 1)


def test_arguments_out_of_range() -> None:
    with pytest.raises(PartError, match="epochs must be"):
        PyCNN(6, 6, 3).train([[0.0] * 6] * 6, [[1]], 0.1, 0)
    with pytest.raises(PartError, match="learning_rate must be"):
        PyCNN(6, 6, 3).train([[0.0] * 6] * 6, [[1]], float("inf"), 1)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"layers": [Flatten(), Dense(36, 1), Sigmoid()]}, r"it is NN\("),
        ({"loss": BinaryCrossEntropy()}, r"loss BinaryCrossEntropy\(\) in the place of MSE\(\)"),
        ({"task": "classification"}, "task 'classification' in the place of 'regression'"),
        ({"clip": ClipValue(2.0)}, r"clip ClipValue\(2.0\) in the place of"),
    ],
)
def test_a_file_of_another_network_is_refused(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    init = Uniform(-0.5, 0.5)
    parts: dict[str, Any] = {
        "layers": [Conv2D(1, 1, 3, init=init), ReLU(), MaxPool2D(2, 2), Flatten(), Dense(4, 1, init), Sigmoid()],
        "loss": MSE(),
        "optimizer": SGD(0.1),
        "clip": ClipValue(1.0),
        "input_shape": (1, 6, 6),
        "dtype": "float64",
    }
    NN(**parts).save(tmp_path / "nn.json")
    assert PyCNN.load(tmp_path / "nn.json").predict(np.zeros((6, 6))) is not None
    NN(**(parts | changes)).save(tmp_path / "nn.json")
    with pytest.raises(CheckpointError, match=f"nn.json: this is no network of PyCNN: {sentence}"):
        PyCNN.load(tmp_path / "nn.json")
