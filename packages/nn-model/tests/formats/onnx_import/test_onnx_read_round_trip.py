"""What `write` wrote comes back: the same predictions, task, loss and classes, whatever network it was."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nn_layers import (
    ELU,
    GELU,
    SELU,
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    LayerNorm,
    LeakyReLU,
    MaxPool2D,
    MeanTokens,
    Patches,
    PositionalEncoding,
    Propagate,
    ReLU,
    Residual,
    SelfAttention,
    Sigmoid,
    Softmax,
    Standardize,
    Tanh,
)
from nn_loss import MAE, MSE, BinaryCrossEntropy, CrossEntropy, Huber, Loss
from nn_model import NN
from nn_model.formats.onnx import read, write
from nn_model.formats.onnx.export.model import make_model
from nn_model.presets import PRESETS
from nn_optim import SGD

Shape = tuple[int, ...]
DType = Literal["float32", "float64"]


def filled(nn: NN, seed: int = 0) -> NN:
    """Give a network's arrays numbers that none of them begins with."""
    rng = np.random.default_rng(seed)
    for name, array in nn.weights().items():
        low, high = (0.5, 2.0) if name.endswith(("var", "scale")) else (-0.4, 0.4)
        nn.set_weights({name: rng.uniform(low, high, array.shape)})
    return nn


def comes_back(nn: NN, opset: int = 17, probabilities: bool | None = None) -> NN:
    """Write and read a network, and compare."""
    model = make_model(nn, opset, probabilities)
    again = read(model.SerializeToString())
    assert (again.task, type(again.loss), again.classes) == (nn.task, type(nn.loss), nn.classes)
    assert again.theta.dtype == nn.theta.dtype
    x = np.random.default_rng(1).standard_normal((9, *nn.core.layout.input_shape))
    shares = model.graph.output[0].name == "probabilities"
    wanted = nn.predict_proba(x) if shares else nn.core.inference.scores(x.astype(nn.theta.dtype))
    found = again.predict_proba(x) if shares else again.core.inference.scores(x.astype(nn.theta.dtype))
    assert found.shape == wanted.shape
    scale = max(1.0, float(np.abs(wanted).max()))
    rounding = {"float32": 1e-6, "float64": 1e-13}[str(nn.theta.dtype)]
    np.testing.assert_allclose(found / scale, wanted / scale, rtol=0, atol=rounding)
    return again


IMAGE: Shape = (2, 6, 8)
LAYERS: dict[str, tuple[list[Propagate], Shape]] = {
    "rows": ([Standardize(), Dense(5, 7), ELU(), Dropout(0.2), Dense(7, 4), SELU(), LayerNorm(4)], (5,)),
    "activations": ([LeakyReLU(0.2), GELU(), Tanh(), GELU("tanh"), Sigmoid(), ELU(1.5), ReLU(), Softmax()], (5,)),
    "norms": ([BatchNorm(), Dense(5, 4), BatchNorm(), LayerNorm(), Standardize()], (5,)),
    "images": (
        [Conv2D(2, 4, 3, padding="same"), BatchNorm(), ReLU(), MaxPool2D(2), Conv2D(4, 3, 2), AvgPool2D(2)],
        IMAGE,
    ),
    "windows": (
        [Conv2D(2, 4, (3, 2), (2, 1), (1, 0), dilation=(1, 2), groups=2, bias=False), MaxPool2D(3, 1, 1)],
        IMAGE,
    ),
    "pooled": ([Conv2D(2, 3, 2, 3, "same"), AvgPool2D(2, 2, "same", False), GlobalAvgPool2D()], IMAGE),
    "flat": ([Flatten(), Dense(None, 6), Residual([Dense(6, 6), Tanh(), Residual([Dense(6, 6), ReLU()])])], IMAGE),
    "tokens": (
        [Patches((3, 2)), Dense(None, 6), PositionalEncoding(), LayerNorm(), Residual([Dense(6, 6), GELU()])],
        IMAGE,
    ),
    "attention": (
        [Residual([LayerNorm(), SelfAttention(6, 2, projection=True)]), SelfAttention(6, 3), MeanTokens()],
        (5, 6),
    ),
    "fixed positions": ([PositionalEncoding(trainable=False), BatchNorm(), SelfAttention(6), Flatten()], (5, 6)),
    "patches of a pixel": ([Patches(1), BatchNorm(), Softmax(), Flatten(), LayerNorm()], IMAGE),
    "nothing but views": ([Dropout(0.5), Flatten()], IMAGE),
    "shifts that differ from token to token": ([LayerNorm(), PositionalEncoding(), Standardize()], (5, 6)),
    "blocks that share what they begin with": (
        [
            Patches((3, 2)),
            Residual([BatchNorm(), Standardize(), Dense(12, 12)]),
            SelfAttention(12, 2),
            Residual([Dense(12, 12)]),
            MeanTokens(),
            Residual([Dropout(0.1)]),
            Residual([GELU(), ReLU()]),
        ],
        IMAGE,
    ),
    "one token": ([Dense(4, 4), SelfAttention(4, 2), LayerNorm(), Residual([Standardize(), Standardize()])], (1, 4)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("opset", [13, 17, 22])
@pytest.mark.parametrize("case", LAYERS)
def test_all_layers(case: str, opset: int, dtype: DType) -> None:
    layers, shape = LAYERS[case]
    comes_back(filled(NN(layers, MSE(), SGD(), input_shape=shape, dtype=dtype)), opset)


@pytest.mark.parametrize("name", PRESETS)
def test_presets(name: str) -> None:
    preset = PRESETS[name]
    shape = (1, 28, 28) if preset.images else (784,)
    nn = NN(preset.layers_for(shape, 10), preset.loss, SGD(), input_shape=shape, task=preset.task)
    again = comes_back(filled(nn))
    assert [type(layer) for layer in again.layers if not isinstance(layer, Softmax | Sigmoid)] == [
        type(layer) for layer in nn.layers if not isinstance(layer, Dropout | Softmax | Sigmoid)
    ]


ENDS: list[tuple[list[Propagate], Loss, dict[str, Any]]] = [
    ([Dense(4, 3)], CrossEntropy(), {"classes": ["a", "b", "ç"]}),
    ([Dense(4, 3), Softmax()], CrossEntropy(), {"classes": [7, 5, 6]}),
    ([Dense(4, 1)], BinaryCrossEntropy(), {"classes": ["no", "yes"]}),
    ([Dense(4, 1), Sigmoid()], BinaryCrossEntropy(), {}),
    ([Dense(4, 3)], BinaryCrossEntropy(), {"classes": ["x", "y", "z"]}),
    ([Dense(4, 3), Sigmoid()], MSE(), {"task": "classification", "classes": ["x", "y", "z"]}),
    ([Dense(4, 1), Sigmoid()], MSE(), {"task": "classification"}),
    ([Dense(4, 3)], MSE(), {"task": "classification"}),
    ([Dense(4, 1)], MSE(), {"task": "classification"}),
    ([Dense(4, 2)], MSE(), {}),
    ([Dense(4, 2)], MAE(), {}),
    ([Dense(4, 2)], Huber(), {}),
    ([Dense(4, 2), Softmax()], MSE(), {}),
]


@pytest.mark.parametrize("probabilities", [None, False])
@pytest.mark.parametrize("end", range(len(ENDS)))
def test_task_loss_and_classes(end: int, probabilities: bool | None) -> None:
    layers, loss, options = ENDS[end]
    nn = filled(NN(layers, loss, SGD(), **options))
    again = comes_back(nn, probabilities=probabilities)
    x = np.random.default_rng(2).standard_normal((40, 4))
    np.testing.assert_allclose(again.predict(x), nn.predict(x), rtol=1e-5) if nn.task == "regression" else (
        np.testing.assert_array_equal(again.predict(x), nn.predict(x))
    )


def test_a_network_trains_on_from_its_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 4))
    y = x[:, :3].argmax(axis=1)
    nn = NN([Standardize(), Dense(4, 8), ELU(), Dense(8, 3)], CrossEntropy(), SGD(0.3))
    nn.adapt(x)
    nn.fit(x, y, epochs=2, verbose=False)
    write(nn, tmp_path / "a.onnx")
    again = read(tmp_path / "a.onnx", optimizer=SGD(0.3))
    for network in (nn, again):
        for _ in range(5):
            network.train_step(x, y)
    np.testing.assert_allclose(again.predict_proba(x), nn.predict_proba(x), atol=1e-5)


