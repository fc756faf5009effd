"""Layer normalisation, of rows and tokens."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from nn_layers.errors import ShapeError
from nn_layers.initializers import Normal, Zeros
from nn_layers.kernels import layer_norm
from nn_layers.protocol import Array, Calls, Frame, Param, Plan, Scratch, Shape, rows_of
from nn_layers.spec import spec

ONES = Normal(0.0, mean=1.0)


@spec
class LayerNorm:
    """Brings every row, or every token, to mean 0 and variance 1, then scales and shifts it: `y = w xhat + b`.

    `xhat = (x - mean) / sqrt(var + eps)`, with mean and variance (divided by the count) over the last axis. No row
    depends on another, so training and inference compute the same.

    Parameters
    ----------
    features
        Size of the last axis of the input, `(rows, features)` or `(rows, tokens, features)`; `None` takes it from the
        layer before.
    eps
        Above 0; added to the variance.

    Raises
    ------
    pydantic.ValidationError
        An argument out of its range.
    ShapeError
        When stacked: rows of another size than `features`.

    Notes
    -----
    Ba, Kiros, Hinton, "Layer Normalization", 2016. `w` (gain) starts at 1 and `b` (bias) at 0, both `(features,)`;
    neither is decayed, where PyTorch's AdamW decays both unless told. The numbers are those of PyTorch's
    `LayerNorm(features)`, also for images `(C, H, W)`, whose lines of W pixels are normalised each for itself: the
    paper's sum over a whole image is `Flatten` before this layer. Keras' eps is 1e-3.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> stack = Stack([LayerNorm(2)], rows=1)
    >>> stack.forward(np.array([[3.0, 5.0]])).round(3).tolist()
    [[-1.0, 1.0]]
    """

    features: PositiveInt | None = None
    eps: Annotated[float, Field(gt=0)] = 1e-5
    kind: Literal["LayerNorm"] = Field(default="LayerNorm", kw_only=True)

    @property
    def input_shape(self) -> Shape | None:
        """One row: `(features,)`; `None` while that is open."""
        return None if self.features is None else (self.features,)

    def resolve(self, in_shape: Shape) -> "LayerNorm":
        """Fill in `features`."""
        return self if self.features is not None or not in_shape else replace(self, features=in_shape[-1])

    def plan(self, in_shape: Shape) -> Plan:
        """Plan `w`, `b`, and what a training pass keeps of each row."""
        if not in_shape:
            raise ShapeError(got=rows_of(in_shape), remedy="give rows an axis of features: input_shape=(1,)")
        *tokens, n = in_shape
        if n != (self.features or n):
            raise ShapeError(got=rows_of(in_shape), remedy=f"write LayerNorm({n})")
        tile = layer_norm.tile_shape(n)
        kept = Scratch(tuple(tokens), kept=True)
        scratch = {
            "mean": kept,
            "rest": kept,
            "inv": kept,
            "tile": Scratch(tile, per_row=False),
            "lines": Scratch((3, n), per_row=False),
            "rows": Scratch((4, tile[0]), per_row=False),
        }
        return Plan(in_shape, params={"w": Param((n,), ONES), "b": Param((n,), Zeros())}, scratch=scratch)

    def forward(self, f: Frame) -> Calls:
        """Yield y = w xhat + b, and what backward needs of each row."""
        yield layer_norm.forward, f.x, f.p["w"], f.p["b"], self.eps, *_scratch(f), f.y

    def backward(self, f: Frame) -> Calls:
        """Yield dw = sum dy xhat, db = sum dy, dx = (w dy - mean(w dy) - xhat mean(w dy xhat)) / sqrt(var + eps)."""
        dw, db = f.g["w"], f.g["b"]
        if f.dx is None:
            yield layer_norm.parameter_grads, f.x, f.dy, *_scratch(f), dw, db
        else:
            yield layer_norm.all_grads, f.x, f.dy, f.p["w"], *_scratch(f), dw, db, f.dx


def _scratch(f: Frame) -> list[Array]:
    return [f.s[name] for name in ("tile", "lines", "rows", "mean", "rest", "inv")]
