"""Constants that are worked out on the way, and numbers in another order than that in which they were computed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from nn_layers import Dense, MeanTokens, Tanh
from nn_model.errors import OnnxError
from nn_model.formats.onnx import read

Make = Callable[..., Any]
node = helper.make_node
F = np.array([1.5, -2.0, 0.25], np.float32)
G = np.array([0.5, 4.0, -3.0], np.float32)
N = np.array([7, -7, 9], np.int64)
M = np.array([2, 2, -4], np.int64)

WORK: dict[str, tuple[str, list[str], dict[str, Any]]] = {
    "Abs": ("Abs", ["f"], {}),
    "Add": ("Add", ["f", "g"], {}),
    "Cast": ("Cast", ["n"], {"to": TensorProto.FLOAT}),
    "Concat": ("Concat", ["one", "two"], {"axis": 0}),
    "ConstantOfShape": (
        "ConstantOfShape",
        ["three"],
        {"value": helper.make_tensor("v", TensorProto.FLOAT, [1], [2.5])},
    ),
    "ConstantOfShape, 0": ("ConstantOfShape", ["three"], {}),
    "Div": ("Div", ["f", "g"], {}),
    "Div, whole": ("Div", ["n", "m"], {}),
    "Expand": ("Expand", ["one", "three"], {}),
    "Floor": ("Floor", ["f"], {}),
    "Mod": ("Mod", ["n", "m"], {}),
    "Mod, as C": ("Mod", ["f", "g"], {"fmod": 1}),
    "Mul": ("Mul", ["f", "g"], {}),
    "Neg": ("Neg", ["f"], {}),
    "Pow": ("Pow", ["f", "m"], {}),
    "Reciprocal": ("Reciprocal", ["g"], {}),
    "Sqrt": ("Sqrt", ["p"], {}),
    "Sub": ("Sub", ["f", "g"], {}),
    "Where": ("Where", ["b", "f", "g"], {}),
    "Less": ("Less", ["f", "g"], {}),
    "Greater": ("Greater", ["f", "g"], {}),
    "Equal": ("Equal", ["n", "n"], {}),
    "And": ("And", ["b", "b"], {}),
    "Or": ("Or", ["b", "b"], {}),
    "Not": ("Not", ["b"], {}),
    "Transpose": ("Transpose", ["f"], {}),
    "Shape": ("Shape", ["cube"], {}),
    "Shape, cut": ("Shape", ["long"], {"start": 1, "end": -1}),
    "floats": ("Constant", [], {"value_floats": [1.0, 2.0, 4.0]}),
    "float": ("Constant", [], {"value_float": 3.0}),
    "int": ("Constant", [], {"value_int": 3}),
    "tensor": ("Constant", [], {"value": numpy_helper.from_array(F, "t")}),
}
ARRAYS = {
    "f": F, "g": G, "n": N, "m": M, "p": np.abs(F), "b": F > 0, "one": F[:1], "two": F[:2], "three": np.array([3]),
    "cube": np.ones((2, 3, 4), np.float32), "long": np.ones((5, 2, 3, 4, 5), np.float32),
}  # fmt: skip


@pytest.mark.parametrize("case", WORK)
def test_arithmetic_on_constants(model: Make, imported: Make, case: str) -> None:
    kind, inputs, attributes = WORK[case]
    nodes = [
        node(kind, inputs, ["c"], "work", **attributes),
        node("Cast", ["c"], ["d"], to=TensorProto.FLOAT),
        node("Add", ["x", "d"], ["y"]),
    ]
    imported(model(nodes, [3], {name: ARRAYS[name] for name in inputs}, output_shape=[3]))


FAULTS: dict[str, tuple[str, list[str], dict[str, Any], dict[str, Any], str]] = {
    "whole division by 0": (
        "Div", ["n", "z"], {}, {"n": N, "z": 0 * N}, "it does not work on constants of these types",
    ),
    "remainder of 0": ("Mod", ["n", "z"], {}, {"n": N, "z": 0 * N}, "it divides by 0"),
    "division by 0": ("Div", ["f", "z"], {}, {"f": F, "z": 0 * F}, "constants come out that are not finite"),
    "root": ("Sqrt", ["f"], {}, {"f": F}, "constants come out that are not finite"),
    "shapes": ("Add", ["f", "g"], {}, {"f": F, "g": G[:2]}, "shapes (3,) and (2,) do not fit each other"),
    "concat": ("Concat", ["f", "g"], {"axis": 4}, {"f": F, "g": G}, "its constants do not fit each other"),
    "cast": ("Cast", ["f"], {"to": TensorProto.STRING}, {"f": F}, "it casts constants to ONNX's type 8"),
    "shape of floats": ("Expand", ["f", "g"], {}, {"f": F, "g": G}, "a shape must be a short list of whole numbers"),
    "negative shape": ("ConstantOfShape", ["m"], {}, {"m": M}, "it makes a constant of a negative size"),
    "two values": (
        "ConstantOfShape", ["m"], {"value": helper.make_tensor("v", TensorProto.FLOAT, [2], [1.0, 2.0])},
        {"m": np.array([3])}, "it must have one value",
    ),
    "no value": ("Constant", [], {"value_string": "a"}, {}, "it has no value that a layer can use"),
    "not a tensor": ("Constant", [], {"value": 3.0}, {}, "its attribute value must be a tensor"),
    "text": ("Constant", [], {"value": numpy_helper.from_array(np.array(["a"], object), "v")}, {}, "it holds text"),
    "only for rows": ("Tanh", ["f"], {}, {"f": F}, "it works on constants alone"),
    "missing input": ("Gather", ["f", ""], {}, {"f": F}, "input 1 is missing"),
    "reshape": ("Reshape", ["f", "s"], {}, {"f": F, "s": np.array([0, 0])}, "0 keeps a size"),
    "reshape to floats": ("Reshape", ["f", "g"], {}, {"f": F, "g": G}, "a shape must be a short list of whole numbers"),
    "squeeze": (
        "Squeeze", ["f", "a"], {}, {"f": F, "a": np.array([0])}, "axes [0] of the shape (3,) are not all of size 1",
    ),
    "unsqueeze": ("Unsqueeze", ["f", "a"], {}, {"f": F, "a": np.array([1, 1])}, "it names an axis twice"),
    "unsqueeze by floats": ("Unsqueeze", ["f", "a"], {}, {"f": F, "a": F}, "axes must be whole numbers"),
    "gather": ("Gather", ["f", "a"], {}, {"f": F, "a": np.array([3])}, "its places must be whole numbers below 3"),
    "gather unsigned": ("Gather", ["f", "a"], {}, {"f": F, "a": np.array([1], "u8")}, "below 3, int32 or int64"),
    "split": ("Split", ["f", "a"], {}, {"f": F, "a": np.array([2, 2])}, "3 numbers cannot be split into [2, 2]"),
    "slice": (
        "Slice", ["f", "a", "a", "a", "z"], {}, {"f": F, "a": np.array([0]), "z": np.array([0])}, "no step 0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_constants_that_cannot_be_worked_out(model: Make, case: str) -> None:
    kind, inputs, attributes, arrays, words = FAULTS[case]
    nodes = [node(kind, inputs, ["c"], "work", **attributes), node("Add", ["x", "c"], ["y"])]
    data = model(nodes, [3], arrays, output_shape=[3]).SerializeToString()
    with pytest.raises(OnnxError, match=r"^node 'work' \(") as raised:
        read(data)
    assert words in str(raised.value)


def test_weights_in_fields_of_their_type(model: Make, follow: Make, imported: Make) -> None:
    made = model(follow(("MatMul", ["w"], {}), ("Add", ["b"], {})), [2], {})
    made.graph.initializer.append(helper.make_tensor("w", TensorProto.FLOAT, [2, 3], [1, 2, 3, 4, 5, 6.5]))
    made.graph.initializer.append(helper.make_tensor("b", TensorProto.FLOAT, [3], [0.5, 1, 2]))
    made.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 3]))
    assert imported(made).layers == (Dense(2, 3),)
    made.graph.initializer[1].CopyFrom(helper.make_tensor("b", TensorProto.UINT8, [1], [1]))
    made.graph.initializer[1].int32_data[:] = [300]
    with pytest.raises(OnnxError, match="initializer 'b': a number does not fit its type"):
        read(made.SerializeToString())


def test_tokens_first(model: Make, weights: Make, imported: Make) -> None:
    """Layers that work line by line do so in any order of the lines, and rows may be merged with tokens."""
    nodes = [
        node("Transpose", ["x"], ["t"], perm=[1, 0, 2]),
        node("LayerNormalization", ["t", "g"], ["n"]),
        node("Reshape", ["n", "lines"], ["l"]),
        node("MatMul", ["l", "w"], ["m"]),
        node("Add", ["m", "b"], ["a"]),
        node("Softmax", ["a"], ["s"], axis=-1),
        node("Mul", ["s", "c"], ["d"]),
        node("Reshape", ["d", "back"], ["r"]),
        node("Transpose", ["r"], ["u"], perm=[1, 0, 2]),
        node("Tanh", ["u"], ["h"]),
        node("ReduceMean", ["h"], ["y"], axes=[1], keepdims=0),
    ]
    arrays = {
        "g": weights(4), "w": weights(4, 3), "b": weights(3), "c": np.float32(2.0),
        "lines": np.array([-1, 4]), "back": np.array([5, -1, 3]),
    }  # fmt: skip
    nn = imported(model(nodes, [5, 4], arrays))
    assert [type(layer).__name__ for layer in nn.layers] == [
        "LayerNorm", "Dense", "Softmax", "Standardize", "Tanh", "MeanTokens",
    ]  # fmt: skip


def test_constants_for_numbers_in_another_order(model: Make, weights: Make, imported: Make) -> None:
    """Channels last: constants for each channel, each row of pixels, and each number of the image."""
    nodes = [
        node("Conv", ["x", "w"], ["c"]),
        node("Transpose", ["c"], ["t"], perm=[0, 2, 3, 1]),
        node("Relu", ["t"], ["r"]),
        node("Add", ["r", "channel"], ["a"]),
        node("Sub", ["a", "line"], ["b"]),
        node("Mul", ["b", "all"], ["d"]),
        node("Transpose", ["d"], ["u"], perm=[0, 3, 1, 2]),
        node("Tanh", ["u"], ["y"]),
    ]
    arrays = {
        "w": weights(3, 2, 2, 2), "channel": weights(3),
        "line": weights(4, 1, 1), "all": np.abs(weights(4, 5, 3)) + 0.1,
    }  # fmt: skip
    nn = imported(model(nodes, [2, 5, 6], arrays))
    assert [type(layer).__name__ for layer in nn.layers] == ["Conv2D", "ReLU", "Standardize", "Tanh"]


def test_formulas_that_are_nearly_layers(model: Make) -> None:
    """GELU with another constant, layer normalisation with another mean, ELU with two inputs: refused, not rounded."""
    gelu = [node("Mul", ["x", "k"], ["a"]), node("Erf", ["a"], ["e"], "erf"), node("Add", ["e", "one"], ["b"]),
            node("Mul", ["x", "b"], ["c"]), node("Mul", ["c", "half"], ["y"], "last")]  # fmt: skip
    norm = [node("ReduceMean", ["x"], ["m"], "mean", axes=[-1]), node("Sub", ["x", "m"], ["d"]),
            node("Mul", ["d", "x"], ["s"]), node("ReduceMean", ["s"], ["v"], axes=[-1]),
            node("Add", ["v", "one"], ["e"]), node("Sqrt", ["e"], ["r"]), node("Div", ["d", "r"], ["y"])]  # fmt: skip
    elu = [node("Max", ["x", "zero"], ["a"]), node("Tanh", ["x"], ["t"]), node("Min", ["t", "zero"], ["b"], "min"),
           node("Exp", ["b"], ["e"]), node("Sub", ["e", "one"], ["f"]), node("Add", ["a", "f"], ["y"])]  # fmt: skip
    arrays = {"k": np.float32(0.7), "one": np.float32(1), "half": np.float32(0.5), "zero": np.float32(0)}
    for nodes, name in ((gelu, "erf"), (norm, "mean"), (elu, "min")):
        with pytest.raises(OnnxError, match=f"^node '{name}' .* no layer does this, and it is no part of a formula"):
            read(model(nodes, [6], arrays).SerializeToString())
    rows = model(
        [node("Mul", ["x", "half"], ["a"]), node("Pow", ["a", "powers"], ["y"], "power")], [3], arrays | {"powers": F}
    )
    with pytest.raises(OnnxError, match=r"node 'power' \(Pow\): its powers differ from number to number"):
        read(rows.SerializeToString())


def test_attention_that_is_none(model: Make, weights: Make) -> None:
    """Queries of other weights than keys' sizes, tokens of another row, three inputs: no SelfAttention."""
    arrays = {"w": weights(6, 6), "v": weights(6, 6, seed=1), "u": weights(6, 4)}
    for values, sizes in (("x", [5, 6]), ("t", [5, 6]), ("d", [5, 4])):
        nodes = [
            node("MatMul", ["x", "w"], ["q"]),
            node("MatMul", ["x", "v"], ["k"]),
            node("MatMul", ["x", "u"], ["d"]),
            node("Tanh", ["q"], ["t"]),
            node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]),
            node("MatMul", ["q", "kt"], ["s"], "scores"),
            node("Softmax", ["s"], ["p"]),
            node("MatMul", ["p", values], ["y"], "mix"),
        ]
        with pytest.raises(OnnxError, match=r"^node 'scores' \(MatMul\): no layer does this, and it is no part"):
            read(model(nodes, [5, 6], arrays, output_shape=sizes).SerializeToString())


def test_means_of_tokens_in_another_order(model: Make, imported: Make) -> None:
    nodes = [node("Transpose", ["x"], ["t"], perm=[0, 2, 1]), node("ReduceMean", ["t"], ["y"], axes=[2], keepdims=0)]
    assert imported(model(nodes, [5, 4], {})).layers == (MeanTokens(),)
    steps = [node("Tanh", ["x"], ["t"]), node("Cast", ["t"], ["y"], to=TensorProto.FLOAT)]
    assert imported(model(steps, [4], {})).layers == (Tanh(),)
