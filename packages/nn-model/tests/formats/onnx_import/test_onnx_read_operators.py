"""Every operator that is read, in the ways in which programs write it: the network says what onnxruntime says."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from nn_layers import (
    ELU,
    GELU,
    SELU,
    AvgPool2D,
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
    ReLU,
    Sigmoid,
    Softmax,
    Standardize,
    Tanh,
)
from nn_model import NN

Make = Callable[..., Any]


def kinds(nn: NN) -> list[str]:
    return [type(layer).__name__ for layer in nn.layers]


def f32(*values: Any) -> Any:
    return np.array(values[0] if len(values) == 1 else values, np.float32)


def ints(*values: int) -> Any:
    return np.array(values, np.int64)


@pytest.mark.parametrize(
    ("attributes", "shape", "bias"),
    [
        ({}, (4, 3), (3,)),
        ({"alpha": 0.5, "beta": 2.0}, (4, 3), (1, 3)),
        ({"transB": 1}, (3, 4), (1,)),
        ({"transB": 1, "alpha": -1.5}, (3, 4), ()),
        ({"transA": 0}, (4, 3), None),
    ],
)
def test_gemm(model: Make, follow: Make, weights: Make, imported: Make, attributes: Any, shape: Any, bias: Any) -> None:
    arrays = {"w": weights(*shape)} | ({} if bias is None else {"b": weights(*bias)})
    nn = imported(model(follow(("Gemm", [*arrays], attributes)), [4], arrays))
    assert nn.layers == (Dense(4, 3),)


@pytest.mark.parametrize("opset", [7, 13, 21])
@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4)])
def test_matmul_and_add(
    model: Make, follow: Make, weights: Make, imported: Make, shape: tuple[int, ...], opset: int
) -> None:
    nodes = follow(("MatMul", ["w"], {}), ("Add", ["b"], {}))
    nn = imported(model(nodes, shape, {"w": weights(4, 6), "b": weights(6)}, opset=opset))
    assert nn.layers == (Dense(4, 6),)
    nodes[1].input[:] = ["b", "h0"]
    assert imported(model(nodes, shape, {"w": weights(4, 6), "b": weights(6)}, opset=opset)).layers == (Dense(4, 6),)


CONV: dict[str, tuple[dict[str, Any], tuple[int, ...], dict[str, Any]]] = {
    "plain": ({}, (3, 2, 3, 3), {"kernel": 3}),
    "strides": ({"strides": [2, 1], "pads": [1, 0, 1, 0]}, (3, 2, 3, 2), {"stride": (2, 1), "padding": (1, 0)}),
    "groups": ({"group": 2, "kernel_shape": [2, 2]}, (4, 1, 2, 2), {"groups": 2}),
    "dilations": ({"dilations": [2, 1], "pads": [2, 1, 2, 1]}, (3, 2, 3, 3), {"dilation": (2, 1)}),
    "valid": ({"auto_pad": "VALID"}, (3, 2, 3, 3), {"padding": 0}),
    "same upper": ({"auto_pad": "SAME_UPPER"}, (3, 2, 3, 3), {"padding": 1}),
    "same upper, even": ({"auto_pad": "SAME_UPPER"}, (3, 2, 2, 2), {"padding": "same"}),
    "same upper, strides": ({"auto_pad": "SAME_UPPER", "strides": [2, 2]}, (3, 2, 3, 3), {"padding": "same"}),
    "same lower": ({"auto_pad": "SAME_LOWER"}, (3, 2, 3, 3), {"padding": 1}),
    "same lower, even": ({"auto_pad": "SAME_LOWER"}, (3, 2, 2, 2), {"kernel": 3, "padding": 1}),
    "one below": ({"pads": [0, 0, 1, 1]}, (3, 2, 2, 2), {"padding": "same"}),
    "one above": ({"pads": [1, 0, 0, 0]}, (3, 2, 3, 3), {"kernel": (4, 3), "padding": (1, 0)}),
    "two aside, strides": ({"pads": [0, 0, 1, 2], "strides": [3, 2]}, (3, 2, 3, 3), {"padding": (1, 2)}),
    "one aside, dilated": ({"pads": [0, 2, 2, 0], "dilations": [2, 2]}, (3, 2, 2, 2), {"kernel": 3}),
}


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("case", CONV)
def test_conv(model: Make, follow: Make, weights: Make, imported: Make, case: str, bias: bool) -> None:
    attributes, shape, options = CONV[case]
    arrays = {"w": weights(*shape)} | ({"b": weights(shape[0])} if bias else {})
    nn = imported(model(follow(("Conv", [*arrays], attributes)), [2, 9, 8], arrays))
    (layer,) = nn.layers
    assert isinstance(layer, Conv2D)
    assert {name: getattr(layer, name) for name in options} == options
    assert layer.bias is bias


POOLS: dict[str, tuple[str, dict[str, Any], Any]] = {
    "max": ("MaxPool", {"kernel_shape": [2, 2], "strides": [2, 2]}, MaxPool2D(2, 2)),
    "max, defaults": ("MaxPool", {"kernel_shape": [3, 2]}, MaxPool2D((3, 2), 1)),
    "max, pads": ("MaxPool", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}, MaxPool2D(3, 1, 1)),
    "max, same": ("MaxPool", {"kernel_shape": [2, 2], "auto_pad": "SAME_UPPER"}, MaxPool2D(2, 1, "same")),
    "max, ceil that is floor": (
        "MaxPool",
        {"kernel_shape": [3, 3], "strides": [3, 2], "ceil_mode": 1},
        MaxPool2D(3, (3, 2)),
    ),
    "max, ceil": (
        "MaxPool",
        {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1},
        MaxPool2D(2, 2, "same"),
    ),
    "mean, ceil": (
        "AveragePool",
        {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1, "count_include_pad": 1},
        AvgPool2D(2, 2, "same", False),
    ),
    "mean": ("AveragePool", {"kernel_shape": [2, 2], "strides": [2, 2]}, AvgPool2D(2, 2, 0, False)),
    "mean, pads": ("AveragePool", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}, AvgPool2D(3, 1, 1, False)),
    "mean, pads counted": (
        "AveragePool",
        {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1},
        AvgPool2D(3, 1, 1),
    ),
    "mean, same": (
        "AveragePool",
        {"kernel_shape": [2, 2], "strides": [2, 2], "auto_pad": "SAME_UPPER"},
        AvgPool2D(2, 2, "same", False),
    ),
    "global max": ("GlobalMaxPool", {}, MaxPool2D((9, 7))),
    "global mean": ("GlobalAveragePool", {}, AvgPool2D((9, 7))),
}


@pytest.mark.parametrize("case", POOLS)
def test_pooling(model: Make, follow: Make, imported: Make, case: str) -> None:
    kind, attributes, layer = POOLS[case]
    nn = imported(model(follow((kind, [], attributes)), [2, 9, 7], {}))
    assert nn.layers == (layer,)


@pytest.mark.parametrize("opset", [13, 18])
@pytest.mark.parametrize("kind", ["GlobalAveragePool", "ReduceMean", "ReduceMean, kept"])
def test_the_mean_of_images_before_dense(
    model: Make, follow: Make, weights: Make, imported: Make, kind: str, opset: int
) -> None:
    arrays = {"w": weights(2, 3), "axes": ints(2, 3)}
    keep: dict[str, Any] = {"keepdims": int("kept" in kind)}
    mean = ("ReduceMean", ["axes"], keep) if opset >= 18 else ("ReduceMean", [], {"axes": [2, 3], **keep})
    first = ("GlobalAveragePool", [], {}) if kind == "GlobalAveragePool" else mean
    last: Any = ("MatMul", ["w"], {})
    nodes = follow(first, last) if kind == "ReduceMean" else follow(first, ("Flatten", [], {}), last)
    assert imported(model(nodes, [2, 5, 4], arrays, opset=opset)).layers == (GlobalAvgPool2D(), Dense(2, 3))


ACTIVATIONS: dict[str, tuple[str, dict[str, Any], Any, int]] = {
    "relu": ("Relu", {}, ReLU(), 17),
    "leaky": ("LeakyRelu", {}, LeakyReLU(float(np.float32(0.01))), 17),
    "leaky 0.25": ("LeakyRelu", {"alpha": 0.25}, LeakyReLU(0.25), 17),
    "elu": ("Elu", {}, ELU(), 17),
    "elu 2": ("Elu", {"alpha": 2.0}, ELU(2.0), 17),
    "selu": ("Selu", {}, SELU(), 17),
    "selu 2, 3": ("Selu", {"alpha": 2.0, "gamma": 3.0}, SELU(2.0, 3.0), 17),
    "gelu": ("Gelu", {}, GELU(), 20),
    "gelu tanh": ("Gelu", {"approximate": "tanh"}, GELU("tanh"), 20),
    "sigmoid": ("Sigmoid", {}, Sigmoid(), 17),
    "tanh": ("Tanh", {}, Tanh(), 17),
    "dropout": ("Dropout", {}, Dropout(), 17),
    "softmax": ("Softmax", {}, Softmax(), 17),
    "softmax 2": ("Softmax", {"axis": 2}, Softmax(), 11),
}


@pytest.mark.parametrize("case", ACTIVATIONS)
def test_activations(model: Make, follow: Make, imported: Make, case: str) -> None:
    kind, attributes, layer, opset = ACTIVATIONS[case]
    nn = imported(model(follow((kind, [], attributes)), [3, 6], {}, opset=opset))
    (found,) = nn.layers
    assert type(found) is type(layer)
    assert getattr(found, "approximate", "") == getattr(layer, "approximate", "")
    for name in ("alpha", "scale", "rate"):
        assert getattr(found, name, 0) == pytest.approx(getattr(layer, name, 0), rel=1e-6)


def test_dropout_in_its_other_forms(model: Make, follow: Make, imported: Make) -> None:
    old = model(follow(("Dropout", [], {"ratio": 0.25})), [3], {}, opset=10)
    assert imported(old).layers == (Dropout(0.25),)
    new = model(
        follow(("Dropout", ["ratio", "training"], {"seed": 1})),
        [3],
        {"ratio": f32(0.25), "training": np.array(False)},
        output_shape=[3],
    )
    assert imported(new).layers == (Dropout(0.25),)


def test_relu_by_other_names(model: Make, follow: Make, imported: Make) -> None:
    assert imported(model(follow(("Max", ["zero"], {})), [3], {"zero": f32(0.0)})).layers == (ReLU(),)
    assert imported(model(follow(("Clip", ["zero"], {})), [3], {"zero": f32(0.0)})).layers == (ReLU(),)
    assert imported(model(follow(("Clip", [], {"min": 0.0})), [3], {}, opset=10)).layers == (ReLU(),)
    assert imported(model(follow(("PRelu", ["slope"], {})), [3], {"slope": f32([0.25] * 3)})).layers == (
        LeakyReLU(0.25),
    )
    nodes = [helper.make_node("Mul", ["x", "a"], ["h"]), helper.make_node("Max", ["h", "x"], ["y"])]
    assert imported(model(nodes, [3], {"a": f32(0.25)})).layers == (LeakyReLU(0.25),)


GELUS = {
    "x * 0.5 * (1 + erf)": [
        ("Div", "x", "r"),
        ("Erf", "h0"),
        ("Add", "h1", "one"),
        ("Mul", "x", "h2"),
        ("Mul", "h3", "half"),
    ],
    "x * (0.5 * erf + 0.5)": [
        ("Mul", "x", "i"),
        ("Erf", "h0"),
        ("Mul", "h1", "half"),
        ("Add", "half", "h2"),
        ("Mul", "h3", "x"),
    ],
    "0.5 x + 0.5 x erf": [
        ("Mul", "x", "i"),
        ("Erf", "h0"),
        ("Mul", "x", "half"),
        ("Mul", "h2", "h1"),
        ("Add", "h3", "h2"),
    ],
}
TANHS = {
    "PyTorch": [
        ("Mul", "x", "x"),
        ("Mul", "x", "h0"),
        ("Mul", "c", "h1"),
        ("Add", "x", "h2"),
        ("Mul", "k", "h3"),
        ("Tanh", "h4"),
        ("Add", "one", "h5"),
        ("Mul", "x", "h6"),
        ("Mul", "half", "h7"),
    ],
    "Keras": [
        ("Pow", "x", "three"),
        ("Mul", "h0", "c"),
        ("Add", "h1", "x"),
        ("Mul", "h2", "k"),
        ("Tanh", "h3"),
        ("Add", "h4", "one"),
        ("Mul", "half", "x"),
        ("Mul", "h6", "h5"),
    ],
}
NUMBERS = {
    "r": f32(np.sqrt(2)),
    "i": f32(np.sqrt(0.5)),
    "one": f32(1),
    "half": f32(0.5),
    "c": f32(0.044715),
    "k": f32(np.sqrt(2 / np.pi)),
    "three": f32(3),
}


@pytest.mark.parametrize("images", [False, True])
@pytest.mark.parametrize("case", [*GELUS, *TANHS])
def test_gelu_spelt_out(model: Make, imported: Make, case: str, images: bool) -> None:
    steps = (GELUS | TANHS)[case]
    nodes = [
        helper.make_node(kind, others, ["y" if i == len(steps) - 1 else f"h{i}"])
        for i, (kind, *others) in enumerate(steps)
    ]
    nn = imported(model(nodes, [2, 3, 4] if images else [6], NUMBERS))
    assert nn.layers == (GELU("tanh" if case in TANHS else "none"),)


@pytest.mark.parametrize("squares", ["Pow", "Mul"])
@pytest.mark.parametrize("root", ["Sqrt", "Pow"])
@pytest.mark.parametrize("affine", [False, True])
def test_layer_normalisation_spelt_out(
    model: Make, weights: Make, imported: Make, squares: str, root: str, affine: bool
) -> None:
    node = helper.make_node
    nodes = [
        node("ReduceMean", ["x"], ["m"], axes=[-1]),
        node("Sub", ["x", "m"], ["d"]),
        node("Pow", ["d", "two"], ["s"]) if squares == "Pow" else node("Mul", ["d", "d"], ["s"]),
        node("ReduceMean", ["s"], ["v"], axes=[-1]),
        node("Add", ["v", "eps"], ["e"]),
        node("Sqrt", ["e"], ["r"]) if root == "Sqrt" else node("Pow", ["e", "minus"], ["r"]),
        node("Div" if root == "Sqrt" else "Mul", ["d", "r"], ["n"]),
        *(
            [node("Mul", ["n", "w"], ["q"]), node("Add", ["q", "b"], ["y"])]
            if affine
            else [node("Identity", ["n"], ["y"])]
        ),
    ]
    arrays = {"two": f32(2), "minus": f32(-0.5), "eps": f32(1e-3), "w": weights(6), "b": weights(6, seed=1)}
    (layer,) = imported(model(nodes, [4, 6], arrays)).layers
    assert isinstance(layer, LayerNorm)
    assert layer.eps == pytest.approx(1e-3)


@pytest.mark.parametrize(("axis", "shape"), [(-1, (4, 6)), (2, (4, 6)), (1, (6,)), (-1, (2, 3, 6))])
def test_layer_normalization(
    model: Make, follow: Make, weights: Make, imported: Make, axis: int, shape: tuple[int, ...]
) -> None:
    nodes = follow(("LayerNormalization", ["w", "b"], {"axis": axis, "epsilon": 1e-4}))
    nn = imported(model(nodes, shape, {"w": weights(6), "b": weights(6, seed=1)}))
    assert kinds(nn) == ["LayerNorm"]
    nodes = follow(("LayerNormalization", ["w"], {}))
    assert kinds(imported(model(nodes, shape, {"w": weights(6)}))) == ["LayerNorm"]


def test_layer_normalization_over_images_that_are_flattened(
    model: Make, follow: Make, weights: Make, imported: Make
) -> None:
    nodes = follow(("LayerNormalization", ["w", "b"], {"axis": 1}), ("Flatten", [], {}))
    nn = imported(model(nodes, [2, 3, 4], {"w": weights(2, 3, 4), "b": weights(2, 3, 4, seed=1)}))
    assert kinds(nn) == ["Flatten", "LayerNorm"]


@pytest.mark.parametrize("shape", [(3,), (3, 5, 4), (3, 5)])
def test_batch_normalization(model: Make, follow: Make, weights: Make, imported: Make, shape: tuple[int, ...]) -> None:
    arrays = {name: weights(3, seed=i) for i, name in enumerate("wbm")} | {"v": np.abs(weights(3, seed=9)) + 0.1}
    batch = ("BatchNormalization", [*arrays], {"epsilon": 1e-3, "momentum": 0.75})
    if len(shape) == 2:  # the features of tokens are on axis 1 there
        move: Any = ("Transpose", [], {"perm": [0, 2, 1]})
        nn = imported(model(follow(move, batch, move), [5, 3], arrays))
    else:
        nn = imported(model(follow(batch), shape, arrays))
    (layer,) = nn.layers
    assert getattr(layer, "momentum", 0) == pytest.approx(0.25)


def test_constants_are_a_layers_or_a_layer(model: Make, follow: Make, weights: Make, imported: Make) -> None:
    arrays = {"m": weights(4), "s": np.abs(weights(4, seed=1)) + 0.5, "w": weights(4, 3), "c": weights(3, seed=2)}
    nodes = follow(
        ("Sub", ["m"], {}), ("Div", ["s"], {}), ("MatMul", ["w"], {}), ("Mul", ["c"], {}), ("Add", ["c"], {})
    )
    nn = imported(model(nodes, [4], arrays))
    assert nn.layers == (Standardize(), Dense(4, 3))
    np.testing.assert_allclose(nn.weights()["layers.0.mean"], arrays["m"], rtol=1e-6)
    np.testing.assert_allclose(nn.weights()["layers.0.scale"], arrays["s"], rtol=1e-6)


def test_a_number_before_the_input(model: Make, imported: Make) -> None:
    nodes = [
        helper.make_node("Sub", ["one", "x"], ["a"]),
        helper.make_node("Neg", ["a"], ["b"]),
        helper.make_node("Div", ["b", "one"], ["c"]),
        helper.make_node("Add", ["one", "c"], ["y"]),
    ]
    assert imported(model(nodes, [4], {"one": f32(1.5)})).layers == (Standardize(),)


def test_scale_and_bias_of_images(model: Make, follow: Make, weights: Make, imported: Make) -> None:
    arrays = {"w": weights(3, 2, 3, 3), "s": weights(3, 1, 1), "b": weights(1, 3, 1, 1, seed=1)}
    nodes = follow(("Conv", ["w"], {}), ("Mul", ["s"], {}), ("Add", ["b"], {}))
    nn = imported(model(nodes, [2, 6, 6], arrays))
    assert nn.layers == (Conv2D(2, 3, 3),)


@pytest.mark.parametrize(
    ("kind", "others", "attributes", "arrays", "opset"),
    [
        ("Flatten", [], {}, {}, 17),
        ("Flatten", [], {"axis": -3}, {}, 17),
        ("Reshape", ["s"], {}, {"s": ints(-1, 24)}, 17),
        ("Reshape", ["s"], {}, {"s": ints(0, -1)}, 17),
        ("Reshape", ["s"], {"allowzero": 1}, {"s": ints(-1, 24)}, 17),
    ],
)
def test_reshapes_that_flatten(
    model: Make,
    follow: Make,
    weights: Make,
    imported: Make,
    kind: str,
    others: Any,
    attributes: Any,
    arrays: Any,
    opset: int,
) -> None:
    nodes = follow((kind, others, attributes), ("Gemm", ["w"], {}))
    nn = imported(model(nodes, [2, 3, 4], arrays | {"w": weights(24, 3)}, opset=opset))
    assert nn.layers == (Flatten(), Dense(24, 3))


@pytest.mark.parametrize("fixed", [1, 6])
def test_a_graph_for_one_number_of_rows_serves_any(
    model: Make, follow: Make, weights: Make, imported: Make, fixed: int
) -> None:
    nodes = follow(("Reshape", ["s"], {}), ("Gemm", ["w"], {}))
    nn = imported(model(nodes, [2, 3], {"s": ints(fixed, 6), "w": weights(6, 3)}, rows=fixed))
    assert nn.predict(np.zeros((9, 2, 3))).shape == (9, 3)


def test_the_sizes_that_pytorch_works_out_at_run_time(model: Make, weights: Make, imported: Make) -> None:
    node = helper.make_node
    nodes = [
        node("Shape", ["x"], ["s"]),
        node("Gather", ["s", "i"], ["n"], axis=0),
        node("Unsqueeze", ["n", "axes"], ["n1"]),
        node("Constant", [], ["rest"], value_ints=[-1]),
        node("Concat", ["n1", "rest"], ["to"], axis=0),
        node("Reshape", ["x", "to"], ["f"]),
        node("Gemm", ["f", "w"], ["y"]),
    ]
    nn = imported(model(nodes, [2, 3], {"i": np.array(0), "axes": ints(0), "w": weights(6, 2)}))
    assert nn.layers == (Flatten(), Dense(6, 2))


def test_tokens(model: Make, follow: Make, weights: Make, imported: Make) -> None:
    nodes = follow(("Add", ["p"], {}), ("MatMul", ["w"], {}), ("ReduceMean", [], {"axes": [1], "keepdims": 0}))
    nn = imported(model(nodes, [5, 4], {"p": weights(5, 4), "w": weights(4, 3)}))
    assert nn.layers == (PositionalEncoding(), Dense(4, 3), MeanTokens())


def test_patches(model: Make, follow: Make, weights: Make, imported: Make) -> None:
    arrays = {"cut": ints(0, 2, 3, 2, 2, 4), "join": ints(0, 6, 16), "w": weights(16, 3)}
    move: Any = ("Transpose", [], {"perm": [0, 2, 4, 1, 3, 5]})
    nodes = follow(("Reshape", ["cut"], {}), move, ("Reshape", ["join"], {}), ("MatMul", ["w"], {}))
    nn = imported(model(nodes, [2, 6, 8], arrays))
    assert nn.layers == (Patches((2, 4)), Dense(16, 3))


def test_a_slice_before_dense_is_weights_of_zero(model: Make, follow: Make, weights: Make, imported: Make) -> None:
    arrays = {"from": ints(1), "to": ints(4), "axes": ints(1), "w": weights(3, 2)}
    nn = imported(model(follow(("Slice", ["from", "to", "axes"], {}), ("Gemm", ["w"], {})), [5], arrays))
    assert nn.layers == (Dense(5, 2),)
    assert not nn.weights()["layers.0.w"][[0, 4]].any()


def test_pieces_that_are_put_together_again(model: Make, imported: Make) -> None:
    nodes = [
        helper.make_node("Split", ["x"], ["a", "b"], axis=1),
        helper.make_node("Concat", ["a", "b"], ["h"], axis=1),
        helper.make_node("Tanh", ["h"], ["y"]),
    ]
    assert imported(model(nodes, [6], {})).layers == (Tanh(),)


def test_double(model: Make, follow: Make, imported: Make, weights: Make) -> None:
    nodes = follow(("MatMul", ["w"], {}), ("Tanh", [], {}))
    nn = imported(model(nodes, [4], {"w": weights(4, 3).astype(np.float64)}, type=TensorProto.DOUBLE))
    assert nn.theta.dtype == np.float64


def test_whole_numbers_that_are_cast(model: Make, follow: Make, weights: Make) -> None:
    from nn_model.formats.onnx import read  # noqa: PLC0415  # the fixture feeds float

    nodes = follow(("Cast", [], {"to": TensorProto.FLOAT}), ("Div", ["n"], {}), ("MatMul", ["w"], {}))
    made = model(nodes, [4], {"n": f32(255), "w": weights(4, 3)}, type=TensorProto.UINT8)
    nn = read(made.SerializeToString())
    x = np.arange(8).reshape(2, 4) * 30
    np.testing.assert_allclose(nn.predict(x), x / 255 @ weights(4, 3), rtol=1e-5)
