"""The names and axes that a framework gives a network's arrays: PyTorch's here, Keras' in its own file."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nn_layers import BatchNorm, Conv2D, Dense, LayerNorm, PositionalEncoding, SelfAttention
from nn_layers.layout import Node
from nn_layers.protocol import Shape, State
from nn_model.arrays import Array
from nn_model.errors import CheckpointError
from nn_model.formats.state_dict_keras import KERAS, Views, check_projection, keras_views, order_before, order_behind
from nn_model.network import NN

__all__ = ["Entry", "entries"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One array of a framework: its name, its shape, and a view of ours with the same numbers in the same order."""

    name: str
    view: Array
    shape: Shape
    sign: Any = "any"


def entries(
    nn: NN, arrays: Mapping[str, Array], framework: str, modules: Sequence[str] | None, prefix: str
) -> list[Entry]:
    """List the framework's arrays for a network whose own are these."""
    if framework not in ("torch", "keras"):
        raise CheckpointError(f"the framework must be 'torch' or 'keras'; got {framework!r}")
    name_of = _namer(nn, framework, modules)
    torch, found = framework == "torch", []
    order: Shape | None = None
    for node in nn.core.layout.walk():
        order = order if torch else order_before(node, order)
        own = {name: arrays[place.name] for name, place in (node.params | node.state).items()}
        if own:
            module, table = name_of(node), _torch if torch else keras_views
            for theirs, ours, view, shape in table(node, own, order):
                what = node.state[ours].what if ours in node.state else None
                sign = what.sign if isinstance(what, State) else "any"
                found.append(Entry(f"{prefix}{module}{'.' if torch else '/'}{theirs}", view, shape, sign))
        order = None if torch else order_behind(node, order)
    return found


def _namer(nn: NN, framework: str, modules: Sequence[str] | None) -> Callable[[Node], str]:
    """Give what names the module of a layer that has arrays, when asked in their order."""
    nodes = [node for node in nn.core.layout.walk() if node.params or node.state]
    if modules is not None:
        if len(modules) != len(nodes) or len(set(modules)) < len(modules):
            titles = ", ".join(node.title for node in nodes)
            raise CheckpointError(f"modules must be {len(nodes)} different names, for {titles}; got {list(modules)}")
        names = iter(modules)
        return lambda _: next(names)
    if framework == "torch":
        return lambda node: ".".join(map(str, node.path))
    counts: Counter[str] = Counter()

    def counted(node: Node) -> str:
        kind = KERAS.get(type(node.layer), type(node.layer).__name__.lower())
        counts[kind] += 1
        return kind if counts[kind] == 1 else f"{kind}_{counts[kind] - 1}"

    return counted


TORCH = {
    Conv2D: {"w": "weight", "b": "bias"},
    BatchNorm: {"w": "weight", "b": "bias", "mean": "running_mean", "var": "running_var"},
    LayerNorm: {"w": "weight", "b": "bias"},
    PositionalEncoding: {"w": "weight"},
}


def _torch(node: Node, own: dict[str, Array], order: Shape | None) -> Views:  # noqa: ARG001  # one signature for both
    match node.layer:
        case Dense():
            yield "weight", "w", own["w"].T, own["w"].T.shape
            yield "bias", "b", own["b"], own["b"].shape
        case SelfAttention() as layer:
            check_projection(layer, node, "torch.nn.MultiheadAttention")
            turned = {"in_proj_weight": "w", "out_proj.weight": "w_out"}
            for theirs, ours in (*turned.items(), ("in_proj_bias", "b"), ("out_proj.bias", "b_out")):
                view = own[ours].T
                yield theirs, ours, view, view.shape
        case layer:
            names = TORCH.get(type(layer), {})
            for name, array in own.items():
                yield names.get(name, name), name, array, array.shape
