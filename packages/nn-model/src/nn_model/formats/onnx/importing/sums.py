"""Arithmetic: sums of products of powers, multiplied out, so that one formula has one form however it is written."""

from hashlib import blake2b
from math import prod

import numpy as np

from nn_layers.protocol import Shape
from nn_model.arrays import Array
from nn_model.errors import OnnxError
from nn_model.formats.onnx.importing.budget import MAX_POWER, MAX_TERMS, spend
from nn_model.formats.onnx.importing.graph import Node
from nn_model.formats.onnx.importing.values import Given, Made, Monomial, Raw, Solid, Sum

__all__ = [
    "NOTHING",
    "Terms",
    "affine",
    "close",
    "constant",
    "content",
    "digest",
    "minus",
    "one",
    "over",
    "plus",
    "scaled",
    "summed",
    "terms_of",
    "times",
]

Terms = dict[Monomial, Array]
NOTHING: Monomial = frozenset()
ONE = np.ones(())


def one(solid: Solid, power: int = 1) -> Terms:
    """Give a power of one thing."""
    return {frozenset({(solid, power)}): ONE}


def terms_of(solid: Solid) -> Terms:
    """Give a thing as a sum."""
    return solid.terms if isinstance(solid, Sum) else one(solid)


def constant(value: Array | float) -> Terms:
    """Give a constant as a sum."""
    given = np.asarray(value)
    if given.dtype != np.float64:
        spend(given.size, 2)
    return {NOTHING: given.astype(np.float64, copy=False)}


def _together(f: Array, g: Array) -> None:
    """Take two factors' sum or product from the budget."""
    spend(prod(np.broadcast_shapes(f.shape, g.shape)), 2)


def plus(a: Terms, b: Terms) -> Terms:
    """Add.

    Raises
    ------
    OnnxError
        The sum is longer than any layer's formula.
    """
    made = _merged(a, b)
    if len(made) > MAX_TERMS:
        raise OnnxError(f"it makes a sum of more than {MAX_TERMS} terms, which no layer computes")
    return made


def _merged(a: Terms, b: Terms) -> Terms:
    made = dict(a)
    for monomial, factor in b.items():
        if monomial in made:
            _together(made[monomial], factor)
            made[monomial] = made[monomial] + factor
        else:
            made[monomial] = factor
    return {monomial: factor for monomial, factor in made.items() if np.any(factor)}


def minus(a: Terms, b: Terms) -> Terms:
    """Subtract."""
    return plus(a, scaled(b, -ONE))


def scaled(a: Terms, factor: Array) -> Terms:
    """Multiply by a constant."""
    for found in a.values():
        _together(found, factor)
    return {monomial: found * factor for monomial, found in a.items()}


def times(a: Terms, b: Terms) -> Terms | None:
    """Multiply out; `None` where that becomes too much."""
    if len(a) * len(b) > 4 * MAX_TERMS:
        return None
    made: Terms = {}
    for m, f in a.items():
        for n, g in b.items():
            powers = dict(m)
            for solid, power in n:
                powers[solid] = powers.get(solid, 0) + power
            if any(abs(power) > MAX_POWER for power in powers.values()):
                return None
            _together(f, g)
            made = _merged(made, {frozenset((s, p) for s, p in powers.items() if p): f * g})
    return made if len(made) <= MAX_TERMS else None


def over(a: Terms, b: Terms) -> Terms | None:
    """Divide by a single product; `None` if it is a sum, or 0."""
    if len(b) != 1:
        return None
    ((monomial, factor),) = b.items()
    if not np.all(factor):
        return None
    spend(factor.size, 2)
    return times(a, {frozenset((solid, -power) for solid, power in monomial): 1.0 / factor})


def summed(terms: Terms, shape: Shape, node: Node) -> Solid:
    """Give a sum as a thing: the thing itself, if nothing was done to it."""
    parts = affine(terms)
    if parts is not None and len(terms) == 1 and parts[0].shape == shape and np.all(parts[1] == 1.0):
        return parts[0]
    return Sum(terms, shape, node)


def close(a: Terms, b: Terms) -> bool:
    """Whether two sums are the same, but for the rounding of constants to float32."""
    if a.keys() != b.keys():
        return False
    return all(np.allclose(factor, b[monomial], rtol=2e-6, atol=0.0) for monomial, factor in a.items())


def affine(terms: Terms) -> "tuple[Given | Made | Raw, Array, Array] | None":
    """Take a sum as `factor x + shift` of one thing x; `None` if it is something else."""
    others = [monomial for monomial in terms if monomial]
    if len(others) != 1 or len(others[0]) != 1:
        return None
    ((solid, power),) = others[0]
    if power != 1 or isinstance(solid, Sum):
        return None
    return solid, terms[others[0]], terms.get(NOTHING, np.zeros(()))


def content(solid: Sum) -> tuple[object, ...]:
    """Give what makes two sums one."""
    factors = ((m, f if f.size > 1 else f.reshape(1)) for m, f in solid.terms.items())
    return solid.shape, frozenset((m, f.shape, digest(f)) for m, f in factors)


def digest(array: Array) -> bytes:
    """Give a few bytes that tell an array from all others of its shape and type."""
    return blake2b(np.ascontiguousarray(array).data, digest_size=32).digest()
