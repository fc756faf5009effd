"""The whole model: a network's graph between named and typed ends, and what is said about it."""

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from nn_layers.protocol import Shape
from nn_model import __version__
from nn_model.errors import OnnxError
from nn_model.extras import need
from nn_model.formats.onnx.export.graph import Graph
from nn_model.formats.onnx.export.table import add, check
from nn_model.links import gives_probabilities

if TYPE_CHECKING:
    from nn_model.network import NN

__all__ = ["make_model"]

MAX_BYTES = 2**31 - 2**20
"""The most that arrays may take: a message of Protocol Buffers holds less than 2 GiB."""


def make_model(nn: "NN", opset: int, probabilities: bool | None) -> Any:
    """Make the model of a network, as onnx's message, and have onnx check it.

    Raises
    ------
    OnnxError
        A layer, numbers or a size that ONNX cannot hold; probabilities that the network does not have.
    """
    check(nn.core.layout.nodes)
    _check_arrays(nn)
    shares = _wants_probabilities(nn, probabilities)
    helper = need("onnx.helper", "onnx")
    graph = Graph(opset, nn.core.vectors)
    y, shape = add(graph, nn.core.body.nodes, "input"), nn.core.body.out_shape
    if shares:
        y, shape = _probabilities(graph, nn.loss.link, y, shape)
    name = "probabilities" if shares else "scores"
    _name_output(graph, y, name)
    ends = [_end("input", graph, nn.core.layout.input_shape)], [_end(name, graph, shape)]
    made = helper.make_graph([*graph.nodes.values()], "network", *ends, [*graph.initializers.values()])
    opsets = [helper.make_opsetid("", opset)]
    model = helper.make_model(made, opset_imports=opsets, ir_version=helper.find_min_ir_version_for(opsets))
    _describe(model, nn)
    need("onnx.checker", "onnx").check_model(model, full_check=True)
    return model


def _check_arrays(nn: "NN") -> None:
    for name, array in nn.weights().items():
        if not np.isfinite(array).all():
            raise OnnxError(f"{name} holds numbers that are NaN or infinite; export the network as it was before")
    if (size := nn.theta.nbytes + nn.state.nbytes) > MAX_BYTES:
        raise OnnxError(
            f"a model in ONNX holds less than 2 GiB, and these arrays take {size:,} bytes; use .safetensors"
        )


def _wants_probabilities(nn: "NN", asked: bool | None) -> bool:
    has = nn.task == "classification" and gives_probabilities(nn.loss.link, nn.core.layout)
    if asked and not has:
        raise OnnxError(
            f"this network gives no probabilities ({nn.task} with {nn.loss!r}); export its scores: probabilities=False"
        )
    return has if asked is None else asked


def _probabilities(graph: Graph, link: str | None, y: str, shape: Shape) -> tuple[str, Shape]:
    """Add what `predict_proba` does to scores; a single column becomes one for each of the two classes."""
    if link == "softmax":
        y = graph.op("probabilities", "Softmax", [y], {"axis": -1})
    elif link == "sigmoid":
        y = graph.op("probabilities", "Sigmoid", [y], {})
    if shape != (1,):
        return y, shape
    one = graph.constant("probabilities.one", np.ones((), graph.dtype))
    first = graph.op("probabilities", "Sub", [one, y], {})
    return graph.op("probabilities", "Concat", [first, y], {"axis": 1}), (2,)


def _name_output(graph: Graph, y: str, name: str) -> None:
    """Give the last value the name of the output; where no node made it, one that changes nothing does."""
    if y not in graph.nodes:
        y = graph.op(name, "Identity", [y], {})
    graph.nodes[y].output[0] = name


def _end(name: str, graph: Graph, shape: Shape) -> Any:
    """Describe an input or output: any number of rows of this shape."""
    helper = need("onnx.helper", "onnx")
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(graph.dtype), ("batch", *shape))


def _describe(model: Any, nn: "NN") -> None:
    model.producer_name, model.producer_version = "nn-model", __version__
    said = {"task": nn.task, "loss": type(nn.loss).__name__, "version": __version__}
    if nn.classes is not None:
        said["classes"] = json.dumps(nn.classes)
    need("onnx.helper", "onnx").set_model_props(model, said)
