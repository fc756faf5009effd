"""What the tests of the import share: graphs made by hand, and onnxruntime's word on them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper, shape_inference

from nn_model import NN
from nn_model.arrays import Array
from nn_model.formats.onnx import read

OPSET = 17


def drawn(*shape: int, seed: int = 0) -> Array:
    """Draw weights."""
    return (0.5 * np.random.default_rng([seed, *shape]).standard_normal(shape)).astype(np.float32)


def make_model(
    nodes: Sequence[Any],
    input_shape: Sequence[Any],
    weights: dict[str, Array],
    *,
    output_shape: Sequence[Any] | None = None,
    opset: int = OPSET,
    rows: Any = "batch",
    type: int = TensorProto.FLOAT,  # noqa: A002  # ONNX's word
    **said: str,
) -> Any:
    """Make a model from `x` to `y`; of each node the outputs are the names before `=`, and weights arrays by name."""
    tensors = [numpy_helper.from_array(np.asarray(array, order="C"), name) for name, array in weights.items()]
    sizes = None if output_shape is None else [rows, *output_shape]
    out = TensorProto.DOUBLE if type == TensorProto.DOUBLE else TensorProto.FLOAT
    ends = (
        helper.make_tensor_value_info("x", type, [rows, *input_shape]),
        helper.make_tensor_value_info("y", out, sizes),
    )
    graph = helper.make_graph(list(nodes), "graph", [ends[0]], [ends[1]], tensors)
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 1)]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=8 if opset < 20 else 10)
    if said:
        helper.set_model_props(made, said)
    if output_shape is None:
        made.graph.output[0].CopyFrom(shape_inference.infer_shapes(made).graph.output[0])
    return made


def chain(*operators: tuple[str, list[str], dict[str, Any]]) -> list[Any]:
    """Make nodes that follow each other from `x` to `y`: operator, its other inputs, attributes."""
    nodes, before = [], "x"
    for i, (kind, others, attributes) in enumerate(operators):
        after = "y" if i == len(operators) - 1 else f"h{i}"
        domain = {"domain": "ai.onnx.ml"} if kind in ("Scaler", "ZipMap") else {}
        nodes.append(helper.make_node(kind, [before, *others], [after], f"n{i}", **domain, **attributes))
        before = after
    return nodes


def said_by_onnxruntime(model: Any, x: Array) -> Array:
    """Give a model's output that is no label."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    outputs = session.run(None, {session.get_inputs()[0].name: x})
    return next(np.asarray(y) for y in outputs if not isinstance(y, np.ndarray) or y.dtype.kind == "f")


def said_by(nn: NN, x: Array, wanted: Array) -> Array:
    """Give what a network says in the form that the model has: scores, or probabilities."""
    scores = nn.core.inference.scores(x)
    if nn.loss.link is None:
        return scores
    shares = nn.predict_proba(x)
    return shares if shares.shape == wanted.shape else shares[:, 1:]


@pytest.fixture(scope="session")
def model() -> Callable[..., Any]:
    """Give the function that makes a model of nodes."""
    return make_model


@pytest.fixture(scope="session")
def follow() -> Callable[..., list[Any]]:
    """Give the function that makes nodes that follow each other."""
    return chain


@pytest.fixture(scope="session")
def weights() -> Callable[..., Array]:
    """Give the function that draws weights."""
    return drawn


@pytest.fixture(scope="session")
def imported() -> Callable[..., NN]:
    """Give the function that reads a model, compares it with onnxruntime, and gives the network."""

    def check(model: Any, *, rows: int = 5, moved: Sequence[int] | None = None, **options: Any) -> NN:
        nn = read(model.SerializeToString(), **options)
        shape = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
        rng = np.random.default_rng(0)
        x = rng.standard_normal((shape[0] or rows, *shape[1:])).astype(nn.theta.dtype)
        wanted = said_by_onnxruntime(model, x)
        given = x if moved is None else x.transpose(moved)
        found = said_by(nn, given.reshape(len(x), *nn.core.layout.input_shape), wanted)
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
        return nn

    return check
