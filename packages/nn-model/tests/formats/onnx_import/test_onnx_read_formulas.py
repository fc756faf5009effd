"""Formulas as exporters and ONNX's definitions spell them: choices by a sign, softmax, normalisation; linear models."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from nn_layers import ELU, SELU, Dense, LayerNorm, LeakyReLU, ReLU, SelfAttention, Sigmoid, Softmax
from nn_loss import MSE, BinaryCrossEntropy, CrossEntropy
from nn_model.errors import OnnxError
from nn_model.formats.onnx import read

Make = Callable[..., Any]
node = helper.make_node


def f32(value: Any) -> Any:
    return np.array(value, np.float32)


ZERO = {"zero": f32(0.0), "alpha": f32(0.5), "gamma": f32(1.5), "one": f32(1.0), "three": f32(3.0)}
EXP = [node("Exp", ["x"], ["e"], "e"), node("Sub", ["e", "one"], ["e1"], "e1"), node("Mul", ["alpha", "e1"], ["low"])]
SHARE = [node("Mul", ["alpha", "x"], ["low"], "low")]
CHOICES: dict[str, tuple[list[Any], Any]] = {
    "relu": ([node("Less", ["x", "zero"], ["c"]), node("Where", ["c", "zero", "x"], ["y"])], ReLU()),
    "relu from above": ([node("Greater", ["x", "zero"], ["c"]), node("Where", ["c", "x", "zero"], ["y"])], ReLU()),
    "relu turned": ([node("GreaterOrEqual", ["zero", "x"], ["c"]), node("Where", ["c", "zero", "x"], ["y"])], ReLU()),
    "leaky": (
        [*SHARE, node("LessOrEqual", ["x", "zero"], ["c"]), node("Where", ["c", "low", "x"], ["y"])],
        LeakyReLU(0.5),
    ),
    "leaky turned": (
        [*SHARE, node("Less", ["zero", "x"], ["c"]), node("Where", ["c", "x", "low"], ["y"])],
        LeakyReLU(0.5),
    ),
    "elu": ([*EXP, node("Less", ["x", "zero"], ["c"]), node("Where", ["c", "low", "x"], ["y"])], ELU(0.5)),
    "selu": (
        [
            *EXP,
            node("Mul", ["low", "gamma"], ["lower"]),
            node("Mul", ["x", "gamma"], ["high"]),
            node("Greater", ["x", "zero"], ["c"]),
            node("Where", ["c", "high", "lower"], ["y"]),
        ],
        SELU(0.5, 1.5),
    ),
    "max of a cast zero": ([node("CastLike", ["zero", "x"], ["z"]), node("Max", ["x", "z"], ["y"])], ReLU()),
}


@pytest.mark.parametrize("case", CHOICES)
@pytest.mark.parametrize("shape", [(4,), (2, 3, 3)])
def test_choices_by_a_sign(model: Make, imported: Make, case: str, shape: tuple[int, ...]) -> None:
    nodes, layer = CHOICES[case]
    assert imported(model(nodes, shape, ZERO)).layers == (layer,)


def test_a_multiple_of_a_choice_is_the_next_layers(model: Make, weights: Make, imported: Make) -> None:
    nodes = [
        node("MatMul", ["x", "w"], ["h"]),
        node("Mul", ["h", "gamma"], ["high"]),
        node("Less", ["h", "zero"], ["c"]),
        node("Where", ["c", "zero", "high"], ["r"]),
        node("MatMul", ["r", "v"], ["y"]),
    ]
    nn = imported(model(nodes, [4], ZERO | {"w": weights(4, 3), "v": weights(3, 2)}))
    assert [type(layer).__name__ for layer in nn.layers] == ["Dense", "ReLU", "Standardize", "Dense"]


REFUSED: dict[str, tuple[list[Any], str]] = {
    "comparison": (
        [node("Less", ["x", "one"], ["c"], "c"), node("Where", ["c", "zero", "x"], ["y"])],
        "'c' (Less): only a",
    ),
    "condition": (
        [node("Exp", ["x"], ["c"]), node("Where", ["c", "zero", "x"], ["y"], "y")],
        "by something else than a sign",
    ),
    "constant": (
        [node("Less", ["x", "zero"], ["c"]), node("Where", ["c", "one", "x"], ["y"], "y")],
        "not of the same place",
    ),
    "place": (
        [
            node("Transpose", ["x"], ["t"], perm=[0, 2, 1]),
            node("Less", ["x", "zero"], ["c"]),
            node("Where", ["c", "t", "x"], ["y"], "y"),
        ],
        "'y' (Where): it chooses between numbers that are not of the same place, or constant",
    ),
    "nothing above": (
        [node("Less", ["x", "zero"], ["c"]), node("Where", ["c", "x", "zero"], ["y"], "y")],
        "'y' (Where): of positive numbers it gives no multiple",
    ),
    "swish below": (
        [
            node("Sigmoid", ["x"], ["s"]),
            node("Mul", ["s", "x"], ["m"]),
            node("Less", ["x", "zero"], ["c"]),
            node("Where", ["c", "m", "x"], ["y"], "y"),
        ],
        "'y' (Where): of negative numbers it gives neither one share nor a multiple of exp(x) - 1",
    ),
    "exp below": (
        [node("Exp", ["x"], ["e"]), node("Less", ["x", "zero"], ["c"]), node("Where", ["c", "e", "x"], ["y"], "y")],
        "'y' (Where): of negative numbers",
    ),
    "steep below": (
        [
            node("Mul", ["x", "three"], ["low"]),
            node("Less", ["x", "zero"], ["c"]),
            node("Where", ["c", "low", "x"], ["y"], "y"),
        ],
        "its slope must be at least 0 and below 1; found 3",
    ),
    "reciprocal": (
        [node("Add", ["x", "one"], ["a"]), node("Reciprocal", ["a"], ["y"], "y")],
        "'y' (Reciprocal): it divides by a sum, which no layer does",
    ),
    "reciprocal alone": (
        [node("Reciprocal", ["x"], ["y"], "y")],
        "'y' (Reciprocal): no layer does this, and it is no part",
    ),
    "whole like": (
        [node("CastLike", ["zero", "whole"], ["z"], "z"), node("Add", ["x", "z"], ["y"])],
        "casts constants to another",
    ),
    "largest": (
        [node("ReduceMax", ["x"], ["y"], "y", axes=[2])],
        "'y' (ReduceMax): no layer does this, and it is no part",
    ),
    "largest of columns": (
        [node("ReduceMax", ["x"], ["y"], "y", axes=[1])],
        "no layer takes the maximum over axes [1] of numbers",
    ),
    "sum of rows": ([node("ReduceSum", ["x", "axis"], ["y"], "y")], "'y' (ReduceSum): it takes a sum over rows"),
    "sum of what no layer gives": (
        [node("Exp", ["x"], ["e"], "e"), node("ReduceMean", ["e"], ["y"], "y", axes=[1])],
        "node 'e' (Exp): no layer does this",
    ),
    "pooled": ([node("Exp", ["x"], ["e"], "e"), node("GlobalAveragePool", ["e"], ["y"], "y")], "layers pool images"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_layer_chooses(model: Make, case: str) -> None:
    nodes, words = REFUSED[case]
    arrays = ZERO | {"whole": np.array([1]), "axis": np.array([0])}
    made = model(nodes, [3, 3], arrays, output_shape=["n"])
    with pytest.raises(OnnxError) as raised:
        read(made.SerializeToString())
    assert words in str(raised.value)


def test_pooling_of_what_no_layer_gives(model: Make) -> None:
    for last in (node("GlobalAveragePool", ["e"], ["y"], "y"), node("MaxPool", ["e"], ["y"], "y", kernel_shape=[2, 2])):
        made = model([node("Exp", ["x"], ["e"], "e"), last], [2, 4, 4], {}, output_shape=["n"])
        with pytest.raises(OnnxError, match=r"node 'e' \(Exp\): no layer does this"):
            read(made.SerializeToString())


FOLLOWERS: dict[str, tuple[str, list[str], dict[str, Any]]] = {
    "Gemm": ("Gemm", ["w"], {}),
    "LayerNormalization": ("LayerNormalization", ["g"], {}),
    "BatchNormalization": ("BatchNormalization", ["g", "g", "g", "g"], {}),
}


@pytest.mark.parametrize("case", FOLLOWERS)
def test_the_node_that_is_at_fault_is_named_and_not_the_one_behind_it(model: Make, case: str) -> None:
    kind, others, attributes = FOLLOWERS[case]
    last = node(kind, ["m", *others], ["y"], "head", **attributes)
    arrays = {"w": f32(np.ones((4, 2))), "g": f32(np.ones(4)), "v": f32(np.eye(4))}
    silu = [node("Sigmoid", ["x"], ["s"], "sigmoid"), node("Mul", ["x", "s"], ["m"], "silu")]
    projection = [
        node("MatMul", ["x", "v"], ["a"], "left"),
        node("Tanh", ["x"], ["b"], "right"),
        node("Add", ["a", "b"], ["m"], "join"),
    ]
    for nodes, words in ((silu, "node 'silu' (Mul): no layer"), (projection, "node 'join' (Add): no layer")):
        with pytest.raises(OnnxError) as raised:
            read(model([*nodes, last], [4], arrays, output_shape=["n"]).SerializeToString())
        assert words in str(raised.value)


def softmax(x: str, y: str, largest: bool = True) -> list[Any]:
    """Give the nodes of ONNX's definition of Softmax."""
    first = [node("ReduceMax", [x], ["m"], axes=[-1]), node("Sub", [x, "m"], ["d"])] if largest else []
    last = [node("ReduceSum", ["e", "axes"], ["t"]), node("Div", ["e", "t"], [y], "share")]
    return [*first, node("Exp", ["d" if largest else x], ["e"]), *last]


