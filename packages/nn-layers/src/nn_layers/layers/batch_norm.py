"""Batch normalisation, of rows, tokens and images."""

from dataclasses import replace
from math import prod
from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from nn_layers.errors import ShapeError
from nn_layers.initializers import Normal, Zeros
from nn_layers.kernels import batch_norm
from nn_layers.protocol import Calls, Frame, Param, Plan, Scratch, Shape, State, rows_of
from nn_layers.spec import spec

ONES = Normal(0.0, mean=1.0)


@spec
class BatchNorm:
    """Brings every feature to mean 0 and variance 1 over the batch, then scales and shifts it: `y = w xhat + b`.

    `xhat = (x - mean) / sqrt(var + eps)`. In training, mean and variance (divided by the count) are the batch's, over
    all its rows, and over tokens and pixels too. At inference they are the running ones, kept as state.

    Parameters
    ----------
    features
        How many features: of rows `(F,)` and tokens `(T, D)` the size of the last axis; of images `(C, H, W)` the
        channels. `None` takes it from the layer before.
    momentum
        In [0, 1]: after each training step `running = (1 - momentum) running + momentum batch`, where the batch's
        variance is the unbiased one. Running mean and variance start at 0 and 1. Keras' momentum is `1 - momentum`.
    eps
        Above 0; added to the variance.

    Raises
    ------
    pydantic.ValidationError
        An argument out of its range.
    ShapeError
        When stacked: rows with another number of features, with no axis, or with more than three.

    Notes
    -----
    Ioffe, Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift",
    2015. `w` (gamma, the paper's name) starts at 1 and `b` (beta) at 0; neither is decayed, where PyTorch's AdamW
    decays both unless told. The numbers are those of PyTorch's BatchNorm1d and BatchNorm2d, but that BatchNorm1d wants
    the features of tokens at axis 1, `(N, D, T)`. Training on single numbers takes at least 2 rows.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> stack = Stack([BatchNorm(1)], input_shape=(1,), rows=2)
    >>> stack.forward(np.array([[3.0], [5.0]]), training=True).round(3).tolist()
    [[-1.0], [1.0]]
    """

    features: PositiveInt | None = None
    momentum: Annotated[float, Field(ge=0, le=1)] = 0.1
    eps: Annotated[float, Field(gt=0)] = 1e-5
    kind: Literal["BatchNorm"] = Field(default="BatchNorm", kw_only=True)

    @property
    def input_shape(self) -> Shape | None:
        """`None`: the features may be channels of images of any size, or those of any number of tokens."""
        return None

    def resolve(self, in_shape: Shape) -> "BatchNorm":
        """Fill in `features`."""
        known = self.features is not None or not in_shape
        return self if known else replace(self, features=in_shape[_axis(in_shape)])

    def plan(self, in_shape: Shape) -> Plan:
        """Plan `w`, `b` and the running statistics."""
        if not 1 <= len(in_shape) <= 3:
            raise ShapeError(got=rows_of(in_shape), remedy="give rows (F,), tokens (T, D) or images (C, H, W)")
        axis = _axis(in_shape)
        n = in_shape[axis]
        if n != (self.features or n):
            raise ShapeError(got=rows_of(in_shape), remedy=f"write BatchNorm({n})")
        cells = _cells(in_shape)
        tile = batch_norm.tile_shape(prod(cells))
        scratch = {
            "ones": Scratch(tile[:1], per_row=False, training=True),
            "tile": Scratch(tile, per_row=False, training=True),
            "cols": Scratch((4, *cells), per_row=False),
            "stats": Scratch((5, n), per_row=False, kept=True, training=True),
        }
        params = {"w": Param((n,), ONES), "b": Param((n,), Zeros())}
        state = {"mean": State((n,)), "var": State((n,), fill=1.0, sign="not negative")}
        return Plan(in_shape, params, state, scratch, min_rows=2 if n == prod(in_shape) else 1)

    def forward(self, f: Frame) -> Calls:
        """Yield y = w xhat + b, and in training what `settle` and `backward` need of the batch."""
        w, b, cols = f.p["w"], f.p["b"], f.s["cols"]
        if f.training:
            yield batch_norm.forward, f.x, w, b, self.eps, f.s["ones"], f.s["tile"], cols, f.s["stats"], f.y
        else:
            yield batch_norm.inference, f.x, w, b, f.state["mean"], f.state["var"], self.eps, cols[:2], f.y

    def backward(self, f: Frame) -> Calls:
        """Yield dw = sum dy xhat, db = sum dy, dx = w / sqrt(var + eps) (dy - mean dy - xhat mean(dy xhat))."""
        s, dw, db = f.s, f.g["w"], f.g["b"]
        yield batch_norm.parameter_grads, f.x, f.dy, s["ones"], s["tile"], s["cols"], s["stats"], dw, db
        if f.dx is not None:
            yield batch_norm.input_grad, f.x, f.dy, f.p["w"], dw, db, s["cols"], s["stats"], f.dx

    def settle(self, f: Frame) -> Calls:
        """Yield the running statistics' move towards the batch's."""
        yield batch_norm.update, self.momentum, f.s["stats"], f.state["mean"], f.state["var"]


def _axis(in_shape: Shape) -> int:
    """Say which axis of a row holds the features: an image's channels, else the last."""
    return 0 if len(in_shape) == 3 else -1


def _cells(in_shape: Shape) -> Shape:
    """View a row as (a, features, b); of tokens as many as make columns enough for NumPy to be fast."""
    if len(in_shape) == 3:
        return (1, in_shape[0], in_shape[1] * in_shape[2])
    n = in_shape[-1]
    tokens = prod(in_shape[:-1])
    return (max(t for t in range(1, tokens + 1) if tokens % t == 0 and (t == 1 or t * n <= batch_norm.WIDTH)), n, 1)
