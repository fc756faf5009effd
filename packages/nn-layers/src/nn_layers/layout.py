"""Where everything of a stack of layers lies: resolved layers, shapes, and ranges of the flat vectors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from nn_layers.checks import check_layer, check_layers, check_plan, index
from nn_layers.errors import ShapeError
from nn_layers.protocol import Array, Param, Plan, Propagate, Shape, Sized, State

GIVE_SHAPE = "give input_shape=(n_features,), of images (channels, height, width)"


@dataclass(frozen=True, slots=True)
class Place:
    """One named array inside a flat vector."""

    name: str
    start: int
    shape: Shape
    what: Param | State

    @property
    def stop(self) -> int:
        """One past its last element."""
        return self.start + prod(self.shape)

    def view(self, vector: Array) -> Array:
        """Give the array's view of the vector."""
        return vector[self.start : self.stop].reshape(self.shape)


@dataclass(frozen=True, slots=True)
class Node:
    """One layer in its place: its path (`(2,)`, or `(2, 0)` inside the third), shapes, and arrays."""

    path: tuple[int, ...]
    layer: Propagate
    plan: Plan
    in_shape: Shape
    params: dict[str, Place]
    state: dict[str, Place]
    inner: "tuple[Node, ...]"

    @property
    def name(self) -> str:
        """The start of its arrays' names: `layers.2`."""
        return ".".join(["layers", *map(str, self.path)])

    @property
    def title(self) -> str:
        """What messages call it: `layers[2]: Dense(1500, 10)`; of a layer around others, the class alone."""
        name = type(self.layer).__name__ if self.inner else repr(self.layer)
        return f"{index(self.path)}: {name}"

    def is_view(self, training: bool) -> bool:
        """Whether the output is the input's memory in another shape."""
        return self.plan.view is True or (self.plan.view == "inference" and not training)

    def walk(self) -> "Iterator[Node]":
        """Give this node, then those inside it."""
        yield self
        for node in self.inner:
            yield from node.walk()


@dataclass(frozen=True, slots=True)
class Layout:
    """A planned stack: its nodes and the sizes of its vectors. It owns no array."""

    nodes: tuple[Node, ...]
    input_shape: Shape
    theta_size: int
    state_size: int

    @property
    def out_shape(self) -> Shape:
        """The shape of one row of the last layer's output."""
        return self.nodes[-1].plan.out_shape

    @property
    def layers(self) -> tuple[Propagate, ...]:
        """The layers, their input sizes filled in."""
        return tuple(node.layer for node in self.nodes)

    def walk(self) -> Iterator[Node]:
        """Give all nodes, those inside others too."""
        for node in self.nodes:
            yield from node.walk()

    def params(self) -> Iterator[Place]:
        """Give the parameters in the order of theta."""
        for node in self.walk():
            yield from node.params.values()

    def states(self) -> Iterator[Place]:
        """Give the state arrays in the order of the state vector."""
        for node in self.walk():
            yield from node.state.values()

    def decay_ranges(self) -> tuple[tuple[int, int], ...]:
        """Give the ranges of theta that decoupled weight decay shrinks."""
        return tuple((p.start, p.stop) for p in self.params() if isinstance(p.what, Param) and p.what.decay)


def first_trained(nodes: Sequence[Node]) -> int:
    """Find the first layer with parameters: before it nobody needs a gradient. The number of layers if none has."""
    trained = (i for i, node in enumerate(nodes) if any(part.params for part in node.walk()))
    return next(trained, len(nodes))


class _Allocator:
    """Hands out consecutive places of the two vectors."""

    def __init__(self) -> None:
        self.theta = 0
        self.state = 0

    def node(self, layer: Propagate, plan: Plan, in_shape: Shape, path: tuple[int, ...], prefix: str) -> Node:
        params, state = {}, {}
        for name, param in plan.params.items():
            params[name] = Place(f"{prefix}.{name}", self.theta, param.shape, param)
            self.theta = params[name].stop
        for name, kept in plan.state.items():
            state[name] = Place(f"{prefix}.{name}", self.state, kept.shape, kept)
            self.state = state[name].stop
        inner = self.chain(plan.inner, in_shape, path)
        return Node(path, layer, plan, in_shape, params, state, inner)

    def chain(self, layers: Sequence[Propagate], in_shape: Shape, path: tuple[int, ...] = ()) -> tuple[Node, ...]:
        nodes: list[Node] = []
        source = "input_shape" if not path else "the enclosing layer"
        for i, layer in enumerate(layers):
            here = (*path, i)
            check_layer(layer, here)
            resolved = layer.resolve(in_shape) if isinstance(layer, Sized) else layer
            plan = _plan(resolved, in_shape, here, source)
            nodes.append(self.node(resolved, plan, in_shape, here, ".".join(["layers", *map(str, here)])))
            in_shape, source = plan.out_shape, type(layer).__name__
        return tuple(nodes)