@pytest.mark.parametrize("largest", [False, True])
@pytest.mark.parametrize("shape", [(4,), (3, 4)])
def test_softmax(model: Make, weights: Make, imported: Make, shape: tuple[int, ...], largest: bool) -> None:
    arrays = {"w": weights(4, 5), "axes": np.array([-1])}
    nn = imported(model([node("MatMul", ["x", "w"], ["h"]), *softmax("h", "y", largest)], shape, arrays))
    assert nn.layers == (Dense(4, 5), Softmax())


def test_almost_a_softmax(model: Make) -> None:
    arrays = {"axes": np.array([-1]), "two": f32(2.0)}
    for place, other in ((0, "twice"), (4, "d"), (3, "x")):
        nodes = softmax("x", "y")
        nodes[place].input[0] = other
        with pytest.raises(OnnxError, match="no layer does this"):
            read(
                model([node("Mul", ["x", "two"], ["twice"]), *nodes], [4], arrays, output_shape=[4]).SerializeToString()
            )


def test_attention_with_a_softmax_of_nodes(model: Make, weights: Make, imported: Make) -> None:
    arrays = {"axes": np.array([-1]), "half": f32(0.5)} | {name: weights(4, 4, seed=i) for i, name in enumerate("qkv")}
    nodes = [
        *(node("MatMul", ["x", name], [f"x{name}"]) for name in "qkv"),
        node("Transpose", ["xk"], ["kt"], perm=[0, 2, 1]),
        node("MatMul", ["xq", "kt"], ["qk"]),
        node("Mul", ["qk", "half"], ["scores"]),
        *softmax("scores", "shares"),
        node("MatMul", ["shares", "xv"], ["y"]),
    ]
    (layer,) = imported(model(nodes, [5, 4], arrays)).layers
    assert isinstance(layer, SelfAttention)


