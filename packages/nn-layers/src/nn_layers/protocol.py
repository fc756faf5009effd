"""What a layer is: a spec that plans its arrays and yields the kernel calls of its arithmetic."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from nn_layers.initializers import Initializer
    from nn_layers.regularization import Regularizer

Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[int, ...]
Kernel = Callable[..., None]
Calls = Iterator[tuple[Any, ...]]
"""Each item is a kernel followed by its arguments: arrays, numbers, tuples, a generator or `None`."""


@dataclass(frozen=True, slots=True)
class Param:
    """One trained array of a layer.

    Attributes
    ----------
    shape
        Its shape.
    init
        How its first values are drawn.
    fans
        `(fan_in, fan_out)`: how many numbers each output sums, and each input feeds.
    regularization
        The penalty on it, or `None`.
    decay
        Whether decoupled weight decay shrinks it: weights yes, biases no.
    """

    shape: Shape
    init: "Initializer"
    fans: tuple[int, int] = (1, 1)
    regularization: "Regularizer | None" = None
    decay: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """One array that a layer keeps and saves but does not train.

    Attributes
    ----------
    shape
        Its shape.
    fill
        The number that it starts from.
    sign
        What its numbers can be: a variance is not negative, a divisor positive. Files that say otherwise are refused.
    """

    shape: Shape
    fill: float = 0.0
    sign: Literal["any", "not negative", "positive"] = "any"


@dataclass(frozen=True, slots=True)
class Scratch:
    """One array that a layer works in.

    Attributes
    ----------
    shape
        Its shape; with `per_row`, of one row of it.
    dtype
        Its dtype; `None` means the network's.
    per_row
        Whether the rows of the batch stand in front of `shape`.
    kept
        Whether backward reads what forward wrote. What is not kept is shared with the other layers.
    training
        Whether only a training frame has it.
    """

    shape: Shape
    dtype: "DTypeLike | None" = None
    per_row: bool = True
    kept: bool = False
    training: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The arrays that a layer needs for rows of one shape, before any data is seen.

    Attributes
    ----------
    out_shape
        The shape of one row of the output.
    params, state, scratch
        Its arrays by name.
    inner
        The layers inside this one, in order: the first reads this layer's `x`.
    view
        `True`: no arithmetic, `y` is `x` in another shape. `"inference"`: so outside training only.
    min_rows
        The fewest rows that a training batch may have.
    random
        Whether a training frame needs a random generator.
    """

    out_shape: Shape
    params: Mapping[str, Param] = field(default_factory=dict)
    state: Mapping[str, State] = field(default_factory=dict)
    scratch: Mapping[str, Scratch] = field(default_factory=dict)
    inner: "tuple[Propagate, ...]" = ()
    view: bool | Literal["inference"] = False
    min_rows: int = 1
    random: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """Every array that one layer touches, for one number of rows.

    Attributes
    ----------
    x, y
        Input and output, `(rows, ...)`, contiguous. A layer never writes to `x`.
    dy, dx
        The loss's gradient by `y` (read only) and by `x` (written); `dx` is `None` where nobody reads it.
        Outside training `dy` is empty.
    p, g
        The parameters by name, and where their gradients are written.
    state
        The layer's state by name.
    s
        Its scratch arrays by name.
    inner
        The frames of the layers inside; the gradient enters at the last one's `dy`.
    rng
        The layer's own generator, in training frames of layers that asked for one.
    training
        Whether this frame trains.
    """

    x: Array
    y: Array
    dy: Array
    dx: Array | None
    p: Mapping[str, Array]
    g: Mapping[str, Array]
    state: Mapping[str, Array]
    s: Mapping[str, Array]
    inner: "tuple[Frame, ...]"
    rng: np.random.Generator | None
    training: bool


@runtime_checkable
class Propagate(Protocol):
    """A layer: plans its arrays, and yields the kernel calls of its forward and backward pass."""

    def plan(self, in_shape: Shape) -> Plan:
        """Say which arrays rows of this shape need; raise `ShapeError` where the shape does not fit."""
        ...

    def forward(self, f: Frame) -> Calls:
        """Yield the calls that write `f.y`, from `f.x`, `f.p` and `f.state`."""
        ...

    def backward(self, f: Frame) -> Calls:
        """Yield the calls that write `f.g` and, unless it is `None`, `f.dx`, from `f.dy`."""
        ...


@runtime_checkable
class Settles(Protocol):
    """A layer whose training pass leaves something to be kept, as batch normalisation does its running statistics."""

    def settle(self, f: Frame) -> Calls:
        """Yield the calls that write `f.state`; run once the step's loss was found finite, before the update."""
        ...


@runtime_checkable
class Sized(Protocol):
    """A layer that may leave its input size to the layer before it."""

    @property
    def input_shape(self) -> Shape | None:
        """The shape of one row of the input, if the spec alone says it."""
        ...

    def resolve(self, in_shape: Shape) -> Propagate:
        """Return the same layer with its input size filled in."""
        ...


def rows_of(shape: Shape) -> str:
    """Describe the rows of an array in words, for messages."""
    if len(shape) == 1:
        return f"rows of {shape[0]} number{'s' if shape[0] != 1 else ''}"
    return f"rows of shape {shape}" if shape else "rows that are single numbers"
