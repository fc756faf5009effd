"""Where a token stands, added to what it says."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import Field

from nn_layers.kernels import position
from nn_layers.layers.tokens import check_tokens
from nn_layers.protocol import Array, Calls, Frame, Param, Plan, Shape
from nn_layers.spec import spec


@dataclass(frozen=True, slots=True)
class Sinusoidal:
    """The first values of a table of positions: sines and cosines, the same for every seed."""

    def draw(self, out: Array, fans: tuple[int, int], rng: np.random.Generator) -> None:  # noqa: ARG002  # one protocol
        """Fill `out`, `(tokens, features)`."""
        tokens, features = out.shape
        out[...] = sinusoids(tokens, features)


def sinusoids(tokens: int, features: int) -> Array:
    """Give the table, `(tokens, features)`, in float64: angles of `t / 10000^(2 floor(d / 2) / features)`."""
    t, d = np.arange(tokens)[:, np.newaxis], np.arange(features)
    angles = t / 10000.0 ** (2.0 * (d // 2) / features)
    table: Array = np.where(d % 2 == 0, np.sin(angles), np.cos(angles))
    return table


@spec
class PositionalEncoding:
    """Adds a number for its place to every number of a token, `y = x + w`: layers after it can tell the order.

    `w`, `(tokens, features)`, starts from sinusoids: for token t and feature d the angle is
    `t / 10000^(2 floor(d / 2) / features)`; an even d takes its sine, an odd d its cosine.

    Parameters
    ----------
    trainable
        Whether `w` is a parameter, trained from there and saved, but never decayed or regularised; or stays as it is. A
        fixed table is no part of the network's arrays: it is made from its formula, in float64 and then rounded,
        wherever the layer is bound, so that no file can disagree with it.

    Raises
    ------
    pydantic.ValidationError
        `trainable` of another type than `bool`.
    ShapeError
        When stacked: rows that are no tokens `(tokens, features)`.

    Notes
    -----
    Vaswani et al., "Attention Is All You Need", 2017, section 3.5; they add the table to embeddings multiplied by
    `sqrt(features)`, which is left to the layers before, and find that a trained one does equally well. PyTorch has no
    such layer. KerasHub's `SinePositionEncoding` is the fixed one; its `PositionEmbedding` is trained from random
    numbers. Because a table belongs to one number of tokens, a network takes rows of that number only.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> stack = Stack([PositionalEncoding()], input_shape=(2, 2), rows=1)
    >>> stack.forward(np.zeros((1, 2, 2))).round(4).tolist()[0][0]
    [0.0, 1.0]
    >>> stack.theta.size
    4
    """

    trainable: bool = True
    kind: Literal["PositionalEncoding"] = Field(default="PositionalEncoding", kw_only=True)

    def plan(self, in_shape: Shape) -> Plan:
        """Plan `w`, if it is trained."""
        check_tokens(in_shape)
        return Plan(in_shape, params={"w": Param(in_shape, Sinusoidal())} if self.trainable else {})

    def forward(self, f: Frame) -> Calls:
        """Yield y = x + w."""
        w: Any = f.p["w"] if self.trainable else sinusoids(*f.x.shape[1:]).astype(f.x.dtype)
        yield position.forward, f.x, w, f.y

    def backward(self, f: Frame) -> Calls:
        """Yield dw = the sum of dy over the rows, and dx = dy."""
        if self.trainable:
            yield position.parameter_grads, f.dy, f.g["w"]
        if f.dx is not None:
            yield position.input_grad, f.dy, f.dx