def normalised(*, squares: bool, inverse: str) -> list[Any]:
    """Give layer normalisation in nodes, with the variance in one way or the other, as Keras and PyTorch spell it."""
    variance = [
        node("Mul", ["x", "x"], ["xx"]),
        node("ReduceMean", ["xx"], ["mxx"], axes=[-1]),
        node("Mul", ["mu", "mu"], ["mm"]),
        node("Sub", ["mxx", "mm"], ["var"]),
    ]
    if squares:
        variance = [node("Mul", ["d", "d"], ["dd"]), node("ReduceMean", ["dd"], ["var"], axes=[-1])]
    root = [node("Reciprocal", ["sd"], ["inv"])] if inverse == "Reciprocal" else [node("Div", ["one", "sd"], ["inv"])]
    return [
        node("ReduceMean", ["x"], ["mu"], axes=[-1]),
        node("Sub", ["x", "mu"], ["d"]),
        *variance,
        node("Add", ["var", "eps"], ["ve"]),
        node("Sqrt", ["ve"], ["sd"]),
        *root,
        node("Mul", ["inv", "g"], ["scale"]),
        node("Mul", ["x", "scale"], ["xs"]),
        node("Mul", ["mu", "scale"], ["ms"]),
        node("Sub", ["b", "ms"], ["shift"]),
        node("Add", ["xs", "shift"], ["y"]),
    ]


