"""From a layout to frames: memory once for a capacity of rows, and frames that view it for any number up to that."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from nn_layers.layout import Layout, Node, first_trained
from nn_layers.protocol import Array, Frame, Scratch, Shape

MakeGenerator = Callable[[tuple[int, ...]], np.random.Generator]


@dataclass(frozen=True, slots=True)
class Vectors:
    """The three flat vectors of a network: parameters, their gradient, and state that is not trained."""

    theta: Array
    grad: Array
    state: Array


@dataclass(slots=True)
class Arena:
    """Flat buffers by key, each allocated once, for the capacity; a smaller number of rows views its start."""

    rows: int
    buffers: dict[object, Array] = field(default_factory=dict)

    def take(
        self,
        key: object,
        rows: int,
        shape: Shape,
        dtype: DTypeLike,
        *,
        largest: int = 0,
        per_row: bool = True,
    ) -> Array:
        """Give `rows` rows of `shape`, or one array of it, from this key's buffer (rows of `largest` fit)."""
        size = prod(shape)
        if key not in self.buffers:
            self.buffers[key] = np.empty((self.rows if per_row else 1) * max(size, largest), dtype)
        if not per_row:
            return self.buffers[key][:size].reshape(shape)
        return self.buffers[key][: rows * size].reshape((rows, *shape))


