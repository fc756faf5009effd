"""The fully connected layer."""

from dataclasses import replace
from typing import Literal

from pydantic import Field, PositiveInt

from nn_layers.errors import ShapeError
from nn_layers.initializers import AnyInitializer, He, Zeros
from nn_layers.kernels import affine
from nn_layers.protocol import Calls, Frame, Param, Plan, Shape, rows_of
from nn_layers.regularization import AnyRegularizer
from nn_layers.spec import spec


@spec
class Dense:
    """Fully connected layer, `y = x w + b` over the last axis.

    Parameters
    ----------
    in_features
        Size of the last axis of the input, `(rows, in_features)` or `(rows, tokens, in_features)`; `None` takes it
        from the layer before.
    out_features
        Size of the last axis of the output.
    init
        How the weights `w`, `(in_features, out_features)`, are drawn. The biases `b`, `(out_features,)`, start at 0.
    regularization
        `L1`, `L2` or `ElasticNet` on the weights; never on the biases.

    Raises
    ------
    pydantic.ValidationError
        A size below 1, or of another type than `int`.
    ShapeError
        When stacked: rows of another size than `in_features`.

    Notes
    -----
    PyTorch's `nn.Linear` keeps the weights transposed, `(out, in)`, and starts weights and biases uniform on
    `1 / sqrt(in)`; Keras' `Dense` has our shape and starts from Glorot's uniform rule.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Stack
    >>> stack = Stack([Dense(3, 2)], rows=4)
    >>> stack.forward(np.ones((4, 3), dtype="float32")).shape
    (4, 2)
    """

    in_features: PositiveInt | None
    out_features: PositiveInt
    init: AnyInitializer = He()
    regularization: AnyRegularizer | None = None
    kind: Literal["Dense"] = Field(default="Dense", kw_only=True)

    @property
    def input_shape(self) -> Shape | None:
        """One row: `(in_features,)`; `None` while that is open."""
        return None if self.in_features is None else (self.in_features,)

    def resolve(self, in_shape: Shape) -> "Dense":
        """Fill in `in_features`."""
        return self if self.in_features is not None or not in_shape else replace(self, in_features=in_shape[-1])

    def plan(self, in_shape: Shape) -> Plan:
        """Plan `w` and `b`."""
        if not in_shape:
            raise ShapeError(got=rows_of(in_shape), remedy="give rows an axis of features: input_shape=(1,)")
        if in_shape[-1] < 1:
            raise ShapeError(got=rows_of(in_shape), remedy="give rows of at least 1 number")
        if in_shape[-1] != (self.in_features or in_shape[-1]):
            fitting = f"write Dense({in_shape[-1]}, {self.out_features})"
            images = len(in_shape) == 3  # whose last axis is seldom meant
            raise ShapeError(
                got=rows_of(in_shape), remedy=f"put Flatten() in front, or {fitting}" if images else fitting
            )
        n, m = in_shape[-1], self.out_features
        w = Param((n, m), self.init, (n, m), self.regularization, decay=True)
        return Plan((*in_shape[:-1], m), params={"w": w, "b": Param((m,), Zeros())})

    def forward(self, f: Frame) -> Calls:
        """Yield y = x w + b."""
        yield affine.forward, f.x, f.p["w"], f.p["b"], f.y

    def backward(self, f: Frame) -> Calls:
        """Yield dw = x' dy, db = sum dy, dx = dy w'."""
        yield affine.parameter_grads, f.x, f.dy, affine.ones(f.dy), f.g["w"], f.g["b"]
        if f.dx is not None:  # nobody reads it: nobody computes it
            yield affine.input_grad, f.dy, f.p["w"], f.dx