@pytest.mark.parametrize("shape", [(6,), (4, 6)])
@pytest.mark.parametrize("inverse", ["Reciprocal", "Div"])
@pytest.mark.parametrize("squares", [False, True])
def test_layer_normalisation(
    model: Make, weights: Make, imported: Make, squares: bool, inverse: str, shape: tuple[int, ...]
) -> None:
    arrays = {"eps": f32(1e-3), "one": f32(1.0), "g": weights(6), "b": weights(6, seed=1)}
    (layer,) = imported(model(normalised(squares=squares, inverse=inverse), shape, arrays)).layers
    assert isinstance(layer, LayerNorm)
    assert layer.eps == pytest.approx(1e-3)


def test_layer_normalisation_with_weights_of_each_token_is_none(model: Make, weights: Make) -> None:
    arrays = {"eps": f32(1e-3), "one": f32(1.0), "g": weights(4, 6), "b": weights(6, seed=1)}
    with pytest.raises(OnnxError, match="no layer does this"):
        read(model(normalised(squares=True, inverse="Div"), [4, 6], arrays).SerializeToString())


@pytest.mark.parametrize("eps", [0.0, -1e-3])
def test_layer_normalisation_needs_something_positive_beneath_its_root(model: Make, weights: Make, eps: float) -> None:
    arrays = {"eps": f32(eps), "one": f32(1.0), "g": weights(6), "b": weights(6, seed=1)}
    with pytest.raises(OnnxError, match="no layer does this"):
        read(model(normalised(squares=True, inverse="Div"), [4, 6], arrays).SerializeToString())


@pytest.mark.parametrize("turned", [False, True])
def test_a_mean_belongs_to_its_own_line(model: Make, weights: Make, imported: Make, turned: bool) -> None:
    """Lines are taken out of their rows; of means in another order they are not the same ones."""
    step = {"start": np.array([-1]), "end": np.array([-100]), "axis": np.array([0]), "step": np.array([-1])}
    turn = node("Slice", ["means", *step], ["mu"]) if turned else node("Identity", ["means"], ["mu"])
    nodes = [
        node("Reshape", ["x", "flat"], ["lines"]),
        node("ReduceMean", ["lines"], ["means"], axes=[-1]),
        turn,
        node("Sub", ["lines", "mu"], ["d"]),
        node("Mul", ["d", "d"], ["dd"]),
        node("ReduceMean", ["dd"], ["var"], axes=[-1]),
        node("Add", ["var", "eps"], ["ve"]),
        node("Sqrt", ["ve"], ["sd"]),
        node("Div", ["d", "sd"], ["n"]),
        node("Mul", ["n", "g"], ["ng"]),
        node("Add", ["ng", "b"], ["last"]),
        node("Reshape", ["last", "back"], ["y"]),
    ]
    arrays = {"eps": f32(1e-3), "g": weights(6), "b": weights(6, seed=1)}
    arrays |= step | {"flat": np.array([-1, 6]), "back": np.array([-1, 4, 6])}
    made = model(nodes, [4, 6], arrays, output_shape=[4, 6])
    if turned:
        with pytest.raises(OnnxError, match="no layer"):
            read(made.SerializeToString())
    else:
        assert isinstance(imported(made).layers[0], LayerNorm)


