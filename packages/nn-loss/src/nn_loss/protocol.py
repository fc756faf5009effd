"""What a loss is: a spec that yields the kernel calls of its value and of its exact gradient."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import DTypeLike

Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[int, ...]
Kernel = Callable[..., None]
Calls = Iterator[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Scratch:
    """An array that a loss works in: the shape of one row of it, and its dtype (`None`: that of the scores)."""

    shape: Shape
    dtype: DTypeLike | None = None


@dataclass(frozen=True, slots=True)
class LossFrame:
    """Every array that one loss touches: contiguous, with the rows of the batch in front.

    Attributes
    ----------
    scores
        What the last layer gave, `(rows, ...)`; read only.
    targets
        Labels (integers, the scores' shape without its last axis) or values (the scores' shape and dtype).
    weights
        A weight for every row, `(rows,)` in the scores' dtype, or `None`: all rows count the same.
    denominator
        `(1,)`, float64: the sum of the weights over the whole batch, or its number of rows. Filled before the
        calls run by whoever runs them; a loss whose own weights change the sum (class weights) overwrites it,
        counting rows and tokens.
    value
        `(1,)`, float64: the calls write the loss here.
    dscores
        The calls write the gradient of the value here, `(rows, ...)`; `None`: only the value is wanted.
    s
        The scratch arrays by name.
    """

    scores: Array
    targets: Array
    weights: Array | None
    denominator: Array
    value: Array
    dscores: Array | None
    s: Mapping[str, Array] = field(default_factory=dict)


@runtime_checkable
class Loss(Protocol):
    """A loss over scores (what the last layer gives, before any softmax or sigmoid).

    Attributes
    ----------
    targets
        `"labels"`: integer class indices, one for each row; `"values"`: numbers of the scores' own shape.
    link
        The function that makes scores into probabilities (`"softmax"`, `"sigmoid"`), `None` if there is none.
    """

    @property
    def targets(self) -> Literal["labels", "values"]:
        """What the loss is compared with."""
        ...

    @property
    def link(self) -> Literal["softmax", "sigmoid"] | None:
        """What makes scores into probabilities."""
        ...

    def scratch(self, shape: Shape) -> Mapping[str, Scratch]:
        """Name the arrays that the calls need for scores whose single row has this shape."""
        ...

    def calls(self, f: LossFrame) -> Calls:
        """Yield the kernel calls that write `f.value` and, unless it is `None`, `f.dscores`.

        A call is a kernel and its arguments: arrays of the frame or views of them, numbers, small constant arrays.
        """
        ...

    def value_and_grad(
        self, scores: Array, targets: Array, out: Array | None = None, weights: Array | None = None
    ) -> float:
        """Return the loss and write its gradient into `out`."""
        ...
