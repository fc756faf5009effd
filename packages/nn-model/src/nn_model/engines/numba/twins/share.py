"""Shares: what each row counts in the mean. `(rows, 1, ...)`, or one element if all rows count the same."""

import math

from nn_loss.kernels import share as kernels
from nn_loss.protocol import Array
from nn_model.engines.numba.memory import flat
from nn_model.engines.numba.registry import compiled, twin


@compiled
def _or_infinite(denominator: float) -> float:
    """Make 0 infinite: a batch whose weights are all 0 has loss 0 and gradient 0, not 0 / 0."""
    return math.inf if denominator == 0 else denominator


@twin(kernels.equal)
def equal(denominator: Array, times: float, share: Array) -> None:
    out, one = flat(share), 1.0 / _or_infinite(denominator[0] * times)
    for i in range(out.size):
        out[i] = one


@twin(kernels.weighted)
def weighted(weights: Array, denominator: Array, times: float, share: Array) -> None:
    out, whole = flat(share), _or_infinite(denominator[0] * times)
    columns = out.size // weights.size  # all tokens of a row count as it does
    for i in range(out.size):
        out[i] = float(weights[i // columns]) / whole


@twin(kernels.by_label)
def by_label(labels: Array, class_weights: Array, at: Array, share: Array) -> None:
    given, places, out = flat(labels), flat(at), flat(share)
    for i in range(out.size):
        places[i] = given[i]
        out[i] = class_weights[places[i]]


@twin(kernels.scale)
def scale(weights: Array, share: Array, work: Array, largest: Array) -> None:
    out = flat(share)
    columns = out.size // weights.size
    largest[0] = weights[0]
    for i in range(weights.size):
        largest[0] = max(largest[0], weights[i])
    most = _or_infinite(largest[0])
    for i in range(out.size):
        out[i] *= weights[i // columns] / most


@twin(kernels.normalise)
def normalise(share: Array, unit: float, largest: Array, denominator: Array) -> None:
    out, total = flat(share), 0.0
    for i in range(out.size):
        total += out[i]
    whole = _or_infinite(total)
    for i in range(out.size):
        out[i] /= whole
    denominator[0] = total * unit * largest[0]