def test_sums_of_many(model: Make, weights: Make, imported: Make) -> None:
    arrays = {"w": weights(4, 3), "b": weights(3), "c": weights(3, seed=1)}
    nodes = [node("MatMul", ["x", "w"], ["h"]), node("Sum", ["b", "h", "c"], ["y"])]
    assert imported(model(nodes, [4], arrays)).layers == (Dense(4, 3),)
    block = [node("Tanh", ["x"], ["t"]), node("Sum", ["x", "t"], ["s"]), node("Sum", ["s"], ["y"])]
    assert [type(layer).__name__ for layer in imported(model(block, [4], {})).layers] == ["Residual"]


def test_sizes_that_are_counted(model: Make, imported: Make) -> None:
    nodes = [
        node("Shape", ["x"], ["s"]),
        node("Size", ["s"], ["rank"]),
        node("Sub", ["rank", "two"], ["last"]),
        node("CastLike", ["last", "x"], ["f"]),
        node("Add", ["x", "f"], ["a"]),
        node("CastLike", ["a", "x"], ["h"]),
        node("Tanh", ["h"], ["y"]),
    ]
    assert len(imported(model(nodes, [2, 3], {"two": np.array(2)})).layers) == 2
    whole = [node("Size", ["x"], ["n"]), node("CastLike", ["n", "x"], ["f"]), node("Add", ["x", "f"], ["y"], "sum")]
    with pytest.raises(OnnxError, match=r"node 'sum' \(Add\): numbers depend on the number of rows"):
        read(model(whole, [3], {}).SerializeToString())


def test_dropout_of_nothing_is_none_even_in_training(model: Make, follow: Make, imported: Make) -> None:
    nodes = follow(("Dropout", ["r", "t"], {}), ("Tanh", [], {}))
    nn = imported(model(nodes, [4], {"r": f32(0.0), "t": np.array(True)}))
    assert [type(layer).__name__ for layer in nn.layers] == ["Dropout", "Tanh"]


ML = {"domain": "ai.onnx.ml"}


def linear(classes: list[Any], transform: str, *, rows: int, norm: str | None = None) -> list[Any]:
    """Give skl2onnx's nodes of a linear classifier."""
    w = [0.1 * i - 0.3 for i in range(4 * rows)] if rows != 2 else [-0.3, 0.2, 0.1, -0.5, 0.3, -0.2, -0.1, 0.5]
    b = [0.1 * i for i in range(rows)] if rows != 2 else [-0.25, 0.25]
    kind = "classlabels_strings" if isinstance(classes[0], str) else "classlabels_ints"
    said: dict[str, Any] = {kind: classes, "post_transform": transform, "multi_class": 1}
    out = "y" if norm is None else "p"
    first = node("LinearClassifier", ["x"], ["label", out], "linear", coefficients=w, intercepts=b, **said, **ML)
    return [first] if norm is None else [first, node("Normalizer", ["p"], ["y"], "norm", norm=norm, **ML)]


@pytest.mark.parametrize("classes", [["a", "b", "c"], [7, 8, 9]])
@pytest.mark.parametrize("norm", [None, "L1"])
def test_logistic_regression(model: Make, imported: Make, classes: list[Any], norm: str | None) -> None:
    nn = imported(model(linear(classes, "SOFTMAX", rows=3, norm=norm), [4], {}, output_shape=[3]))
    assert (nn.layers, nn.loss, nn.classes) == ((Dense(4, 3), Softmax()), CrossEntropy(), classes)


@pytest.mark.parametrize("norm", [None, "L1"])
def test_logistic_regression_of_two_classes(model: Make, imported: Make, norm: str | None) -> None:
    nn = imported(model(linear([5, 6], "LOGISTIC", rows=2, norm=norm), [4], {}, output_shape=[2]))
    assert (nn.layers, nn.loss, nn.classes) == ((Dense(4, 1), Sigmoid()), BinaryCrossEntropy(), [5, 6])


