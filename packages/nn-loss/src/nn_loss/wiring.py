"""What the losses share when they yield their calls."""

from collections.abc import Mapping
from math import prod

from nn_loss.kernels import share
from nn_loss.protocol import Array, Calls, LossFrame, Scratch, Shape


def row_shares(f: LossFrame, times: float, out: Array) -> Calls:
    """Yield the call that fills `out` with each row's share of the mean: its weight / (denominator * times)."""
    if f.weights is None:
        yield share.equal, f.denominator, times, out
    else:
        yield share.weighted, f.weights, f.denominator, times, out


def element_scratch(shape: Shape, *names: str) -> Mapping[str, Scratch]:
    """Name work arrays of the scores' shape, and the shares of the rows."""
    return {name: Scratch(shape) for name in names} | {"share": Scratch((1,) * len(shape))}


def element_shares(f: LossFrame) -> tuple[Array, Calls]:
    """Return the shares for a mean over all elements, and the calls that fill them."""
    out = f.s["share"][:1] if f.weights is None else f.s["share"]
    return out, row_shares(f, prod(f.scores.shape[1:]), out)
