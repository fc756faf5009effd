"""A network that a format cannot hold is refused in one line that names the layer, before anything is written."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_layers import (
    ELU,
    BatchNorm,
    Conv2D,
    Dense,
    Flatten,
    MaxPool2D,
    MeanTokens,
    Patches,
    PositionalEncoding,
    Propagate,
    ReLU,
    SelfAttention,
    Sigmoid,
    Standardize,
    Tanh,
)
from nn_loss import MSE, BinaryCrossEntropy, CrossEntropy, Loss
from nn_model import NN
from nn_model.errors import CheckpointError
from nn_model.formats import nn_rs, rsnet, rust_nn, rustnet, rustnet_cnn
from nn_optim import SGD

CE, BCE = CrossEntropy(), BinaryCrossEntropy()
IMAGE, ONE = (1, 8, 8), (1, 28, 28)


def attention(**changes: Any) -> list[Propagate]:
    return [
        Patches(changes.get("patch", 4)),
        Dense(None, 64),
        PositionalEncoding(changes.get("trainable", True)),
        ReLU(),
        SelfAttention(64, changes.get("heads", 1)),
        Dense(64, 128),
        ReLU(),
        Dense(128, changes.get("back", 64)),
        MeanTokens(),
        Dense(None, 10),
    ]


def filters(**changes: Any) -> list[Propagate]:
    return [
        Conv2D(1, changes.pop("channels", 1), 3, **changes),
        ReLU(),
        MaxPool2D(2),
        Flatten(),
        Dense(None, 1),
        Sigmoid(),
    ]


def pooled(**changes: Any) -> list[Propagate]:
    return [Conv2D(1, 4, 3, padding=1), ReLU(), MaxPool2D(**changes), Flatten(), Dense(None, 3)]


CASES: dict[str, tuple[Any, list[Propagate], Loss, tuple[int, ...] | None, str]] = {
    "rustnet tanh": (
        rustnet,
        [Dense(2, 3), Tanh(), Dense(3, 1)],
        BCE,
        None,
        r"layers\[1\]: Tanh\(\) does not fit: ReLU",
    ),
    "rustnet softmax": (
        rustnet,
        [Dense(2, 3)],
        CE,
        None,
        r"through a sigmoid, and this network, of CrossEntropy\(\), .* a",
    ),
    "rustnet ends": (rustnet, [Dense(2, 3), ReLU()], BCE, None, r"after layers\[1\]: ReLU\(\) Dense is missing"),
    "rustnet tokens": (rustnet, [Dense(2, 1)], MSE(), (5, 2), r"layers\[0\].* rows of shape \(5, 2\)"),
    "cnn two": (rustnet_cnn, filters(channels=2), MSE(), IMAGE, r"layers\[0\]: Conv2D\(1, 2, 3\).* one filter"),
    "cnn padded": (rustnet_cnn, filters(padding=1), MSE(), IMAGE, r"layers\[0\].* without padding"),
    "cnn stride": (rustnet_cnn, filters(stride=(1, 2)), MSE(), IMAGE, r"layers\[0\].* must be squares"),
    "cnn dense": (
        rustnet_cnn,
        [Dense(2, 1), Sigmoid()],
        MSE(),
        None,
        r"layers\[0\]: Dense\(2, 1\) .*Conv2D must stand",
    ),
    "cnn more": (rustnet_cnn, [*filters()[:5], ReLU(), Sigmoid()], MSE(), IMAGE, r"layers\[5\].*nothing may follow"),
    "rsnet elu": (rsnet, [Dense(2, 3), ELU()], MSE(), None, r"layers\[1\]: ELU\(\).*rsnet has no such layer"),
    "rsnet stride": (rsnet, [Conv2D(1, 2, 3, 2), Flatten(), Dense(None, 3)], CE, IMAGE, r"layers\[0\].* stride 1"),
    "rsnet sides": (rsnet, [Conv2D(1, 2, 3), Flatten(), Dense(None, 3)], CE, (1, 8, 9), r"square; it gets \(1, 8, 9\)"),
    "rsnet pool": (
        rsnet,
        [MaxPool2D(3), Flatten(), Dense(None, 3)],
        CE,
        IMAGE,
        r"layers\[0\].* fit whole into \(1, 8, 8\)",
    ),
    "rsnet overlap": (rsnet, [MaxPool2D(2, 1), Flatten(), Dense(None, 3)], CE, IMAGE, "its stride must be its size"),
    "rsnet sigmoid": (rsnet, [Dense(2, 1)], BCE, None, "its scores go through a softmax"),
    "rsnet classes": (rsnet, [Dense(2, 1)], MSE(), None, r"MSE\(\) takes classes without a softmax"),
    "rsnet tokens": (rsnet, [Dense(2, 1), Flatten(), Dense(None, 2)], CE, (4, 2), r"layers\[0\].*no such layer"),
    "mlp deep": (
        rust_nn,
        [Dense(2, 3), ReLU(), Dense(3, 3), ReLU(), Dense(3, 2)],
        CE,
        None,
        r"layers\[3\].*may follow",
    ),
    "mlp flat": (rust_nn, [Dense(2, 3)], CE, None, r"after layers\[0\]: Dense\(2, 3\) ReLU is missing"),
    "mlp standard": (rust_nn, [Standardize(), Dense(2, 3), ReLU(), Dense(3, 2)], CE, (2,), r"layers\[0\]: Standardize"),
    "mlp values": (
        rust_nn,
        [Dense(2, 3), ReLU(), Dense(3, 2)],
        MSE(),
        None,
        r"of MSE\(\), ends in no softmax or sigmoid",
    ),
    "cnn pool": (rust_nn, pooled(kernel=2, stride=1), CE, IMAGE, r"layers\[2\].*must pool by 2"),
    "cnn norm": (
        rust_nn,
        [Conv2D(1, 4, 3), BatchNorm(4), Flatten(), Dense(None, 3)],
        CE,
        IMAGE,
        r"layers\[1\]: BatchN",
    ),
    "cnn bias": (rust_nn, [Conv2D(1, 4, 3, bias=False), *pooled(kernel=2)[1:]], CE, IMAGE, r"layers\[0\].*with a bias"),
    "attention heads": (
        rust_nn,
        attention(heads=2),
        CE,
        ONE,
        r"layers\[4\].*SelfAttention\(features=64\) must stand there",
    ),
    "attention fixed": (
        rust_nn,
        attention(trainable=False),
        CE,
        ONE,
        r"layers\[2\].*PositionalEncoding\(\) must stand",
    ),
    "attention patch": (rust_nn, attention(patch=7), CE, ONE, r"layers\[0\]: Patches\(7\)"),
    "attention back": (rust_nn, attention(back=32), CE, ONE, r"layers\[7\]: Dense\(128, 32\)"),
    "attention image": (rust_nn, attention(), CE, (1, 32, 32), r"layers\[0\].*\(1, 28, 28\), and gets \(1, 32, 32\)"),
    "nn-rs tanh": (
        nn_rs,
        [Dense(2, 3), Tanh(), Dense(3, 2)],
        CE,
        None,
        r"layers\[1\]: Tanh.* nn-rs has ReLU, LeakyReLU",
    ),
    "nn-rs two": (
        nn_rs,
        [Dense(2, 3), ELU(), Dense(3, 3), ReLU(), Dense(3, 2)],
        CE,
        None,
        r"layers\[3\].*must be ELU\(\)",
    ),
    "nn-rs ends": (nn_rs, [Dense(2, 3), ELU()], CE, None, r"layers\[1\]: ELU\(\).*the last layer must be Dense"),
    "nn-rs sigmoid": (nn_rs, [Dense(2, 1)], BCE, None, "through a softmax"),
}


def made(layers: Sequence[Propagate], loss: Loss, shape: tuple[int, ...] | None, task: Any = None) -> NN:
    return NN(layers, loss, SGD(), input_shape=shape, task=task)


@pytest.mark.parametrize("name", CASES)
def test_a_layer_that_does_not_fit_is_named(tmp_path: Path, name: str) -> None:
    module, layers, loss, shape, sentence = CASES[name]
    task = "classification" if name == "rsnet classes" else None
    with pytest.raises(CheckpointError, match=sentence) as fault:
        module.write(made(layers, loss, shape, task), tmp_path / "a")
    assert str(fault.value).startswith(f"{tmp_path / 'a'}: ")
    assert "\n" not in str(fault.value)
    assert list(tmp_path.iterdir()) == []


def test_numbers_that_are_not_finite_or_too_large_are_not_written(tmp_path: Path) -> None:
    nn = made([Dense(2, 3), ReLU(), Dense(3, 2)], CE, None)
    nn.theta[3] = np.nan
    with pytest.raises(CheckpointError, match=r"layers\.0\.w holds NaN"):
        rust_nn.write(nn, tmp_path / "a.bin")
    wide = NN([Dense(2, 3)], CE, SGD(), dtype="float64")
    wide.theta[0] = 1e300
    for module in (rsnet, nn_rs):
        with pytest.raises(CheckpointError, match=r"w of layers\[0\]: Dense\(2, 3\) holds numbers that float32 cannot"):
            module.write(wide, tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_cannot_be_written(tmp_path: Path) -> None:
    nn = made([Dense(2, 3)], CE, None)
    with pytest.raises(CheckpointError, match="does not exist; make it first"):
        rsnet.write(nn, tmp_path / "no" / "a.json")
    with pytest.raises(CheckpointError, match="no folder can be made there: No such file or directory"):
        nn_rs.write(nn, tmp_path / "no" / "a")
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="no folder can be made there: File exists"):
        nn_rs.write(nn, tmp_path / "file")
    nn_rs.write(made([Dense(2, 2), ELU(), Dense(2, 3)], CE, None), tmp_path / "larger")
    with pytest.raises(CheckpointError, match=r"w1\.csv there belongs to another network; name an empty folder"):
        nn_rs.write(nn, tmp_path / "larger")