def test_other_linear_models(model: Make, imported: Make) -> None:
    nn = imported(model(linear([1, 2, 3], "LOGISTIC", rows=3), [4], {}, output_shape=[3]))
    assert nn.layers == (Dense(4, 3), Sigmoid())
    assert imported(model(linear([1, 2, 3], "NONE", rows=3), [4], {}, output_shape=[3])).layers == (Dense(4, 3),)
    biases: list[dict[str, Any]] = [{"intercepts": [0.5]}, {}]
    for options in biases:
        made = node("LinearRegressor", ["x"], ["y"], coefficients=[0.1, 0.2, 0.3, -0.4], **options, **ML)
        nn = imported(model([made], [4], {}, output_shape=[1]))
        assert (nn.layers, nn.loss) == ((Dense(4, 1),), MSE())
    two = node("LinearRegressor", ["x"], ["y"], coefficients=[0.1 * i for i in range(8)], targets=2, **ML)
    assert imported(model([two], [4], {}, output_shape=[2])).layers == (Dense(4, 2),)


def test_linear_models_that_are_none(model: Make) -> None:
    def regressor(**options: Any) -> list[Any]:
        return [node("LinearRegressor", ["x"], ["y"], "linear", **options, **ML)]

    for nodes, words in (
        (regressor(coefficients=[1.0, 2.0]), "2 coefficients and 0 intercepts do not make 1 scores of its input"),
        (
            regressor(coefficients=[1.0] * 4, intercepts=[1.0] * 2),
            "4 coefficients and 2 intercepts do not make 1 scores",
        ),
        (regressor(coefficients=[float("nan")] * 4), "its coefficients and intercepts must be finite"),
        (regressor(coefficients=[1.0] * 4, post_transform="PROBIT"), "post_transform must be 'NONE'"),
        (
            linear([1, 2, 3], "LOGISTIC", rows=3, norm="L1"),
            "node 'norm' (ai.onnx.ml.Normalizer): no layer divides rows by a norm",
        ),
        (linear([1, 2, 3], "SOFTMAX", rows=3, norm="L2"), "no layer divides rows by a norm"),
    ):
        with pytest.raises(OnnxError) as raised:
            read(model(nodes, [4], {}, output_shape=["n"]).SerializeToString())
        assert words in str(raised.value)


def test_columns_of_one_output_are_not_to_be_named(model: Make, follow: Make) -> None:
    made = model(follow(("Tanh", [], {})), [4], {})
    for output in (*made.graph.output, made.graph.output.add()):
        output.CopyFrom(helper.make_tensor_value_info(output.name or "x2", TensorProto.FLOAT, ["batch"]))
    made.graph.node.append(node("Relu", ["x"], ["x2"]))
    with pytest.raises(OnnxError, match=r"2 \(of 'y', 'x2'\); they are columns of one: .* with zipmap=False"):
        read(made.SerializeToString())


def test_a_domain_that_is_named_twice_with_one_version(model: Make, follow: Make, imported: Make) -> None:
    """skl2onnx writes such models."""
    made = model(follow(("Tanh", [], {})), [4], {})
    made.opset_import.add(domain="", version=17)
    assert len(imported(made).layers) == 1


def test_an_input_that_is_reshaped_at_once_is_the_networks_in_its_new_shape(model: Make, weights: Make) -> None:
    nodes = [node("Reshape", ["x", "s"], ["r"]), node("Conv", ["r", "w"], ["y"])]
    made = model(nodes, [784], {"s": np.array([-1, 1, 28, 28]), "w": weights(2, 1, 3, 3)})
    with pytest.warns(
        UserWarning, match=r"has rows of shape \(784,\), .* rows of shape \(1, 28, 28\): reshape the data"
    ):
        assert read(made.SerializeToString()).core.layout.input_shape == (1, 28, 28)
