"""y = x w + b, over the last axis."""

import numpy as np

from nn_layers.protocol import Array


def _flat(x: Array) -> Array:
    """View (..., n) as (rows, n), so that one matrix product serves rows and tokens alike."""
    return x if x.ndim == 2 else x.reshape(-1, x.shape[-1])


def forward(x: Array, w: Array, b: Array, y: Array) -> None:
    """x: (..., in), w: (in, out), b: (out,) -> y: (..., out)."""
    out = _flat(y)
    np.matmul(_flat(x), w, out=out)
    np.add(out, b, out=out)


def parameter_grads(x: Array, dy: Array, dw: Array, db: Array) -> None:
    """x: (..., in), dy: (..., out) -> dw: (in, out), db: (out,)."""
    grad = _flat(dy)
    np.matmul(_flat(x).T, grad, out=dw)
    np.add.reduce(grad, axis=0, out=db)


def input_grad(dy: Array, w: Array, dx: Array) -> None:
    """dy: (..., out), w: (in, out) -> dx: (..., in)."""
    np.matmul(_flat(dy), w.T, out=_flat(dx))
