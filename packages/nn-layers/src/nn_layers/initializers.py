"""How the first values of a parameter are drawn."""

import math
from collections.abc import Callable
from typing import Annotated, Any, Literal, Protocol, Self, runtime_checkable

import numpy as np
from pydantic import Field, model_validator

from nn_layers.protocol import Array
from nn_layers.spec import spec

Distribution = Literal["normal", "uniform"]

BLOCK = 1 << 16
"""Numbers drawn at a time: a draw takes no second array of the parameter's size."""


@runtime_checkable
class Initializer(Protocol):
    """A way to draw the first values of a parameter."""

    def draw(self, out: Array, fans: tuple[int, int], rng: np.random.Generator) -> None:
        """Fill `out`, whose outputs sum `fans[0]` numbers and whose inputs feed `fans[1]`."""
        ...


def _draw(out: Array, std: float, distribution: Distribution, rng: np.random.Generator) -> None:
    if distribution == "normal":
        _fill(out, lambda size: rng.normal(0.0, std, size))
    else:
        limit = math.sqrt(3.0) * std
        _fill(out, lambda size: rng.uniform(-limit, limit, size))


def _fill(out: Array, draw: Callable[[int], Array]) -> None:
    """Fill `out` block by block from one stream, whose numbers do not depend on the size of a block."""
    # Always drawn in float64, so that one seed gives the same network in every dtype.
    flat: Any = out.reshape(-1) if out.flags.c_contiguous else out.flat
    for start in range(0, out.size, BLOCK):
        stop = min(start + BLOCK, out.size)
        flat[start:stop] = draw(stop - start)


@spec
class He:
    """He initialisation: standard deviation `sqrt(2 / fan_in)`, for ReLU and its relatives.

    Parameters
    ----------
    distribution
        `"normal"`, or `"uniform"` on `[-sqrt(6 / fan_in), sqrt(6 / fan_in))`, which has the same deviation.

    Notes
    -----
    He, Zhang, Ren, Sun, "Delving Deep into Rectifiers", 2015. As nn-rs and rsnet have it (normal and uniform).
    Keras' `HeNormal` cuts its normal off at two deviations, and PyTorch's `nn.Linear` starts from another rule,
    uniform on `1 / sqrt(fan_in)`; ours is the paper's.

    Examples
    --------
    >>> He()
    He()
    >>> He("uniform")
    He(distribution='uniform')
    """

    distribution: Distribution = "normal"
    kind: Literal["He"] = Field(default="He", kw_only=True)

    def draw(self, out: Array, fans: tuple[int, int], rng: np.random.Generator) -> None:
        """Fill `out` from the distribution."""
        _draw(out, math.sqrt(2.0 / fans[0]), self.distribution, rng)


@spec
class LeCun:
    """LeCun initialisation: standard deviation `sqrt(1 / fan_in)`, for SELU and tanh.

    Parameters
    ----------
    distribution
        `"normal"`, or `"uniform"` on `[-sqrt(3 / fan_in), sqrt(3 / fan_in))`.

    Notes
    -----
    LeCun, Bottou, Orr, Mueller, "Efficient BackProp", 1998; Klambauer et al., 2017, ask for it under SELU.

    Examples
    --------
    >>> LeCun("uniform").distribution
    'uniform'
    """

    distribution: Distribution = "normal"
    kind: Literal["LeCun"] = Field(default="LeCun", kw_only=True)

    def draw(self, out: Array, fans: tuple[int, int], rng: np.random.Generator) -> None:
        """Fill `out` from the distribution."""
        _draw(out, math.sqrt(1.0 / fans[0]), self.distribution, rng)


@spec
class Glorot:
    """Glorot (Xavier) initialisation: standard deviation `sqrt(2 / (fan_in + fan_out))`, for tanh and sigmoid.

    Parameters
    ----------
    distribution
        `"normal"`, or `"uniform"` on `+-sqrt(6 / (fan_in + fan_out))`.

    Notes
    -----
    Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010. nn-rs writes
    `sqrt(1 / (fan_in + fan_out))`, which is smaller than the paper's by `sqrt(2)`; ours is the paper's.

    Examples
    --------
    >>> Glorot().distribution
    'normal'
    """

    distribution: Distribution = "normal"
    kind: Literal["Glorot"] = Field(default="Glorot", kw_only=True)

    def draw(self, out: Array, fans: tuple[int, int], rng: np.random.Generator) -> None:
        """Fill `out` from the distribution."""
        _draw(out, math.sqrt(2.0 / (fans[0] + fans[1])), self.distribution, rng)


@spec
class Uniform:
    """Uniform on `[low, high)`, whatever the size of the layer.

    Parameters
    ----------
    low, high
        The ends; `low < high`. The default is RustNet's.

    Examples
    --------
    >>> Uniform(-0.1, 0.1)
    Uniform(low=-0.1, high=0.1)
    """

    low: float = -0.5
    high: float = 0.5
    kind: Literal["Uniform"] = Field(default="Uniform", kw_only=True)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"low must be below high, got low={self.low}, high={self.high}")
        return self

    def draw(self, out: Array, fans: tuple[int, int], rng: np.random.Generator) -> None:  # noqa: ARG002  # one protocol
        """Fill `out` from the distribution."""
        _fill(out, lambda size: rng.uniform(self.low, self.high, size))


@spec
class Normal:
    """Normal with a given mean and standard deviation, whatever the size of the layer.

    Parameters
    ----------
    std
        Standard deviation, at least 0.
    mean
        The mean.

    Examples
    --------
    >>> Normal(0.02)
    Normal(std=0.02)
    """

    std: Annotated[float, Field(ge=0)] = 0.01
    mean: float = 0.0
    kind: Literal["Normal"] = Field(default="Normal", kw_only=True)

    def draw(self, out: Array, fans: tuple[int, int], rng: np.random.Generator) -> None:  # noqa: ARG002  # one protocol
        """Fill `out` from the distribution."""
        _fill(out, lambda size: rng.normal(self.mean, self.std, size))


@spec
class Zeros:
    """All zeros: for biases, and for a last layer that is to start with the same answer for every input.

    Examples
    --------
    >>> Zeros()
    Zeros()
    """

    kind: Literal["Zeros"] = Field(default="Zeros", kw_only=True)

    def draw(self, out: Array, fans: tuple[int, int], rng: np.random.Generator) -> None:  # noqa: ARG002  # one protocol
        """Fill `out` with zeros."""
        out[...] = 0.0


AnyInitializer = Annotated[He | LeCun | Glorot | Uniform | Normal | Zeros, Field(discriminator="kind")]
