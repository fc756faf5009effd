"""What no layer expresses is refused in one line: the node's name, its operator, the reason; and what is asked for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from nn_layers import Dense, Softmax
from nn_loss import MSE, BinaryCrossEntropy, CrossEntropy
from nn_model.errors import OnnxError
from nn_model.formats.onnx import read
from nn_optim import SGD

Make = Callable[..., Any]
Case = tuple[list[tuple[str, list[str], dict[str, Any]]], list[Any], dict[str, Any], int, str]


def f32(value: Any) -> Any:
    return np.array(value, np.float32)


W, IMAGE = f32(np.ones((4, 3))), [2, 6, 5]
CASES: dict[str, Case] = {
    "operator": ([("Softplus", [], {})], [4], {}, 17, "node 'n0' (Softplus): no layer does this"),
    "opset's operator": ([("Swish", [], {})], [4], {}, 24, "node 'n0' (Swish): no layer does this"),
    "attribute's value": (
        [("Gelu", [], {"approximate": "cubic"})],
        [4],
        {},
        20,
        "node 'n0' (Gelu): approximate must be 'none' or 'tanh'; found 'cubic'",
    ),
    "attribute's name": (
        [("Relu", [], {"slope": 0.1})],
        [4],
        {},
        17,
        "node 'n0' (Relu): its attribute 'slope' is not known",
    ),
    "attribute's type": (
        [("Elu", [], {"alpha": 1})],
        [4],
        {},
        17,
        "node 'n0' (Elu): its attribute alpha is of another type",
    ),
    "flag": ([("Gemm", ["w"], {"transB": 2})], [4], {"w": W}, 17, "node 'n0' (Gemm): transB must be 0 or 1; found 2"),
    "transposed rows": (
        [("Gemm", ["w"], {"transA": 1})],
        [4],
        {"w": W},
        17,
        "node 'n0' (Gemm): transA makes columns of",
    ),
    "gemm of tokens": ([("Gemm", ["w"], {})], [2, 4], {"w": W}, 17, "(Gemm): its input must be rows of numbers"),
    "weights": ([("MatMul", ["w"], {})], [5], {"w": W}, 17, "weights of shape (4, 3) do not fit numbers of shape"),
    "weights of three axes": (
        [("MatMul", ["w"], {})],
        [2, 4],
        {"w": f32(np.ones((2, 4, 3)))},
        17,
        "(MatMul): weights must be a matrix",
    ),
    "bias": ([("Add", ["b"], {})], [4], {"b": f32(np.ones(3))}, 17, "(Add): shapes (3,) and"),
    "whole bias": ([("Add", ["b"], {})], [4], {"b": np.array([1])}, 17, "(Add): it computes with constants of int64"),
    "factor 0": ([("Relu", [], {}), ("Mul", ["b"], {})], [4], {"b": f32(0)}, 17, "node 'n1' (Mul): no layer does this"),
    "negative factor": (
        [("Relu", [], {}), ("Mul", ["b"], {})],
        [4],
        {"b": f32(-1)},
        17,
        "node 'n1' (Mul): no layer does",
    ),
    "division by 0": ([("Div", ["b"], {})], [4], {"b": f32(0)}, 17, "node 'n0' (Div): it divides by 0"),
    "power": ([("Pow", ["b"], {})], [4], {"b": f32(2.5)}, 17, "node 'n0' (Pow): no layer takes the power 2.5"),
    "square": ([("Pow", ["b"], {})], [4], {"b": f32(2)}, 17, "node 'n0' (Pow): no layer does this, and it is no part"),
    "erf": (
        [("Tanh", [], {}), ("Erf", [], {}), ("Relu", [], {})],
        [4],
        {},
        17,
        "node 'n1' (Erf): no layer does this, and",
    ),
    "minimum": ([("Min", ["b"], {})], [4], {"b": f32(1)}, 17, "node 'n0' (Min): no layer takes a minimum"),
    "maximum": ([("Max", ["b"], {})], [4], {"b": f32(1)}, 17, "node 'n0' (Max): only the maximum with 0"),
    "clip": ([("Clip", ["b", "c"], {})], [4], {"b": f32(0), "c": f32(6)}, 17, "only clipping below 0 is a layer, ReLU"),
    "slope": ([("LeakyRelu", [], {"alpha": 2.0})], [4], {}, 17, "its slope must be at least 0 and below 1; found 2"),
    "slopes": ([("PRelu", ["b"], {})], [2], {"b": f32([0.1, 0.2])}, 17, "(PRelu): its slopes differ from channel to"),
    "alpha": ([("Elu", [], {"alpha": -1.0})], [4], {}, 17, "node 'n0' (Elu): alpha must be from 0 to 1e6; found -1"),
    "gamma": ([("Selu", [], {"gamma": 0.0})], [4], {}, 17, "node 'n0' (Selu): gamma must be from 0 to 1e6; found 0"),
    "infinite": (
        [("Elu", [], {"alpha": float("inf")})],
        [4],
        {},
        17,
        "(Elu): alpha must be a finite number; found inf",
    ),
    "ratio": (
        [("Dropout", ["b"], {})],
        [4],
        {"b": f32(1)},
        17,
        "(Dropout): ratio must be at least 0 and below 1; found 1",
    ),
    "training": (
        [("Dropout", ["b", "t"], {})],
        [4],
        {"b": f32(0.5), "t": np.array(True)},
        17,
        "(Dropout): it drops numbers at infer",
    ),
    "softmax's axis": (
        [("Softmax", [], {"axis": 1})],
        [3, 4],
        {},
        17,
        "(Softmax): it works over axis 1 of numbers of sha",
    ),
    "axis": ([("Softmax", [], {"axis": 5})], [3, 4], {}, 17, "(Softmax): axis 5 is none of an array of 3 axes"),
    "layer norm's axis": (
        [("LayerNormalization", ["w"], {"axis": 0})],
        [3],
        {"w": f32(np.ones(3))},
        17,
        "it normalises over all rows",
    ),
    "layer norm's weights": (
        [("LayerNormalization", ["w"], {})],
        [3],
        {"w": f32(np.ones(2))},
        17,
        "weights must be 3 numbers; found 2 and 1",
    ),
    "batch norm's mode": (
        [("BatchNormalization", ["a", "b", "c", "d"], {"training_mode": 1})],
        [2],
        {name: f32([1, 1]) for name in "abcd"},
        17,
        "(BatchNormalization): it normalises by the rows that come",
    ),
    "batch norm's variance": (
        [("BatchNormalization", ["a", "b", "c", "d"], {})],
        [2],
        {name: f32([1, -1]) for name in "abcd"},
        17,
        "(BatchNormalization): a variance is negative",
    ),
    "batch norm's sizes": (
        [("BatchNormalization", ["a", "b", "c", "d"], {})],
        [3],
        {name: f32([1, 1]) for name in "abcd"},
        17,
        "its w must be numbers of shape (3,); found float32 of shape (2,)",
    ),
    "mean over rows": ([("ReduceMean", [], {"axes": [0]})], [4], {}, 17, "(ReduceMean): it takes a mean over rows"),
    "mean": (
        [("ReduceMean", [], {"axes": [2]})],
        [2, 3, 4],
        {},
        17,
        "no layer takes the mean over axes [2] of numbers",
    ),
    "conv of lines": (
        [("Conv", ["w"], {})],
        [2, 6],
        {"w": f32(np.ones((3, 2, 3)))},
        17,
        "layers work on images, (rows, ",
    ),
    "conv's channels": (
        [("Conv", ["w"], {})],
        IMAGE,
        {"w": f32(np.ones((3, 4, 3, 3)))},
        17,
        "weights of shape (3, 4, 3, 3) in 1",
    ),
    "conv's groups": (
        [("Conv", ["w"], {"group": 2})],
        IMAGE,
        {"w": f32(np.ones((3, 1, 3, 3)))},
        17,
        "in 2 groups do not fit images of",
    ),
    "conv's kernel": (
        [("Conv", ["w"], {"kernel_shape": [2, 2]})],
        IMAGE,
        {"w": f32(np.ones((3, 2, 3, 3)))},
        17,
        "kernel_shape (2, 2) is not",
    ),
    "conv's pads": (
        [("Conv", ["w"], {"pads": [0, 0, 9, 9]})],
        IMAGE,
        {"w": f32(np.ones((3, 2, 3, 3)))},
        17,
        "its padding, [0, 0, 9, 9], differs",
    ),
    "conv's negative pads": (
        [("Conv", ["w"], {"pads": [0, 0, 0, -1]})],
        IMAGE,
        {"w": f32(np.ones((3, 2, 3, 3)))},
        17,
        "pads must be four sizes of at l",
    ),
    "conv's stride": (
        [("Conv", ["w"], {"strides": [0, 1]})],
        IMAGE,
        {"w": f32(np.ones((3, 2, 3, 3)))},
        17,
        "strides must be two sizes of at l",
    ),
    "conv's auto_pad": (
        [("Conv", ["w"], {"auto_pad": "SAME"})],
        IMAGE,
        {"w": f32(np.ones((3, 2, 3, 3)))},
        17,
        "auto_pad must be 'NOTSET' or",
    ),
    "conv's auto_pad, strides": (
        [("Conv", ["w"], {"auto_pad": "SAME_UPPER", "strides": [9, 9]})],
        IMAGE,
        {"w": f32(np.ones((3, 2, 1, 1)))},
        17,
        "of auto_pad with strides of (9, 9) programs make different windows",
    ),
    "small images": (
        [("Conv", ["w"], {})],
        IMAGE,
        {"w": f32(np.ones((3, 2, 7, 7)))},
        17,
        "6 x 5 pixels do not hold a window",
    ),
    "pool's pads": (
        [("MaxPool", [], {"kernel_shape": [3, 3], "pads": [1, 0, 0, 0]})],
        IMAGE,
        {},
        17,
        "its padding, [1, 0, 0, 0], differs",
    ),
    "pool's wide pads": (
        [("MaxPool", [], {"kernel_shape": [3, 3], "pads": [2] * 4})],
        IMAGE,
        {},
        17,
        "is more than half of its windows of (3, 3)",
    ),
    "pool's ceil": (
        [("MaxPool", [], {"kernel_shape": [3, 3], "strides": [3, 3], "pads": [1, 1, 1, 1], "ceil_mode": 1})],
        [2, 8, 9],
        {},
        17,
        "its padding, [1, 1, 1, 2], with what ceil_mode adds, differs from side to side",
    ),
    "mean's ceil": (
        [
            (
                "AveragePool",
                [],
                {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1] * 4, "ceil_mode": 1, "count_include_pad": 1},
            )
        ],
        IMAGE,
        {},
        19,
        "its means count the padding that is written out, but not what ceil_mode adds",
    ),
    "valid and ceil": (
        [("MaxPool", [], {"kernel_shape": [2, 2], "strides": [2, 2], "auto_pad": "VALID", "ceil_mode": 1})],
        IMAGE,
        {},
        17,
        "of ceil_mode with auto_pad VALID programs make different windows",
    ),
    "pool's dilations": (
        [("MaxPool", [], {"kernel_shape": [2, 2], "dilations": [2, 2]})],
        IMAGE,
        {},
        17,
        "its windows have gaps (dilations)",
    ),
    "pool's kernel": (
        [("MaxPool", [], {"strides": [1, 1]})],
        IMAGE,
        {},
        17,
        "kernel_shape must be two sizes of at least 1",
    ),
    "padding before pooling": (
        [("Pad", ["p"], {}), ("MaxPool", [], {"kernel_shape": [2, 2]})],
        IMAGE,
        {"p": np.array([0, 0, 1, 1, 0, 0, 1, 1])},
        17,
        "node 'n1' (MaxPool): a padding before pooling is not",
    ),
    "padding of ones": (
        [("Pad", ["p", "v"], {})],
        IMAGE,
        {"p": np.array([0, 0, 1, 1, 0, 0, 1, 1]), "v": f32(1)},
        17,
        "only zeros around images",
    ),
    "padding alone": (
        [("Pad", ["p"], {}), ("Relu", [], {})],
        IMAGE,
        {"p": np.array([0, 0, 1, 1, 0, 0, 1, 1])},
        17,
        "node 'n0' (Pad): no layer does this, and it is no part",
    ),
    "reshape": (
        [("MatMul", ["w"], {}), ("Reshape", ["s"], {})],
        [4],
        {"w": f32(np.ones((4, 6))), "s": np.array([0, 2, 3])},
        17,
        "node 'n1' (Reshape): its numbers, of shape (2, 3) a row, are in an order that no layer",
    ),
    "wrong reshape": (
        [("Reshape", ["s"], {})],
        [6],
        {"s": np.array([0, 4])},
        17,
        "numbers of shape (5, 6) cannot take the shape",
    ),
    "transpose": (
        [("Tanh", [], {}), ("Transpose", [], {"perm": [0, 2, 1]})],
        [2, 3],
        {},
        17,
        "node 'n1' (Transpose): its numbers, of shape (3, 2) a row, are in an order that no layer",
    ),
    "perm": (
        [("Transpose", [], {"perm": [0, 0, 1]})],
        [2, 3],
        {},
        17,
        "(Transpose): perm must name each of 3 axes once",
    ),
    "repeating": (
        [("Gather", ["i"], {"axis": 1})],
        [4],
        {"i": np.zeros(999, np.int64)},
        17,
        "(Gather): it repeats the numbers of its input",
    ),
    "nothing left": (
        [("Slice", ["a", "a", "b"], {})],
        [4],
        {"a": np.array([2]), "b": np.array([1])},
        17,
        "a slice leaves nothing of an arr",
    ),
    "reshape alone": (
        [("Reshape", ["s"], {})],
        [6],
        {"s": np.array([0, 2, 3])},
        17,
        "the graph only reshapes its input",
    ),
    "cast": ([("Cast", [], {"to": TensorProto.INT32})], [4], {}, 17, "(Cast): it casts the input to ONNX's type 6"),
}


@pytest.mark.parametrize("case", CASES)
def test_one_line_says_which_node_and_why(model: Make, follow: Make, case: str) -> None:
    nodes, shape, arrays, opset, words = CASES[case]
    made = model(follow(*nodes), shape, arrays, opset=opset, output_shape=["n"])
    with pytest.raises(OnnxError) as raised:
        read(made.SerializeToString())
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 500


def test_operators_that_need_two_ways(model: Make, weights: Make) -> None:
    arrays = {"w": weights(4, 4), "v": weights(4, 4, seed=1)}
    node = helper.make_node
    both = [node("MatMul", ["x", "w"], ["a"], "a"), node("MatMul", ["x", "v"], ["b"], "b")]
    for last, words in (
        (node("Add", ["a", "b"], ["y"], "last"), "node 'last' (Add): no layer does this, and it is no part"),
        (node("Mul", ["a", "b"], ["y"], "last"), "node 'last' (Mul): no layer does this"),
        (node("Concat", ["a", "b"], ["y"], "last", axis=1), "node 'last' (Concat): no layer does this"),
        (node("MatMul", ["a", "b"], ["y"], "last"), "node 'last' (MatMul): no layer multiplies arrays of shapes"),
        (node("MatMul", ["w", "a"], ["y"], "last"), "node 'last' (MatMul): weights stand before the input"),
        (node("Gather", ["w", "a"], ["y"], "last"), "node 'last' (Gather): places come of the input"),
    ):
        made = model([*both, last], [4], arrays, output_shape=["n"])
        with pytest.raises(OnnxError) as raised:
            read(made.SerializeToString())
        assert words in str(raised.value)


def test_numbers_that_depend_on_the_number_of_rows(model: Make) -> None:
    node = helper.make_node
    nodes = [
        node("Shape", ["x"], ["s"], "shape"),
        node("Gather", ["s", "i"], ["n"], "rows"),
        node("Cast", ["n"], ["f"], "cast", to=TensorProto.FLOAT),
        node("Div", ["x", "f"], ["y"], "mean"),
    ]
    made = model(nodes, [4], {"i": np.array(0)})
    with pytest.raises(OnnxError, match=r"node 'mean' \(Div\): numbers depend on the number of rows"):
        read(made.SerializeToString())
    other = model([node("Add", ["x", "b"], ["y"], "sum")], [4], {"b": np.eye(3, 4, dtype=np.float32)}, rows=3)
    with pytest.raises(OnnxError, match=r"node 'sum' \(Add\): its constant differs from row to row"):
        read(other.SerializeToString())
    fixed = read(model(nodes, [4], {"i": np.array(0)}, rows=8).SerializeToString())
    np.testing.assert_allclose(fixed.predict(np.ones((1, 4))), np.full((1, 4), 1 / 8))


def test_a_second_output_that_no_layer_gives(model: Make) -> None:
    nodes = [
        helper.make_node("MaxPool", ["x"], ["h", "places"], "pool", kernel_shape=[2, 2]),
        helper.make_node("Cast", ["places"], ["y"], "cast", to=TensorProto.FLOAT),
    ]
    made = model(nodes, [1, 4, 4], {}, output_shape=[1, 3, 3])
    with pytest.raises(
        OnnxError, match=r"node 'cast' \(Cast\): it reads 'places', a second output that no layer gives"
    ):
        read(made.SerializeToString())


def test_which_output(model: Make, weights: Make) -> None:
    nodes = [helper.make_node("MatMul", ["x", "w"], ["s"]), helper.make_node("Softmax", ["s"], ["y"])]
    made = model(nodes, [4], {"w": weights(4, 3)})
    made.graph.output.append(helper.make_tensor_value_info("s", TensorProto.FLOAT, ["batch", 3]))
    data = made.SerializeToString()
    with pytest.raises(
        OnnxError, match=r"one output of float numbers; the graph has 2 \(of 'y', 's'\); name one: output"
    ):
        read(data)
    assert read(data, output="s").layers == (Dense(4, 3),)
    assert read(data, output="y").layers == (Dense(4, 3), Softmax())
    with pytest.raises(OnnxError, match="there is no output 'z'; the graph has 'y', 's'"):
        read(data, output="z")


def test_what_is_asked_for_goes_before_what_the_end_says(model: Make, follow: Make, weights: Make) -> None:
    made = model(follow(("MatMul", ["w"], {}), ("Softmax", [], {})), [4], {"w": weights(4, 3)})
    data = made.SerializeToString()
    assert read(data).loss == CrossEntropy()
    nn = read(data, loss=CrossEntropy(label_smoothing=0.1), optimizer=SGD(0.5), classes=["a", "b", "c"], seed=7)
    assert (nn.loss, nn.optimizer, nn.classes, nn.seed) == (
        CrossEntropy(label_smoothing=0.1),
        SGD(0.5),
        ["a", "b", "c"],
        7,
    )
    assert (read(data, task="regression").loss, read(data, task="regression").task) == (MSE(), "regression")
    assert read(data, loss=MSE(), task="classification").classes == [0, 1, 2]
    with pytest.raises(OnnxError, match="classes has 2 names, the last layer tells 3 classes apart"):
        read(data, classes=["a", "b"])
    with pytest.raises(OnnxError, match="does not go with BinaryCrossEntropy"):
        read(data, loss=BinaryCrossEntropy())


def test_classes_that_metadata_say_are_taken_if_they_fit(model: Make, follow: Make, weights: Make) -> None:
    nodes, arrays = follow(("MatMul", ["w"], {}), ("Softmax", [], {})), {"w": weights(4, 3)}
    for text, wanted in (
        ('["a", "b", "c"]', ["a", "b", "c"]),
        ('["a", "b"]', [0, 1, 2]),
        ('["a", 1, null]', [0, 1, 2]),
        ("a, b, c", [0, 1, 2]),
        ("[" * 100_000, [0, 1, 2]),
        ("[1, 2", [0, 1, 2]),
    ):
        assert read(model(nodes, [4], arrays, classes=text).SerializeToString()).classes == wanted
    for said in ({"task": "cooking"}, {"loss": "os.system"}, {"loss": "BinaryCrossEntropy"}):
        assert read(model(nodes, [4], arrays, **said).SerializeToString()).loss == CrossEntropy()


def test_a_path_in_front_of_every_message(tmp_path: Path) -> None:
    for make, words in (
        (lambda path: path.mkdir(), "an ONNX model must be a regular file; found a folder"),
        (lambda path: path.write_bytes(b""), "the file is empty"),
        (lambda path: path.write_bytes(b"\x80\x04abc"), "not an ONNX model, or truncated or damaged"),
        (lambda path: path.symlink_to("/dev/zero"), "found a symbolic link"),
        (lambda _: None, "the file cannot be read: No such file or directory; check the path"),
    ):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.onnx"
        make(path)
        with pytest.raises(OnnxError) as raised:
            read(path)
        assert str(raised.value).startswith(f"{path}: ")
        assert words in str(raised.value)
    with pytest.raises(OnnxError, match="not a possible path"):
        read("a\0b")


def test_a_cap_on_the_size(model: Make, follow: Make, tmp_path: Path) -> None:
    data = model(follow(("Relu", [], {})), [3], {}).SerializeToString()
    (tmp_path / "a.onnx").write_bytes(data)
    for source in (data, bytearray(data), memoryview(data), tmp_path / "a.onnx", str(tmp_path / "a.onnx")):
        assert read(source, max_bytes=len(data)).predict([[-1.0, 0.0, 2.0]]).tolist() == [[0.0, 0.0, 2.0]]
        with pytest.raises(
            OnnxError, match=rf"has {len(data)} bytes and at most {len(data) - 1} are allowed; pass max_b"
        ):
            read(source, max_bytes=len(data) - 1)
    with pytest.raises(ValueError, match="max_bytes must be"):
        read(data, max_bytes=0)


def test_an_imported_network_can_be_trained_on(model: Make, follow: Make, weights: Make) -> None:
    nodes = follow(("MatMul", ["w"], {}), ("Relu", [], {}), ("Gemm", ["v", "b"], {}), ("Softmax", [], {}))
    arrays = {"w": weights(4, 16), "v": weights(16, 3), "b": weights(3)}
    nn = read(model(nodes, [4], arrays).SerializeToString())
    rng = np.random.default_rng(0)
    x = rng.standard_normal((120, 4))
    y = x[:, :3].argmax(axis=1)
    before = nn.test_step(x, y)[0]
    nn.fit(x, y, epochs=100, batch_size=10, verbose=False)
    loss, accuracy = nn.test_step(x, y)
    assert loss < before / 2
    assert accuracy is not None
    assert accuracy > 0.8
    assert numpy_helper.to_array(model(nodes, [4], arrays).graph.initializer[0]).shape == (4, 16)
