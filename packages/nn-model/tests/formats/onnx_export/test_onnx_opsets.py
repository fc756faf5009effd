"""Every opset, on networks in which every layer is; and what is asked for beside it."""

from collections.abc import Callable
from typing import Any

import onnx
import pytest

from nn_layers import (
    ELU,
    GELU,
    SELU,
    AlphaDropout,
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
from nn_layers.layout import make_layout
from nn_loss import MSE
from nn_model import NN
from nn_model.formats.onnx.export.model import make_model
from nn_model.formats.onnx.export.table import TABLE
from nn_model.formats.onnx.export.writing import OPSETS

IMAGES: list[Propagate] = [
    Standardize(),
    Conv2D(2, 4, 3, padding="same", dilation=2, groups=2),
    BatchNorm(),
    LeakyReLU(0.1),
    MaxPool2D(3, 2, 1),
    Residual([Conv2D(None, 4, (1, 3), padding=(0, 1), bias=False), ELU(0.7), Dropout(0.1), Residual([Tanh()])]),
    AvgPool2D((2, 1), 1, (1, 0), count_include_pad=False),
    GlobalAvgPool2D(),
]
TOKENS: list[Propagate] = [
    Conv2D(2, 4, 2),
    SELU(),
    Patches((4, 3)),
    LayerNorm(),
    PositionalEncoding(),
    PositionalEncoding(trainable=False),
    Residual([SelfAttention(heads=4, projection=True), AlphaDropout(0.1)]),
    BatchNorm(),
    GELU(),
    Residual([GELU("tanh"), Dense(None, 48), Sigmoid()]),
    MeanTokens(),
    ReLU(),
    Residual([Softmax()]),
    Flatten(),
    Dense(None, 3),
]
IR = dict(zip(OPSETS, [7, 7, 8, 8, 8, 8, 9, 9, 10, 10, 11, 12, 13, 13], strict=True))
"""The version of the file that each opset came with."""


def test_all_layers_are_in_them() -> None:
    nodes = [*make_layout(IMAGES, (2, 9, 7)).walk(), *make_layout(TOKENS, (2, 9, 7)).walk()]
    assert {type(node.layer) for node in nodes} == set(TABLE)


@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("layers", [IMAGES, TOKENS], ids=["images", "tokens"])
def test_an_opset_under_onnxruntime(
    layers: list[Propagate], opset: int, network: Callable[..., NN], compare: Callable[..., Any]
) -> None:
    model = compare(network(layers, (2, 9, 7), MSE()), opset)
    assert [(o.domain, o.version) for o in model.opset_import] == [("", opset)]
    assert model.ir_version == IR[opset]


@pytest.mark.parametrize("opset", [o for o in OPSETS if o > 13])  # onnx's evaluator trains BatchNormalization at 13
@pytest.mark.parametrize("layers", [IMAGES, TOKENS], ids=["images", "tokens"])
def test_an_opset_in_float64(
    layers: list[Propagate], opset: int, network: Callable[..., NN], exact: Callable[..., Any]
) -> None:
    exact(network(layers, (2, 9, 7), MSE(), dtype="float64"), opset)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("opset", OPSETS)
def test_every_value_has_a_shape_and_any_number_of_rows(
    opset: int,
    dtype: str,
    network: Callable[..., NN],
    inferred: Callable[[Any], dict[str, tuple[Any, ...]]],
) -> None:
    nn = network(TOKENS, (2, 9, 7), MSE(), dtype=dtype)
    model = make_model(nn, opset, None)
    onnx.checker.check_model(model, full_check=True)
    shapes = inferred(model)
    assert {node.output[0] for node in model.graph.node} == shapes.keys()
    for name, shape in shapes.items():
        assert shape.count("batch") == 1, name
        assert all(isinstance(n, int) and n > 0 for n in shape if n != "batch"), name
    assert shapes["layers.2.Reshape_2"] == ("batch", *nn.core.layout.nodes[2].plan.out_shape)
