"""Graphs as other programs write them, node by node: tf2onnx, skl2onnx, rsnet; and residual blocks of all kinds."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from nn_layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Residual, Softmax
from nn_loss import MSE, BinaryCrossEntropy, CrossEntropy
from nn_model.errors import OnnxError
from nn_model.formats.onnx import read

Make = Callable[..., Any]
node = helper.make_node

TO_FIRST, TO_LAST = [0, 3, 1, 2], [0, 2, 3, 1]


def keras(weights: Make, channels: int) -> tuple[list[Any], dict[str, Any]]:
    """Give tf2onnx's nodes of Conv2D(same, strides 2), bias, ReLU, MaxPooling2D, Flatten, Dense, softmax."""
    arrays = {
        "w": weights(4, channels, 3, 3),
        "b": weights(4),
        "flat": np.array([-1, 48]),
        "d": weights(48, 3),
        "e": weights(3),
    }
    nodes = [
        node("Transpose", ["x"], ["t0"], "first", perm=TO_FIRST),
        node("Conv", ["t0", "w"], ["c"], "conv", auto_pad="SAME_UPPER", strides=[2, 2], kernel_shape=[3, 3]),
        node("Transpose", ["c"], ["t1"], "last", perm=TO_LAST),
        node("Add", ["t1", "b"], ["a"], "bias"),
        node("Relu", ["a"], ["r"], "relu"),
        node("Transpose", ["r"], ["t2"], "first again", perm=TO_FIRST),
        node("MaxPool", ["t2"], ["p"], "pool", kernel_shape=[2, 2], strides=[1, 2], auto_pad="VALID"),
        node("Transpose", ["p"], ["t3"], "last again", perm=TO_LAST),
        node("Reshape", ["t3", "flat"], ["f"], "flatten"),
        node("MatMul", ["f", "d"], ["m"], "dense"),
        node("Add", ["m", "e"], ["s"], "dense bias"),
        node("Softmax", ["s"], ["y"], "softmax"),
    ]
    return nodes, arrays


LAYERS = ["Conv2D", "ReLU", "MaxPool2D", "Flatten", "Dense", "Softmax"]


def test_keras_images_of_one_channel(model: Make, weights: Make, imported: Make) -> None:
    nodes, arrays = keras(weights, 1)
    with pytest.warns(UserWarning, match=r"has rows of shape \(10, 11, 1\), which .* \(1, 10, 11\): reshape the data"):
        nn = imported(model(nodes, [10, 11, 1], arrays))
    assert [type(layer).__name__ for layer in nn.layers] == LAYERS
    assert nn.core.layout.input_shape == (1, 10, 11)
    assert nn.loss == CrossEntropy()


def test_keras_images_of_three_channels_are_taken_channels_first(model: Make, weights: Make, imported: Make) -> None:
    nodes, arrays = keras(weights, 3)
    with pytest.warns(UserWarning, match=r"takes rows of shape \(3, 10, 11\): transpose the data"):
        nn = imported(model(nodes, [10, 11, 3], arrays), moved=TO_FIRST)
    assert [type(layer).__name__ for layer in nn.layers] == LAYERS


def test_keras_rescaling_comes_before_the_transposition(model: Make, weights: Make, imported: Make) -> None:
    nodes, arrays = keras(weights, 1)
    nodes[0].input[0] = "scaled"
    arrays["n"] = np.float32(1 / 255)
    with pytest.warns(UserWarning, match="reshape the data"):
        nn = imported(model([node("Mul", ["x", "n"], ["scaled"]), *nodes], [10, 11, 1], arrays))
    assert [type(layer).__name__ for layer in nn.layers] == ["Standardize", *LAYERS]


def test_keras_zero_padding_is_the_convolutions(model: Make, follow: Make, weights: Make, imported: Make) -> None:
    arrays = {"p": np.array([0, 0, 1, 2, 0, 0, 0, 2]), "w": weights(3, 2, 4, 3)}
    nodes = follow(("Pad", ["p"], {}), ("Conv", ["w"], {"auto_pad": "VALID"}), ("Relu", [], {}))
    (conv, _) = imported(model(nodes, [2, 8, 7], arrays)).layers
    assert conv == Conv2D(2, 3, (5, 3), padding=(1, 2), bias=False)


