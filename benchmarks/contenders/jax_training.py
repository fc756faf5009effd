"""JAX on the CPU: steps, answers and passes under `jit`, and whole runs as one compiled loop."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp

from benchmarks.contenders.jax_layers import arranged, scores
from benchmarks.contenders.jax_rules import RULES
from benchmarks.row import Row, Run
from nn_layers import Dense
from nn_loss import MSE, BinaryCrossEntropy, CrossEntropy
from nn_model import NN

__all__ = ["answers", "loop", "passes", "steps"]


def criterion(nn: NN) -> Callable[[Any, Any, Any], Any]:
    """Give the loss of parameters and a batch, penalty included."""
    penalised = [(i, layer.regularization) for i, layer in enumerate(nn.layers) if isinstance(layer, Dense)]
    costs: list[tuple[int, Any]] = [(i, cost) for i, cost in penalised if cost is not None]

    def loss_of(params: Any, x: Any, y: Any) -> Any:
        s = scores(nn.layers, params, x)
        match nn.loss:
            case CrossEntropy():
                loss = -jnp.take_along_axis(jax.nn.log_softmax(s), y[:, None], 1).mean()
            case BinaryCrossEntropy():
                loss = (jax.nn.softplus(s[:, 0]) - y * s[:, 0]).mean()
            case MSE():
                loss = jnp.square(s[:, 0] - y).mean()
        for i, cost in costs:
            w = params[f"layers.{i}.w"]
            loss = loss + cost.l1 * jnp.abs(w).sum() + cost.l2 * jnp.square(w).sum()
        return loss

    return loss_of


def begin(row: Row) -> tuple[Any, Any, Any, Callable[..., Any]]:
    """Give parameters and slots, the batches, and one step on them."""
    nn: NN = row.make()
    loss_of, (slots, rule) = criterion(nn), RULES[type(nn.optimizer)]
    params = {name: jnp.asarray(array) for name, array in nn.weights().items()}
    kind = np.int32 if isinstance(nn.loss, CrossEntropy) else np.float32
    batches = [(arranged(x), jnp.asarray(y.astype(kind))) for x, y in row.batches()]

    def step(carry: Any, batch: Any) -> tuple[Any, Any]:
        params, state = carry
        loss, grads = jax.value_and_grad(loss_of)(params, *batch)
        return rule(nn.optimizer, params, grads, state), loss

    return (params, slots(params)), batches, len(batches), step


def steps(row: Row) -> Run:
    """Train with every step under `jit`, its parameters updated in place."""
    carry, batches, _, step = begin(row)
    jitted = jax.jit(step, donate_argnums=0)

    def run(times: int) -> float:
        nonlocal carry
        for _ in range(times):
            losses = []
            for batch in batches:
                carry, loss = jitted(carry, batch)
                losses.append(loss)
        jax.block_until_ready(carry)
        return float(np.mean([float(loss) for loss in losses]))

    return run


def loop(row: Row) -> Run:
    """Train all epochs in one compiled loop."""
    carry, batches, count, step = begin(row)
    stacked = jax.tree.map(lambda *arrays: jnp.stack(arrays), *batches) if count > 1 else batches[0]

    def epoch(_: Any, state: Any) -> Any:
        if count == 1:
            return step(state[0], stacked)
        carry, losses = lax.scan(step, state[0], stacked)
        return carry, losses.mean()

    epochs = jax.jit(lambda carry, times: lax.fori_loop(0, times, epoch, (carry, jnp.float32(0.0))), donate_argnums=0)

    def run(times: int) -> float:
        nonlocal carry
        carry, loss = jax.block_until_ready(epochs(carry, times))
        return float(loss)

    return run


def answers(row: Row) -> Run:
    """Give probabilities."""
    nn: NN = row.make()
    x, y = row.data()
    params = {name: jnp.asarray(array) for name, array in nn.weights().items()}
    answer, rows = jax.jit(lambda x: jax.nn.softmax(scores(nn.layers, params, x))), np.arange(len(x))
    given = arranged(x)

    def run(times: int) -> float:
        for _ in range(times):
            p = np.asarray(answer(given))
        return float(-np.log(p[rows, y]).mean())

    return run


def passes(row: Row) -> Run:
    """Go forward and backward through a stack."""
    stack = row.make()
    params = {name: jnp.asarray(array) for name, array in stack.weights().items()}
    x, dy = map(arranged, row.data())

    @jax.jit  # type: ignore[untyped-decorator]  # JAX is not installed where types are checked
    def work(params: Any, x: Any, dy: Any) -> Any:
        return jax.vjp(lambda p, x: scores(stack.layers, p, x), params, x)[1](dy)

    def run(times: int) -> float:
        for _ in range(times):
            grads, dx = jax.block_until_ready(work(params, x, dy))
        flat = np.concatenate([np.ravel(g) for g in grads.values()])
        return float(np.square(dx).mean() + np.square(flat).mean())

    return run
