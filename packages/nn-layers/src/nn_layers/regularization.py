"""Penalties on weights: their value, and their gradient added to the loss's."""

from typing import Annotated, Literal, Protocol, runtime_checkable

from pydantic import Field

from nn_layers.kernels import penalty
from nn_layers.protocol import Array, Calls
from nn_layers.spec import spec

Strength = Annotated[float, Field(ge=0)]


@runtime_checkable
class Regularizer(Protocol):
    """A penalty on one weight array."""

    def calls(self, w: Array, g: Array | None, s: Array, value: Array) -> Calls:
        """Yield the calls that add the penalty to `value` and, unless it is `None`, its gradient to `g`.

        `w` and `g` are flat; `s` is one block of scratch; `value` is `(1,)`, float64.
        """
        ...


@spec
class L1:
    """The lasso penalty `l1 * sum|w|`, gradient `l1 * sign(w)` with `sign(0) = 0`.

    Parameters
    ----------
    l1
        Strength, at least 0.

    Notes
    -----
    Tibshirani, "Regression Shrinkage and Selection via the Lasso", 1996. PyTorch has none; Keras' `L1` is the same.

    Examples
    --------
    >>> L1(1e-4)
    L1(0.0001)
    """

    l1: Strength
    kind: Literal["L1"] = Field(default="L1", kw_only=True)

    def calls(self, w: Array, g: Array | None, s: Array, value: Array) -> Calls:
        """Yield the penalty's calls."""
        yield penalty.add_l1, w, g, self.l1, s, value


@spec
class L2:
    """The ridge penalty `l2 * sum w^2`, gradient `2 * l2 * w`.

    Parameters
    ----------
    l2
        Strength, at least 0.

    Notes
    -----
    Hoerl, Kennard, "Ridge Regression", 1970. As Keras and nn-rs have it. PyTorch's `weight_decay=d` adds `d * w` to
    the gradient, biases included: the same on weights as `L2(d / 2)` here.

    Examples
    --------
    >>> L2(1e-4)
    L2(0.0001)
    """

    l2: Strength
    kind: Literal["L2"] = Field(default="L2", kw_only=True)

    def calls(self, w: Array, g: Array | None, s: Array, value: Array) -> Calls:
        """Yield the penalty's calls."""
        yield penalty.add_l2, w, g, self.l2, s, value


@spec
class ElasticNet:
    """Both penalties: `l1 * sum|w| + l2 * sum w^2`.

    Parameters
    ----------
    l1, l2
        Strengths, at least 0.

    Notes
    -----
    Zou, Hastie, "Regularization and Variable Selection via the Elastic Net", 2005. As Keras' `L1L2` and nn-rs.

    Examples
    --------
    >>> ElasticNet(l1=1e-4, l2=1e-4)
    ElasticNet(0.0001, 0.0001)
    """

    l1: Strength
    l2: Strength
    kind: Literal["ElasticNet"] = Field(default="ElasticNet", kw_only=True)

    def calls(self, w: Array, g: Array | None, s: Array, value: Array) -> Calls:
        """Yield the penalty's calls."""
        yield penalty.add_elastic_net, w, g, self.l1, self.l2, s, value


AnyRegularizer = Annotated[L1 | L2 | ElasticNet, Field(discriminator="kind")]