def test_a_batch_normalisation_that_tf2onnx_has_worked_in(model: Make, weights: Make, imported: Make) -> None:
    nodes, arrays = keras(weights, 1)
    nodes[4].input[0] = "scaled"
    arrays["g"] = weights(4, seed=3)
    nodes.insert(4, node("Mul", ["a", "g"], ["scaled"], "gamma"))
    with pytest.warns(UserWarning, match="reshape the data"):
        assert [type(layer).__name__ for layer in imported(model(nodes, [10, 11, 1], arrays)).layers] == LAYERS


def scikit(weights: Make, outputs: int, last: str, rows: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    """Give skl2onnx's nodes of a StandardScaler and a perceptron up to its probabilities, and `rows` behind them."""
    arrays = {"c": weights(4, 5), "i": weights(5), "c1": weights(5, outputs), "i1": weights(1, outputs)}
    nodes = [
        node(
            "Scaler",
            ["x"],
            ["v"],
            "Scaler",
            domain="ai.onnx.ml",
            offset=[0.1, 0.2, 0.3, 0.4],
            scale=[2.0, 1.0, 0.5, 4.0],
        ),
        node("Cast", ["v"], ["cast"], "Cast", to=TensorProto.FLOAT),
        node("MatMul", ["cast", "c"], ["m"], "MatMul"),
        node("Add", ["m", "i"], ["a"], "Add"),
        node("Tanh", ["a"], ["h"], "Tanh"),
        node("MatMul", ["h", "c1"], ["m1"], "MatMul1"),
        node("Add", ["m1", "i1"], ["a1"], "Add1"),
        node(last, ["a1"], ["p"], last),
        *rows,
    ]
    return nodes, arrays


LABELS = [
    node("ArgMax", ["y"], ["largest"], "ArgMax", axis=1),
    node("ArrayFeatureExtractor", ["classes", "largest"], ["label"], "Labels", domain="ai.onnx.ml"),
]
"""The nodes that make labels of probabilities."""


@pytest.mark.parametrize("classes", [["a", "b", "c"], [7, 8, 9]])
@pytest.mark.parametrize("mapped", [False, True])
def test_scikit_learn_with_its_labels_and_maps(model: Make, weights: Make, classes: list[Any], mapped: bool) -> None:
    nodes, arrays = scikit(weights, 3, "Softmax", [])
    text = isinstance(classes[0], str)
    tensor = helper.make_tensor("classes", TensorProto.STRING if text else TensorProto.INT64, [3], classes)
    if mapped:
        names: dict[str, Any] = {"classlabels_strings": classes} if text else {"classlabels_int64s": classes}
        nodes.append(node("ZipMap", ["p"], ["map"], "ZipMap", domain="ai.onnx.ml", **names))
    nodes.append(node("Identity", ["p"], ["y"], "Identity"))
    nodes += LABELS
    made = model(nodes, [4], arrays, output_shape=[3])
    made.graph.initializer.append(tensor)
    made.graph.output.append(
        helper.make_tensor_value_info("label", TensorProto.STRING if text else TensorProto.INT64, ["batch"])
    )
    if mapped:
        key = helper.make_map_type_proto(
            TensorProto.STRING if text else TensorProto.INT64, helper.make_tensor_type_proto(TensorProto.FLOAT, [])
        )
        del made.graph.output[0]
        made.graph.output.append(helper.make_value_info("map", helper.make_sequence_type_proto(key)))
    nn = read(made.SerializeToString())
    assert nn.classes == classes
    assert [type(layer).__name__ for layer in nn.layers] == ["Standardize", "Dense", "Tanh", "Dense", "Softmax"]


def test_scikit_learns_two_columns_of_one_probability(model: Make, weights: Make, imported: Make) -> None:
    rows = [node("Sub", ["unity", "p"], ["q"], "Sub"), node("Concat", ["q", "p"], ["y"], "Concat", axis=1)]
    nodes, arrays = scikit(weights, 1, "Sigmoid", rows)
    nn = imported(model(nodes, [4], arrays | {"unity": np.ones(1, np.float32)}, output_shape=[2]))
    assert (nn.loss, nn.classes) == (BinaryCrossEntropy(), [0, 1])
    wrong = model(nodes, [4], arrays | {"unity": np.full(1, 2.0, np.float32)}, output_shape=[2]).SerializeToString()
    with pytest.raises(OnnxError, match=r"node 'Sub' \(Sub\): no layer does this"):
        read(wrong)


def test_scikit_learns_labels_of_their_own_do_not_matter(model: Make, weights: Make, imported: Make) -> None:
    """The shapes of the two outputs are those of a multi-label network."""
    rows = [
        node("Identity", ["p"], ["y"], "Identity"),
        node("Binarizer", ["p"], ["ones"], "Binarizer", domain="ai.onnx.ml", threshold=0.5),
        node("Cast", ["ones"], ["label"], "Label", to=TensorProto.INT64),
    ]
    nodes, arrays = scikit(weights, 3, "Sigmoid", rows)
    made = model(nodes, [4], arrays, output_shape=[3])
    made.graph.output.append(helper.make_tensor_value_info("label", TensorProto.INT64, ["batch", 3]))
    nn = imported(made)
    assert nn.predict(np.zeros((2, 4))).shape == (2, 3)


def rsnet(classes: int, weights: Make) -> bytes:
    """Give rsnet's model, by its table: IR 11, opset 15, no producer, float_data, 5 classes whatever they are."""
    shapes = {
        "conv2d_0_kernel_w": (4, 1, 3, 3),
        "conv2d_0_b": (4,),
        "fc_layer_4_w": (36, classes),
        "fc_layer_4_b": (classes,),
    }
    tensors = [
        helper.make_tensor(name, TensorProto.FLOAT, shape, weights(*shape).reshape(-1).tolist())
        for name, shape in shapes.items()
    ]
    nodes = [
        node("Conv", ["input", "conv2d_0_kernel_w", "conv2d_0_b"], ["conv2d_0_out"], "conv2d_0"),
        node("Relu", ["conv2d_0_out"], ["relu_1_out"], "relu_1"),
        node("MaxPool", ["relu_1_out"], ["maxpool_2_out"], "maxpool_2", kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", ["maxpool_2_out"], ["flatten_3_out"], "flatten_3"),
        node("Gemm", ["flatten_3_out", "fc_layer_4_w", "fc_layer_4_b"], ["fc_layer_4_out"], "fc_layer_4"),
        node("Softmax", ["fc_layer_4_out"], ["probs"], "softmax_5"),
    ]
    ends = (
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 1, 8, 8])],
        [helper.make_tensor_value_info("probs", TensorProto.FLOAT, ["batch", 5])],
    )
    made = helper.make_model(
        helper.make_graph(nodes, "model", *ends, tensors), ir_version=11, opset_imports=[helper.make_opsetid("", 15)]
    )
    made.ClearField("producer_name")
    content: bytes = made.SerializeToString()
    return content