def test_what_the_metadata_hold() -> None:
    nn = NN([Dense(4, 3)], CrossEntropy(), SGD(), classes=["a", "b", "c"])
    said = {entry.key: entry.value for entry in make_model(nn, 17, None).metadata_props}
    assert (said["task"], said["loss"], json.loads(said["classes"])) == (
        "classification",
        "CrossEntropy",
        ["a", "b", "c"],
    )


SAME: dict[int, list[Callable[[], Propagate]]] = {
    1: [
        lambda: Dense(None, 4),
        ReLU,
        GELU,
        Tanh,
        LayerNorm,
        BatchNorm,
        Standardize,
        Softmax,
        lambda: Dropout(0.1),
        Flatten,
    ],
    2: [
        lambda: Dense(None, 4),
        GELU,
        LayerNorm,
        BatchNorm,
        PositionalEncoding,
        lambda: SelfAttention(heads=2),
        Softmax,
        Standardize,
    ],
    3: [
        lambda: Conv2D(None, 2, 3, padding=1),
        ReLU,
        BatchNorm,
        LayerNorm,
        lambda: MaxPool2D(3, 1, 1),
        lambda: GELU("tanh"),
        Softmax,
    ],
}
NEXT: dict[int, list[Callable[[], Propagate]]] = {
    1: [lambda: Dense(None, 4)],
    2: [Flatten, MeanTokens],
    3: [Flatten, GlobalAvgPool2D, lambda: Patches((2, 1))],
}
START: dict[int, Shape] = {1: (4,), 2: (3, 4), 3: (2, 4, 4)}


@st.composite
def networks(draw: st.DrawFn) -> NN:
    """Draw a chain of layers with blocks, through several kinds of rows."""
    rank = draw(st.integers(1, 3))
    layers: list[Propagate] = []
    shape = start = START[rank]
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(["same", "same", "block", "next"]))
        choices = (NEXT if kind == "next" else SAME)[len(shape)]
        made = [draw(st.sampled_from(choices))() for _ in range(draw(st.integers(1, 3)) if kind == "block" else 1)]
        if len(shape) == 2 and shape[1] % 2:
            made = [layer for layer in made if not isinstance(layer, SelfAttention)]
        if kind == "block":
            after = shape
            for layer in made:
                after = layer.plan(after).out_shape
            if not made or after != shape:
                continue
            made = [Residual(made)]
        for layer in made:
            layers.append(layer)
            shape = layer.plan(shape).out_shape
    layers += [Flatten(), Dense(None, 3)]
    losses: list[Loss] = [MSE(), CrossEntropy()]
    return filled(NN(layers, draw(st.sampled_from(losses)), SGD(), input_shape=start), draw(st.integers(0, 99)))


@settings(max_examples=150, deadline=None)
@given(networks(), st.integers(13, 26))
def test_random_networks(nn: NN, opset: int) -> None:
    comes_back(nn, opset)
