"""Standardisation of features, as a layer."""

from typing import Literal

import numpy as np
from pydantic import Field

from nn_layers.kernels import standardize
from nn_layers.protocol import Array, Calls, Frame, Plan, Shape, State
from nn_layers.spec import spec


@spec
class Standardize:
    """Brings every feature to mean 0 and standard deviation 1, `y = (x - mean) / scale`.

    `mean` and `scale` are state: set once from the training rows (`adapt`), saved with the network, never trained.
    Until then they are 0 and 1, and the layer changes nothing.

    Notes
    -----
    The deviation is the population's (divided by the number of rows), as scikit-learn's `StandardScaler` and RustNet
    have it; a feature that never varies is divided by 1. Keras' `Normalization` is the same layer.

    Examples
    --------
    >>> import numpy as np
    >>> state = Standardize().adapt(np.array([[0.0, 5.0], [2.0, 5.0]]))
    >>> state["mean"].tolist(), state["scale"].tolist()
    ([1.0, 5.0], [1.0, 1.0])
    """

    kind: Literal["Standardize"] = Field(default="Standardize", kw_only=True)

    def plan(self, in_shape: Shape) -> Plan:
        """Plan the state."""
        return Plan(in_shape, state={"mean": State(in_shape), "scale": State(in_shape, fill=1.0, sign="positive")})

    def adapt(self, x: Array) -> dict[str, Array]:
        """Give the state for these training rows, `(rows, ...)`, computed in float64."""
        mean: Array = np.asarray(np.mean(x, axis=0, dtype=np.float64))
        scale: Array = np.asarray(np.std(x, axis=0, dtype=np.float64, mean=mean[np.newaxis]))
        # A feature that never varies has a deviation of 0, or of the rounding errors of a mean of so many rows.
        constant = scale <= len(x) * np.finfo(np.float64).eps * np.abs(mean)
        return {"mean": mean, "scale": np.where(constant, 1.0, scale)}

    def forward(self, f: Frame) -> Calls:
        """Yield y = (x - mean) / scale."""
        yield standardize.forward, f.x, f.state["mean"], f.state["scale"], f.y

    def backward(self, f: Frame) -> Calls:
        """Yield dx = dy / scale."""
        if f.dx is not None:
            yield standardize.backward, f.dy, f.state["scale"], f.dx