def softmax(scores: Any) -> Any:
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def by_hand(x: Any, weights: Make, classes: int) -> Any:
    """Evaluate rsnet's network with plain NumPy."""
    w, b = weights(4, 1, 3, 3), weights(4)
    y = np.zeros((len(x), 4, 6, 6))
    for i, j in np.ndindex(3, 3):
        y += np.einsum("nchw,oc->nohw", x[:, :, i : i + 6, j : j + 6], w[:, :, i, j])
    y = np.maximum(y + b[:, None, None], 0)
    y = y.reshape(len(x), 4, 3, 2, 3, 2).max(axis=(3, 5)).reshape(len(x), 36)
    return softmax(y @ weights(36, classes) + weights(classes))


@pytest.mark.parametrize("classes", [5, 10])
def test_rsnet(weights: Make, classes: int) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        nn = read(rsnet(classes, weights))
    assert [str(w.message)[:55] for w in told] == ["the file says that the output 'probs' is of shape ['bat"] * (
        classes != 5
    )
    assert nn.layers == (Conv2D(1, 4, 3), ReLU(), MaxPool2D(2, 2), Flatten(), Dense(36, classes), Softmax())
    assert nn.loss == CrossEntropy()
    x = np.random.default_rng(0).random((7, 1, 8, 8), np.float32)
    np.testing.assert_allclose(nn.predict_proba(x), by_hand(x, weights, classes), rtol=1e-5)


def test_blocks_of_all_kinds(model: Make, weights: Make, imported: Make) -> None:
    """A block in a block, one around a single activation, one whose x is itself a sum with a constant."""
    nodes = [
        node("Add", ["x", "p"], ["a"]),
        node("MatMul", ["a", "w"], ["m"]),
        node("Relu", ["m"], ["r"]),
        node("Add", ["r", "m"], ["inner"]),
        node("Add", ["inner", "a"], ["outer"]),
        node("Tanh", ["outer"], ["t"]),
        node("Add", ["outer", "t"], ["y"]),
    ]
    nn = imported(model(nodes, [5, 4], {"p": weights(5, 4), "w": weights(4, 4)}))
    assert repr(nn.layers[1:]) == "(Residual([Dense(4, 4), Residual([ReLU()])]), Residual([Tanh()]))"
    assert isinstance(nn.layers[1], Residual)


