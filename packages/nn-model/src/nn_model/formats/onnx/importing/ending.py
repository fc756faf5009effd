"""What follows from the end of a graph: loss, task, and the names of the classes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nn_layers import Sigmoid, Softmax
from nn_loss import MAE, MSE, BinaryCrossEntropy, CrossEntropy, Huber, Loss
from nn_model.formats.onnx.importing.build import Builder
from nn_model.formats.onnx.importing.graph import Graph, Output
from nn_model.formats.onnx.importing.tensors import INTEGERS, STRING, Tensor
from nn_model.formats.onnx.importing.values import Made
from nn_optim import Optimizer

__all__ = ["Asked", "Ending", "endings"]

Task = Literal["classification", "regression"]
LOSSES: tuple[type[Loss], ...] = (BinaryCrossEntropy, CrossEntropy, Huber, MAE, MSE)
MAX_TEXT = 2**20


@dataclass(frozen=True, slots=True)
class Asked:
    """What the caller asks for, as `read` takes it: it goes before what a model says."""

    loss: Loss | None
    optimizer: Optimizer | None
    task: Task | None
    classes: Sequence[Any] | None
    input_shape: Sequence[int] | None
    output: str | None
    seed: int
    max_parameters: int


@dataclass(frozen=True, slots=True)
class Ending:
    """One way to take the end of a network."""

    loss: Loss
    task: Task | None
    classes: list[Any] | None


def endings(last: Made, builder: Builder, graph: Graph, chosen: Output, asked: Asked) -> Iterator[Ending]:
    """Give the ways in which a network may end, the best first: what was asked for is in all of them."""
    task = asked.task or _said_task(graph)
    loss = asked.loss or _said_loss(graph, asked.task) or _loss(last, task)
    if asked.classes is not None:
        yield Ending(loss, task, list(asked.classes))
        return
    for classes in (_said_classes(graph), builder.classes, _labels(graph, chosen)):
        if classes is not None:
            yield Ending(loss, task, classes)
    yield Ending(loss, task, None)
    if asked.loss is None and asked.task is None:
        yield Ending(_loss(last, None), None, None)
        yield Ending(MSE(), "regression", None)


def _loss(last: Made, task: Task | None) -> Loss:
    if task == "regression":
        return MSE()
    if isinstance(last.layer, Softmax):
        return CrossEntropy()
    if isinstance(last.layer, Sigmoid):
        return BinaryCrossEntropy()
    if task is None:
        return MSE()
    return CrossEntropy() if last.shape[-1] > 1 else BinaryCrossEntropy()


def _said_task(graph: Graph) -> Task | None:
    said = graph.said.get("task")
    return "classification" if said == "classification" else "regression" if said == "regression" else None


def _said_loss(graph: Graph, task: Task | None) -> Loss | None:
    """Give the loss that `write` noted, unless another task is asked for."""
    said = None if task not in (None, graph.said.get("task")) else graph.said.get("loss")
    return next((loss() for loss in LOSSES if loss.__name__ == said), None)


def _said_classes(graph: Graph) -> list[Any] | None:
    """Give the classes' names that the metadata hold, if they are a list in JSON."""
    text = graph.said.get("classes", "")
    if not text.startswith("[") or len(text) > MAX_TEXT:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def _labels(graph: Graph, chosen: Output) -> list[Any] | None:
    """Give the classes' names of scikit-learn's labels, which stand behind the probabilities."""
    largest = {node.outputs[:1] for node in graph.nodes if node.op == "ArgMax" and chosen.name in node.inputs}
    for node in graph.nodes:
        if node.op == "ArrayFeatureExtractor" and node.inputs[1:2] in largest and node.inputs[0] in graph.tensors:
            return _names(graph.tensors[node.inputs[0]])
    return None


def _names(tensor: Tensor) -> list[Any] | None:
    """Give whole numbers or texts; other labels, and what is no text, have no names."""
    if tensor.type == STRING:
        try:
            return [text.decode() for text in tensor.values]
        except UnicodeDecodeError:
            return None
    return tensor.array().reshape(-1).tolist() if tensor.type in INTEGERS and tensor.values is not None else None
