"""A model as plain values: what was parsed, checked, and can be worked out."""

from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any

from nn_model.checkpoint.strict_json import cut, cut_text
from nn_model.errors import OnnxError
from nn_model.formats.onnx.importing.tensors import Tensor

__all__ = ["Attributes", "Graph", "Input", "Node", "Output", "refusal"]


@dataclass(frozen=True, slots=True)
class Node:
    """One node: its operator, its name (or its number, if it has none), and the names of its values."""

    op: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]

    @property
    def title(self) -> str:
        """What messages call it."""
        name, op = cut(self.name), cut_text(f"{self.domain}{'.' if self.domain else ''}{self.op}", 60)
        return f"node {name} ({op})"


@dataclass(frozen=True, slots=True)
class Input:
    """The input: its name, ONNX's number of its type, and its sizes, a text or `None` where one is open."""

    name: str
    type: int
    sizes: tuple[int | str | None, ...]


@dataclass(frozen=True, slots=True)
class Output:
    """An output: its name, the type of its numbers (0: it is no tensor), and its sizes, if they are given."""

    name: str
    type: int
    sizes: tuple[int | str | None, ...] | None


@dataclass(frozen=True, slots=True)
class Graph:
    """A whole model: nodes in order, tensors by name, ends, versions of operators; what it says of itself and of sizes.

    `model` is ONNX's message without its weights, and `bytes` is how many it had with them.
    """

    nodes: tuple[Node, ...]
    tensors: dict[str, Tensor]
    input: Input
    outputs: tuple[Output, ...]
    opset: int
    model: Any
    said: dict[str, str]
    sizes: dict[str, tuple[int | str | None, ...]]
    bytes: int

    def taken(self, name: str) -> Tensor:
        """Give a tensor, whose numbers are kept here no longer."""
        found = self.tensors[name]
        self.tensors[name] = replace(found, values=None)
        return found


@dataclass(slots=True)
class Attributes:
    """A node's attributes while they are read: each has one type, and what nobody asked for is refused."""

    node: Node
    asked: set[str] = field(default_factory=set)

    def _get(self, name: str, kind: type, default: Any) -> Any:
        self.asked.add(name)
        value = self.node.attributes.get(name, default)
        if value is not default and not isinstance(value, kind):
            raise refusal(self.node, f"its attribute {name} is of another type than ONNX gives it")
        return value

    def whole(self, name: str, default: int) -> int:
        """Give a whole number."""
        value: int = self._get(name, int, default)
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """Give 0 or 1 as a bool."""
        value = self.whole(name, int(default))
        if value not in (0, 1):
            raise refusal(self.node, f"{name} must be 0 or 1; found {value}")
        return bool(value)

    def number(self, name: str, default: float) -> float:
        """Give a number, which is finite unless it is the default."""
        value: float = self._get(name, float, default)
        if value is not default and not isfinite(value):
            raise refusal(self.node, f"{name} must be a finite number; found {value}")
        return value

    def text(self, name: str, default: str, *known: str) -> str:
        """Give one of these texts."""
        value: str = self._get(name, str, default)
        if value not in (default, *known):
            raise refusal(
                self.node, f"{name} must be {' or '.join(map(repr, (default, *known)))}; found {value[:60]!r}"
            )
        return value

    def listed(self, name: str) -> list[Any] | None:
        """Give a list of numbers or texts, or `None`."""
        found: list[Any] | None = self._get(name, list, None)
        return found

    def tensor(self, name: str) -> Tensor | None:
        """Give a tensor, or `None`."""
        value = self.anything(name)
        if value is not None and not isinstance(value, Tensor):
            raise refusal(self.node, f"its attribute {name} must be a tensor")
        return value

    def anything(self, name: str) -> Any:
        """Give a value of any type, or `None`."""
        self.asked.add(name)
        return self.node.attributes.get(name)

    def check_all_asked(self) -> None:
        """Refuse attributes that the operator does not have, or that change what it computes."""
        if left := sorted(set(self.node.attributes) - self.asked):
            raise refusal(self.node, f"its attribute {left[0][:60]!r} is not known here; export the model without it")


def refusal(node: Node | None, reason: str) -> OnnxError:
    """Give the error that names a node and the reason."""
    return OnnxError(f"{node.title}: {reason}" if node is not None else reason)