def test_a_block_between_transpositions(model: Make, weights: Make, imported: Make) -> None:
    nodes = [
        node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1]),
        node("Transpose", ["c"], ["t"], perm=TO_LAST),
        node("Relu", ["t"], ["r"]),
        node("Add", ["t", "r"], ["s"]),
        node("Transpose", ["s"], ["u"], perm=TO_FIRST),
        node("Sigmoid", ["u"], ["y"]),
    ]
    nn = imported(model(nodes, [2, 5, 4], {"w": weights(3, 2, 3, 3)}))
    assert repr(nn.layers[1:]) == "(Residual([ReLU()]), Sigmoid())"


def attention(weights: Make, *, joint: bool, scaled: str, merged: bool) -> tuple[list[Any], dict[str, Any]]:
    """Give self-attention of two heads of 3 on 5 tokens: one or three products, scaled somewhere, heads as rows."""
    arrays = {
        "w": weights(6, 18),
        "b": weights(18),
        "o": weights(6, 6),
        "d": np.float32(np.sqrt(3)),
        "q": np.float32(3**-0.25),
    }
    heads, rows = ([-1, 5, 3], [-1, 2, 5, 3]) if merged else ([-1, 2, 5, 3], [-1, 2, 5, 3])
    arrays |= {
        "cut": np.array([-1, 5, 2, 3]),
        "heads": np.array(heads),
        "rows": np.array(rows),
        "join": np.array([-1, 5, 6]),
    }
    nodes = []
    if joint:
        nodes = [
            node("MatMul", ["x", "w"], ["m"]),
            node("Add", ["m", "b"], ["a"]),
            node("Split", ["a"], ["q0", "k0", "v0"], axis=2),
        ]
    else:
        for i, name in enumerate("qkv"):
            arrays |= {f"w{name}": arrays["w"][:, 6 * i : 6 * i + 6], f"b{name}": arrays["b"][6 * i : 6 * i + 6]}
            nodes += [
                node("MatMul", ["x", f"w{name}"], [f"m{name}"]),
                node("Add", [f"m{name}", f"b{name}"], [f"{name}0"]),
            ]
    for name in "qkv":
        nodes += [
            node("Reshape", [f"{name}0", "cut"], [f"{name}1"]),
            node("Transpose", [f"{name}1"], [f"{name}2"], perm=[0, 2, 1, 3]),
            node("Reshape", [f"{name}2", "heads"], [f"{name}3"]),
        ]
    last: dict[str, Any] = {"perm": [0, 2, 1] if merged else [0, 1, 3, 2]}
    nodes.append(node("Transpose", ["k3"], ["k4"], **last))
    q, k = "q3", "k4"
    if scaled == "both":
        nodes += [node("Mul", ["q3", "q"], ["q5"]), node("Mul", ["k4", "q"], ["k5"])]
        q, k = "q5", "k5"
    nodes.append(node("MatMul", [q, k], ["s"]))
    scores = "s"
    if scaled == "scores":
        nodes.append(node("Div", ["s", "d"], ["t"]))
        scores = "t"
    nodes += [
        node("Softmax", [scores], ["p"], axis=-1),
        node("MatMul", ["p", "v3"], ["z"]),
        node("Reshape", ["z", "rows"], ["z1"]),
        node("Transpose", ["z1"], ["z2"], perm=[0, 2, 1, 3]),
        node("Reshape", ["z2", "join"], ["z3"]),
        node("MatMul", ["z3", "o"], ["y"]),
    ]
    return nodes, arrays


@pytest.mark.parametrize("joint", [False, True])
@pytest.mark.parametrize("scaled", ["scores", "both", "not at all"])
@pytest.mark.parametrize("merged", [False, True])
def test_attention_in_several_spellings(
    model: Make, weights: Make, imported: Make, joint: bool, scaled: str, merged: bool
) -> None:
    nodes, arrays = attention(weights, joint=joint, scaled=scaled, merged=merged)
    nn = imported(model(nodes, [5, 6], arrays))
    assert repr(nn.layers) == "(SelfAttention(features=6, heads=2, projection=True),)"


def test_an_initializer_that_is_an_input_as_well(model: Make, follow: Make, weights: Make, imported: Make) -> None:
    made = model(follow(("MatMul", ["w"], {})), [4], {"w": weights(4, 3)})
    made.graph.input.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, [4, 3]))
    assert imported(made).loss == MSE()
    assert numpy_helper.to_array(made.graph.initializer[0]).shape == (4, 3)