def _plan(layer: Propagate, in_shape: Shape, path: tuple[int, ...], source: str) -> Plan:
    try:
        plan = layer.plan(in_shape)
    except ShapeError as error:
        if str(error).startswith("layers["):  # a layer inside this one has said it all
            raise
        if not error.got:
            raise ShapeError(f"{index(path)}: {layer!r}: {error}") from None
        message = f"{index(path)}: {layer!r} got {error.got} from {source}; {error.remedy}"
        raise ShapeError(message, got=error.got, remedy=error.remedy) from None
    check_plan(plan, f"{index(path)}: {layer!r}")
    return plan


def _first_shape(layers: Sequence[Propagate]) -> Shape:
    """Infer the input's shape from the first layer that states its own; those before it must keep shapes."""
    for i, layer in enumerate(layers):
        shape = layer.input_shape if isinstance(layer, Sized) else None
        if shape is not None:
            return shape
        if isinstance(layer, Sized):
            raise ShapeError(f"layers[{i}]: {layer!r} does not say how large the input is; {GIVE_SHAPE}")
    raise ShapeError(f"no layer says how large the input is; {GIVE_SHAPE}")


def make_layout(layers: Sequence[object], input_shape: Sequence[int] | None = None) -> Layout:
    """Plan a stack of layers: fill in open input sizes, check that all shapes chain, place all arrays.

    Parameters
    ----------
    layers
        The layers, first to last; at least one.
    input_shape
        The shape of one row of the input, `(784,)` or `(1, 28, 28)`. Left out, it is the first stated input size.

    Raises
    ------
    ShapeError
        The first layer that does not fit the one before, with the right number; or no input size anywhere.
    LayerError
        No list of layers, something among them that is no layer, or a layer whose plan is none.

    Examples
    --------
    >>> from nn_layers import Dense, ReLU
    >>> layout = make_layout([Dense(4, 3), ReLU(), Dense(None, 2)])
    >>> layout.layers[2], layout.theta_size, [place.name for place in layout.params()]
    (Dense(3, 2), 23, ['layers.0.w', 'layers.0.b', 'layers.2.w', 'layers.2.b'])
    """
    checked = check_layers(layers)
    shape = _checked(input_shape) if input_shape is not None else _first_shape(checked)
    allocator = _Allocator()
    nodes = allocator.chain(checked, shape)
    return Layout(nodes, shape, allocator.theta, allocator.state)


def _checked(input_shape: object) -> Shape:
    sizes = input_shape if isinstance(input_shape, Sequence) else (None,)
    shape = tuple(int(n) for n in sizes if isinstance(n, int | np.integer) and not isinstance(n, bool) and n > 0)
    if len(shape) != len(sizes):
        raise ShapeError(
            f"input_shape must be positive whole numbers, one for each axis of a row, as in (784,); got {input_shape!r}"
        )
    return shape


def check_rows(x: Array, layout: Layout) -> None:
    """Check that `x` holds at least one row of the layout's input; raise `ShapeError` with both shapes."""
    wanted = layout.input_shape
    if x.ndim > 0 and x.shape[1:] == wanted:
        if len(x) == 0:
            raise ShapeError(f"x has no rows; give at least one, of shape {wanted}")
        return
    hint = ""
    if x.shape == wanted:
        hint = "; a single row needs a leading axis: x[None]"
    elif x.ndim > 0 and prod(x.shape[1:]) == prod(wanted):
        hint = f"; write x.reshape(-1, {', '.join(map(str, wanted))})"
    expected = f"(rows, {', '.join(map(str, wanted))})" if wanted else "(rows,)"
    raise ShapeError(f"{layout.nodes[0].title} takes x of shape {expected}; got {x.shape}{hint}")
