"""The residual block."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field

from nn_layers.calls import checked
from nn_layers.chain import Chain, first_size, planned, sized
from nn_layers.errors import ShapeError
from nn_layers.kernels import residual
from nn_layers.protocol import Calls, Frame, Plan, Propagate, Shape, rows_of
from nn_layers.spec import spec


@spec
class Residual:
    """Residual block, `y = x + f(x)`, where f is a chain of layers.

    The gradient reaches `x` past the layers too, so that deep networks train.

    Parameters
    ----------
    layers
        The layers of f, first to last; at least one, public or own, `Residual` included. The first reads the block's
        input, `(rows, ...)`; the last must give rows of the same shape. Input sizes of `None` are filled in.

    Raises
    ------
    pydantic.ValidationError
        No list of layers, or something in it that is no layer.
    ShapeError
        When stacked: the layers change the shape of the rows.

    Notes
    -----
    He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", 2016. The paper puts a ReLU behind the sum and
    batch normalisation inside: `Residual([...]), ReLU()`. Its follow-up, "Identity Mappings in Deep Residual
    Networks", 2016, puts both in front, inside the block, and nothing behind it. PyTorch and Keras have no such layer:
    there the sum is written by hand. The skip itself has no parameters, so no shape can change on it.

    Arrays inside are named by their path: `layers.1.0.w` is `w` of the first layer in the second layer.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Dense, ReLU, Stack
    >>> stack = Stack([Dense(3, 8), Residual([ReLU(), Dense(None, 8)]), ReLU(), Dense(8, 2)], rows=4)
    >>> stack.layers[1]
    Residual([ReLU(), Dense(8, 8)])
    >>> stack.forward(np.ones((4, 3), dtype="float32")).shape
    (4, 2)
    >>> [name for name in stack.weights() if name.startswith("layers.1.")]
    ['layers.1.1.w', 'layers.1.1.b']
    """

    layers: Chain
    kind: Literal["Residual"] = Field(default="Residual", kw_only=True)

    @property
    def input_shape(self) -> Shape | None:
        """One row, if a layer inside says it."""
        return first_size(self.layers)

    def resolve(self, in_shape: Shape) -> "Residual":
        """Fill in the input sizes of the layers inside."""
        if vars(self).get("_resolved") == in_shape:
            return self
        made = replace(self, layers=sized(self.layers, in_shape))
        # Kept, and the plan too: every block around this one asks again, which of deep blocks is depth^3 times.
        vars(made)["_resolved"] = in_shape
        return made

    def plan(self, in_shape: Shape) -> Plan:
        """Plan the layers inside; their output must have the input's shape."""
        known: tuple[Shape, Plan] | None = vars(self).get("_planned")
        if known is None or known[0] != in_shape:
            known = vars(self)["_planned"] = in_shape, self._plan(in_shape)
        return known[1]

    def _plan(self, in_shape: Shape) -> Plan:
        plans = planned(self.layers, in_shape)
        if len(plans) == len(self.layers) and plans[-1].out_shape != in_shape:
            raise ShapeError(_unequal(in_shape, plans[-1].out_shape))
        return Plan(in_shape, inner=tuple(self.layers), min_rows=max((plan.min_rows for plan in plans), default=1))

    def forward(self, f: Frame) -> Calls:
        """Yield the calls inside, then y = x + f(x)."""
        for title, layer, inside in _computing(self.layers, f.inner):
            yield from checked(layer.forward(inside), title)
        yield residual.forward, f.x, f.inner[-1].y, f.y

    def backward(self, f: Frame) -> Calls:
        """Yield the calls inside, last layer first, then dx = dy + what they give."""
        for title, layer, inside in reversed(_computing(self.layers, f.inner)):
            if inside.dy.size:  # none reaches the layers before the first with parameters, if nobody reads dx
                yield from checked(layer.backward(inside), title)
        if f.dx is not None:
            yield residual.backward, f.dy, f.inner[0].dx, f.dx

    def __repr__(self) -> str:
        """Write the call that makes it, with a list, as people do."""
        return f"Residual({list(self.layers)!r})"


def _computing(layers: Sequence[Propagate], frames: Sequence[Frame]) -> list[tuple[str, Propagate, Frame]]:
    """Give the layers inside that are no views, with their titles and frames."""
    pairs = enumerate(zip(layers, frames, strict=True))
    return [
        (f"layers[{i}] of a Residual: {layer!r}", layer, inside)
        for i, (layer, inside) in pairs
        if not np.may_share_memory(inside.x, inside.y)
    ]


def _unequal(in_shape: Shape, out_shape: Shape) -> str:
    remedy = f"let the last one give {rows_of(in_shape)}"
    if len(in_shape) == len(out_shape) <= 2:
        remedy = f"end them with Dense(None, {in_shape[-1]})"
    elif len(in_shape) == len(out_shape) == 3:
        fitting = "a stride of 1 and padding='same' keep height and width"
        remedy = fitting if in_shape[1:] != out_shape[1:] else f"end them with Conv2D(None, {in_shape[0]}, 1)"
    return (
        f"the layers inside turn {rows_of(in_shape)} into {rows_of(out_shape)}, and only equal shapes can be added; "
        f"{remedy}"
    )
