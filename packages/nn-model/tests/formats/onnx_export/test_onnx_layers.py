"""Every layer by itself, with all its options: onnxruntime in float32, onnx's own evaluator in float64."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime
import pytest

import nn_layers
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
from nn_loss import MSE
from nn_model import NN
from nn_model.formats.onnx.export.model import make_model
from nn_model.formats.onnx.export.table import TABLE

Shape = tuple[int, ...]
ROW, TOKENS, IMAGE = (5,), (4, 6), (4, 9, 7)

FORMULA = ["Max", "Mul", "Min", "Exp", "Sub", "Mul", "Add"]
NORM = ["ReduceMean", "Sub", "Mul", "ReduceMean", "Add", "Sqrt", "Div", "Mul", "Add"]
AFFINE = ["MatMul", "Add"]
ATTENTION = [*AFFINE, "Reshape", "Transpose", *["Gather"] * 3, "Transpose", "MatMul", "Mul", "Softmax", "MatMul"]

OF_ANY_SHAPE: list[tuple[Propagate, list[str]]] = [
    (ReLU(), ["Relu"]),
    (LeakyReLU(), ["LeakyRelu"]),
    (LeakyReLU(0.0), ["LeakyRelu"]),
    (ELU(), ["Elu"]),
    (ELU(2.5), ["Elu"]),
    (SELU(), ["Selu"]),
    (SELU(0.5, 2.0), ["Selu"]),
    (GELU(), ["Mul", "Erf", "Add", "Mul", "Mul"]),
    (GELU("tanh"), ["Mul", "Mul", "Add", "Mul", "Tanh", "Add", "Mul", "Mul"]),
    (Sigmoid(), ["Sigmoid"]),
    (Tanh(), ["Tanh"]),
    (Softmax(), ["Softmax"]),
    (Standardize(), ["Sub", "Div"]),
    (Dropout(0.5), ["Identity"]),
    (AlphaDropout(0.5), ["Identity"]),
    (LayerNorm(), ["LayerNormalization"]),
    (LayerNorm(eps=0.1), ["LayerNormalization"]),
    (Flatten(), ["Flatten"]),
    (Residual([Tanh(), Residual([Dropout(0.5)])]), ["Tanh", "Add", "Add"]),
]
OF_ONE_SHAPE: list[tuple[Propagate, Shape, list[str]]] = [
    (Flatten(), (), ["Flatten"]),
    (Dense(5, 3), ROW, ["Gemm"]),
    (Dense(6, 3), TOKENS, AFFINE),
    (Dense(7, 3), IMAGE, AFFINE),
    (BatchNorm(), ROW, ["BatchNormalization"]),
    (BatchNorm(eps=0.1), IMAGE, ["BatchNormalization"]),
    (BatchNorm(eps=0.1), TOKENS, ["Transpose", "BatchNormalization", "Transpose"]),
    (PositionalEncoding(), TOKENS, ["Add"]),
    (PositionalEncoding(trainable=False), TOKENS, ["Add"]),
    (MeanTokens(), TOKENS, ["ReduceMean"]),
    (Patches((3, 1)), IMAGE, ["Reshape", "Transpose", "Reshape"]),
    (Patches(1), IMAGE, ["Reshape", "Transpose", "Reshape"]),
    (SelfAttention(), TOKENS, [*ATTENTION, "Transpose", "Reshape"]),
    (SelfAttention(heads=3, projection=True), TOKENS, [*ATTENTION, "Transpose", "Reshape", *AFFINE]),
    (GlobalAvgPool2D(), IMAGE, ["GlobalAveragePool", "Flatten"]),
    (Conv2D(4, 3, 3), IMAGE, ["Conv"]),
    (Conv2D(4, 6, (2, 3), (2, 1), (1, 0), groups=2), IMAGE, ["Conv"]),
    (Conv2D(4, 3, (1, 2), 3, "same", bias=False), IMAGE, ["Conv"]),
    (Conv2D(4, 4, 2, 1, "same", dilation=(3, 2), groups=4), IMAGE, ["Conv"]),
    (Conv2D(4, 3, 4, 2, "same"), IMAGE, ["Conv"]),
    (Conv2D(4, 3, 1, 1, 3), IMAGE, ["Conv"]),
    (MaxPool2D(2), IMAGE, ["MaxPool"]),
    (MaxPool2D((3, 2), 1), IMAGE, ["MaxPool"]),
    (MaxPool2D((4, 1), (3, 2), (2, 0)), IMAGE, ["MaxPool"]),
    (MaxPool2D(4, 3, "same"), IMAGE, ["MaxPool"]),
    (AvgPool2D(2), IMAGE, ["AveragePool"]),
    (AvgPool2D((3, 2), 1), IMAGE, ["AveragePool"]),
    (AvgPool2D((4, 1), (3, 2), (2, 0)), IMAGE, ["AveragePool"]),
    (AvgPool2D(4, 3, "same"), IMAGE, ["AveragePool"]),
    (AvgPool2D(3, 2, 1, count_include_pad=False), IMAGE, ["AveragePool"]),
    (AvgPool2D(3, 2, "same", count_include_pad=False), IMAGE, ["AveragePool"]),
]
CASES = [*((layer, shape, nodes) for layer, nodes in OF_ANY_SHAPE for shape in (ROW, TOKENS, IMAGE)), *OF_ONE_SHAPE]
IN_FLOAT64: dict[type, list[str]] = {LeakyReLU: ["Mul", "Max"], ELU: FORMULA, SELU: FORMULA, LayerNorm: NORM}
"""Formulas in the place of nodes whose attributes would be rounded."""


def kinds(model: Any) -> list[str]:
    return [node.op_type for node in model.graph.node]


def test_the_table_has_every_public_layer() -> None:
    public = (getattr(nn_layers, name) for name in nn_layers.__all__)
    layers = {c for c in public if hasattr(c, "__pydantic_fields__") and issubclass(c, Propagate)}
    assert set(TABLE) == layers
    assert {type(layer) for layer, *_ in CASES} == layers


@pytest.mark.parametrize(("layer", "shape", "nodes"), CASES, ids=lambda value: str(value)[:60])
def test_a_layer_in_float32(
    layer: Propagate, shape: Shape, nodes: list[str], network: Callable[..., NN], compare: Callable[..., Any]
) -> None:
    assert kinds(compare(network([layer], shape, MSE()))) == nodes


@pytest.mark.parametrize(("layer", "shape", "nodes"), CASES, ids=lambda value: str(value)[:60])
def test_a_layer_in_float64(
    layer: Propagate, shape: Shape, nodes: list[str], network: Callable[..., NN], exact: Callable[..., Any]
) -> None:
    found = kinds(exact(network([layer], shape, MSE(), dtype="float64")))
    assert found == IN_FLOAT64.get(type(layer), nodes)


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu_is_one_node_since_opset_20(
    approximate: str, network: Callable[..., NN], compare: Callable[..., Any]
) -> None:
    nn = network([GELU(approximate)], ROW, MSE())  # type: ignore[arg-type]  # one of the two
    assert kinds(compare(nn, 20)) == ["Gelu"]
    assert "Gelu" not in kinds(compare(nn, 19))


def test_layer_norm_is_a_formula_before_opset_17(network: Callable[..., NN], compare: Callable[..., Any]) -> None:
    assert kinds(compare(network([LayerNorm()], TOKENS, MSE()), 16)) == NORM


@pytest.mark.parametrize("eps", [1e-5, 3e-7, 0.1, 1e-60])
def test_batch_norm_in_float64_loses_nothing_of_epsilon(
    eps: float, network: Callable[..., NN], exact: Callable[..., Any]
) -> None:
    nn = network([BatchNorm(eps=eps)], ROW, MSE(), dtype="float64")
    nn.set_weights({"layers.0.var": np.full(5, 1e-8)})
    model = exact(nn)
    (epsilon,) = (a.f for a in model.graph.node[0].attribute if a.name == "epsilon")
    assert 0 <= epsilon <= eps  # the rest is in the variance, which stays positive


def test_weights_keep_their_names_and_shapes(network: Callable[..., NN], compare: Callable[..., Any]) -> None:
    nn = network([Residual([LayerNorm(), SelfAttention(heads=2, projection=True)]), Dense(6, 3)], TOKENS, MSE())
    model = compare(nn)
    held = {i.name: tuple(i.dims) for i in model.graph.initializer}
    assert {name: array.shape for name, array in nn.weights().items()}.items() <= held.items()
    assert len({node.name for node in model.graph.node}) == len(model.graph.node)
    assert all(node.name.startswith("layers.") for node in model.graph.node)


def test_what_the_docstring_says_of_layer_norm(network: Callable[..., NN]) -> None:
    nn, twin = (network([LayerNorm(32)], (32,), MSE(), dtype=dtype) for dtype in ("float32", "float64"))
    x = (np.random.default_rng(0).standard_normal((64, 32)) + 1000).astype(np.float32)
    session = onnxruntime.InferenceSession(make_model(nn, 17, None).SerializeToString())
    wanted = twin.predict(x)
    assert np.abs(nn.predict(x) - wanted).max() < 2e-6
    assert np.abs(session.run(None, {"input": x})[0] - wanted).max() < 1e-4