@dataclass(frozen=True, slots=True)
class Binder:
    """Binds the frames of one layout, for training or for inference.

    Attributes
    ----------
    layout, vectors
        What to bind, and the flat vectors that its parameters and state view.
    arena
        The memory; its `rows` is the capacity.
    training
        Whether the frames train: every output has a buffer of its own, and gradients two alternating ones.
        Otherwise outputs alternate between two buffers, and there are no gradients.
    generator
        Makes a layer's random generator from its path; the same object for every number of rows.
    input_grad
        Whether the gradient goes all the way to `x`.
    """

    layout: Layout
    vectors: Vectors
    arena: Arena
    training: bool
    generator: MakeGenerator
    input_grad: bool = False
    _widest: dict[object, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Find, once for all nodes, the widest row of every kind of shared buffer."""
        object.__setattr__(self, "_widest", _widest_rows(self.layout, self.dtype, self.training))

    @property
    def dtype(self) -> "np.dtype[Any]":
        """The network's float type."""
        return self.vectors.theta.dtype

    def frames(self, x: Array) -> tuple[Frame, ...]:
        """Bind frames for the rows of `x`, which the first frame reads in place."""
        return self._chain(self.layout.nodes, x, self.input_grad, None)

    def _chain(self, nodes: Sequence[Node], x: Array, input_grad: bool, dy: Array | None) -> tuple[Frame, ...]:
        """Bind a chain: outputs first to last, gradients last to first, as far as somebody reads them."""
        outputs = self._outputs(nodes, x)
        first_dx = 0 if input_grad else first_trained(nodes) + 1
        gradients = self._gradients(nodes, len(x), first_dx, dy) if self.training else []
        frames = []
        for i, node in enumerate(nodes):
            into = outputs[i - 1] if i else x
            behind = gradients[i + 1] if self.training else None
            before = gradients[i] if self.training else None
            frames.append(self._frame(node, into, outputs[i], behind, before))
        return tuple(frames)

    def _outputs(self, nodes: Sequence[Node], x: Array) -> list[Array]:
        rows, depth = len(x), len(nodes[0].path)
        largest = self._widest[depth, "y"]
        outputs: list[Array] = []
        turn = 0
        for node in nodes:
            before, shape = (outputs[-1] if outputs else x), node.plan.out_shape
            if node.is_view(self.training):
                outputs.append(before.reshape((rows, *shape)))
            elif self.training:
                outputs.append(self.arena.take((node.path, "y"), rows, shape, self.dtype))
            else:
                outputs.append(self.arena.take((depth, "y", turn), rows, shape, self.dtype, largest=largest))
                turn = 1 - turn
        return outputs

    def _gradients(self, nodes: Sequence[Node], rows: int, first_dx: int, dy: Array | None) -> list[Array | None]:
        """Give the gradient at every boundary of the chain: entry i is the dx of node i and the dy of node i - 1."""
        depth = len(nodes[0].path)
        largest = self._widest[depth, "dy"]

        def take(turn: int, shape: Shape) -> Array:
            return self.arena.take((depth, "dy", turn), rows, shape, self.dtype, largest=largest)

        last = take(0, nodes[-1].plan.out_shape) if dy is None else dy
        turn = 1 if dy is None else 0
        gradients: list[Array | None] = [None] * len(nodes) + [last]
        for i in range(len(nodes) - 1, first_dx - 1, -1):
            behind = gradients[i + 1]
            if nodes[i].is_view(self.training) and behind is not None:
                gradients[i] = behind.reshape((rows, *nodes[i].in_shape))
            else:
                gradients[i] = take(turn, nodes[i].in_shape)
                turn = 1 - turn
        return gradients

    def _frame(self, node: Node, x: Array, y: Array, dy: Array | None, dx: Array | None) -> Frame:
        rows, vectors = len(x), self.vectors
        return Frame(
            x=x,
            y=y,
            dy=np.empty(0, self.dtype) if dy is None else dy,
            dx=dx,
            p={name: place.view(vectors.theta) for name, place in node.params.items()},
            g={name: place.view(vectors.grad) for name, place in node.params.items()} if self.training else {},
            state={name: place.view(vectors.state) for name, place in node.state.items()},
            s=self._scratch(node, rows),
            inner=self._chain(node.inner, x, dx is not None, dy) if node.inner else (),
            rng=self.generator(node.path) if self.training and node.plan.random else None,
            training=self.training,
        )

    def _scratch(self, node: Node, rows: int) -> dict[str, Array]:
        arrays = {}
        for name, (scratch, dtype, shared) in _scratches(node, self.dtype, self.training).items():
            key: object = shared or (node.path, "s", name)
            largest = self._widest.get(key, 0)
            arrays[name] = self.arena.take(key, rows, scratch.shape, dtype, largest=largest, per_row=scratch.per_row)
        return arrays


Key = tuple[int, str, bool, int]


def _scratches(
    node: Node, dtype: "np.dtype[Any]", training: bool
) -> dict[str, tuple[Scratch, "np.dtype[Any]", Key | None]]:
    """Give a node's scratch arrays by name, each with its dtype and, if it is shared, the key of its buffer.

    Layers of one depth run one after the other, those inside in between: their first arrays of one kind are one buffer,
    their second ones another.
    """
    found: dict[str, tuple[Scratch, np.dtype[Any], Key | None]] = {}
    count: dict[object, int] = {}
    for name, scratch in node.plan.scratch.items():
        if node.is_view(training) or (scratch.training and not training):
            continue
        own, key = np.dtype(scratch.dtype or dtype), None
        if not (scratch.kept and training):
            kind = len(node.path), own.str, scratch.per_row
            key = (*kind, count.get(kind, 0))
            count[kind] = key[-1] + 1
        found[name] = scratch, own, key
    return found


def _widest_rows(layout: Layout, dtype: "np.dtype[Any]", training: bool) -> dict[object, int]:
    """Find the widest row of every kind of buffer that layers share: outputs and gradients of a depth, and scratch."""
    widest: dict[object, int] = {}

    def grow(kind: object, *shapes: Shape) -> None:
        widest[kind] = max(widest.get(kind, 0), *map(prod, shapes))

    for node in layout.walk():
        depth = len(node.path)
        grow((depth, "y"), node.plan.out_shape)
        grow((depth, "dy"), node.in_shape, node.plan.out_shape)
        for scratch, _, key in _scratches(node, dtype, training).values():
            if key is not None:
                grow(key, scratch.shape)
    return widest
