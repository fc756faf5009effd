"""Many tokens as one."""

from typing import Literal

from pydantic import Field

from nn_layers.kernels import token_mean
from nn_layers.layers.tokens import check_tokens
from nn_layers.protocol import Calls, Frame, Plan, Scratch, Shape
from nn_layers.spec import spec


@spec
class MeanTokens:
    """The mean over the tokens of a row: `(rows, tokens, features)` becomes `(rows, features)`.

    It stands between layers on tokens and the `Dense` layer that classifies the whole row.

    Raises
    ------
    ShapeError
        When stacked: rows that are no tokens `(tokens, features)`.

    Notes
    -----
    Dosovitskiy et al., "An Image is Worth 16x16 Words", 2021, compare it in appendix D.3 with a token of its own for
    the class: both do equally well, each at its own learning rate. PyTorch has no such layer, one writes `x.mean(1)`;
    Keras' is `GlobalAveragePooling1D`.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> stack = Stack([MeanTokens()], input_shape=(3, 2), rows=1)
    >>> stack.forward(np.array([[[1.0, 0.0], [2.0, 0.0], [6.0, 9.0]]])).tolist()
    [[3.0, 3.0]]
    """

    kind: Literal["MeanTokens"] = Field(default="MeanTokens", kw_only=True)

    def plan(self, in_shape: Shape) -> Plan:
        """Plan scratch."""
        check_tokens(in_shape)
        v = Scratch((in_shape[0],), per_row=False)
        return Plan((in_shape[1],), scratch={"v": v, "s": Scratch((in_shape[1],), training=True)})

    def forward(self, f: Frame) -> Calls:
        """Yield y = the mean of x over the tokens."""
        yield token_mean.forward, f.x, f.s["v"], f.y

    def backward(self, f: Frame) -> Calls:
        """Yield dx = dy / tokens, the same for all tokens."""
        if f.dx is not None:
            yield token_mean.backward, f.dy, f.s["s"], f.dx
