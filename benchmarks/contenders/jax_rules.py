"""Our optimizers' formulas over JAX's trees of arrays: JAX itself has none."""

from typing import Any

import jax
from jax import numpy as jnp

from nn_optim import SGD, Adam, Nadam

__all__ = ["RULES"]


def no_slots(_: Any) -> Any:
    """Give nothing."""
    return ()


def two_means(params: Any) -> Any:
    """Give both means, the number of steps, and the product of Nadam's schedule."""
    zeros = jax.tree.map(jnp.zeros_like, params)
    return zeros, jax.tree.map(jnp.zeros_like, params), jnp.float32(0.0), jnp.float32(1.0)


def sgd(spec: SGD, params: Any, grads: Any, state: Any) -> tuple[Any, Any]:
    """Go downhill."""
    return jax.tree.map(lambda p, g: p - spec.lr * g, params, grads), state


def adam(spec: Adam, params: Any, grads: Any, state: Any) -> tuple[Any, Any]:
    """Divide the mean gradient by the root of the mean square."""
    m, v, t = _means(spec, grads, state)
    a, b = 1 - spec.betas[0] ** t, 1 - spec.betas[1] ** t
    new = jax.tree.map(lambda p, m, v: p - spec.lr * (m / a) / (jnp.sqrt(v / b) + spec.eps), params, m, v)
    return new, (m, v, t, state[3])


def nadam(spec: Nadam, params: Any, grads: Any, state: Any) -> tuple[Any, Any]:
    """Adam with the mean that the next step will have."""
    m, v, t = _means(spec, grads, state)
    now, after = (spec.betas[0] * (1 - 0.5 * 0.96 ** (s * (spec.momentum_decay or 0.0))) for s in (t, t + 1))
    product = state[3] * now
    c, d, b = after / (1 - product * after), (1 - now) / (1 - product), 1 - spec.betas[1] ** t

    def move(p: Any, g: Any, m: Any, v: Any) -> Any:
        return p - spec.lr * (c * m + d * g) / (jnp.sqrt(v / b) + spec.eps)

    return jax.tree.map(move, params, grads, m, v), (m, v, t, product)


def _means(spec: Adam | Nadam, grads: Any, state: Any) -> tuple[Any, Any, Any]:
    a, b = spec.betas
    m = jax.tree.map(lambda m, g: a * m + (1 - a) * g, state[0], grads)
    v = jax.tree.map(lambda v, g: b * v + (1 - b) * g * g, state[1], grads)
    return m, v, state[2] + 1


RULES: Any = {SGD: (no_slots, sgd), Adam: (two_means, adam), Nadam: (two_means, nadam)}
"""For each of ours: what makes its slots, and its update."""
