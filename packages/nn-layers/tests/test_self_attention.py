"""The arithmetic of self-attention, against sums written out."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nn_layers import L2, Stack
from nn_layers.kernels import attention
from nn_layers.layers.self_attention import SelfAttention
from nn_layers.protocol import Array

CASES: list[tuple[SelfAttention, tuple[int, int]]] = [
    (SelfAttention(), (5, 6)),
    (SelfAttention(6, 2), (5, 6)),
    (SelfAttention(6, 3, projection=True), (4, 6)),
    (SelfAttention(heads=4), (3, 4)),
    (SelfAttention(4, 4, projection=True, regularization=L2(0.02)), (7, 4)),
    (SelfAttention(6, 2, projection=True), (1, 6)),
    (SelfAttention(1), (1, 1)),
    (SelfAttention(6, 3), (60, 6)),  # three rows to a block
]
every_case = pytest.mark.parametrize(("layer", "shape"), CASES, ids=[f"{layer!r} on {shape}" for layer, shape in CASES])
ROWS = 7


def numbers(shape: tuple[int, ...], seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


def make(layer: SelfAttention, shape: tuple[int, int], *, rows: int = ROWS, dtype: Any = "float64") -> Stack:
    """Stack the layer alone; biases have no special value."""
    stack = Stack([layer], shape, rows=rows, dtype=dtype, seed=1, input_grad=True)
    stack.theta = 0.7 * numbers((stack.theta.size,), 2)
    return stack


def written_out(x: Array, weights: dict[str, Array], heads: int) -> Array:
    """Compute the layer token by token, in Python's own numbers."""
    n = x.shape[2]
    d = n // heads
    w, b = weights["layers.0.w"], weights["layers.0.b"]
    mixed = np.empty_like(x)
    for row, out in zip(x, mixed, strict=True):
        q, k, v = ((row @ w[:, i * n : (i + 1) * n] + b[i * n : (i + 1) * n]).tolist() for i in range(3))
        for h in range(heads):
            head = range(h * d, (h + 1) * d)
            for t in range(len(row)):
                scores = [math.fsum(q[t][i] * key[i] for i in head) / math.sqrt(d) for key in k]
                exps = [math.exp(score - max(scores)) for score in scores]
                for i in head:
                    out[t, i] = math.fsum(e * value[i] for e, value in zip(exps, v, strict=True)) / math.fsum(exps)
    if "layers.0.w_out" in weights:
        return mixed @ weights["layers.0.w_out"] + weights["layers.0.b_out"]
    return mixed


@every_case
def test_scores_are_those_of_the_sums_written_out(layer: SelfAttention, shape: tuple[int, int]) -> None:
    stack, x = make(layer, shape), numbers((ROWS, *shape))
    expected = written_out(x, stack.weights(), layer.heads)
    np.testing.assert_allclose(stack.forward(x), expected, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(stack.forward(x, training=True), expected, rtol=1e-11, atol=1e-12)


@every_case
def test_gradients(layer: SelfAttention, shape: tuple[int, int], assert_gradient: Callable[..., None]) -> None:
    stack, x, direction = make(layer, shape), numbers((ROWS, *shape)), numbers((ROWS, *shape), 3)
    stack.forward(x, training=True)
    dx = stack.backward(direction)

    def value() -> float:
        return float(np.sum(direction * stack.forward(x))) + stack.penalty()

    assert dx is not None
    grad, dx = stack.grad.copy(), dx.copy()
    assert_gradient(value, stack.theta, grad)
    assert_gradient(value, x, dx)


@every_case
@pytest.mark.parametrize("training", [False, True])
def test_a_batch_equals_its_rows_one_by_one(layer: SelfAttention, shape: tuple[int, int], training: bool) -> None:
    stack, x = make(layer, shape), numbers((ROWS, *shape))
    single = np.concatenate([stack.forward(x[i : i + 1], training).copy() for i in range(ROWS)])
    np.testing.assert_allclose(stack.forward(x, training), single, rtol=1e-12, atol=1e-13)


@every_case
def test_the_gradient_of_a_batch_is_the_sum_of_its_rows(layer: SelfAttention, shape: tuple[int, int]) -> None:
    stack, x, dy = make(layer, shape), numbers((ROWS, *shape)), numbers((ROWS, *shape), 3)
    slope = np.zeros_like(stack.theta)
    for name, w in stack.weights().items():  # the penalty's, which every backward adds
        if layer.regularization is not None and ".w" in name:
            start = (w.ctypes.data - stack.theta.ctypes.data) // 8
            slope[start : start + w.size] = 2 * 0.02 * w.ravel()
    total = slope.copy()
    single = []
    for i in range(ROWS):
        stack.forward(x[i : i + 1], training=True)
        dx = stack.backward(dy[i : i + 1])
        assert dx is not None
        single.append(dx.copy())
        total += stack.grad - slope
    stack.forward(x, training=True)
    dx = stack.backward(dy)
    np.testing.assert_allclose(stack.grad, total, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(dx, np.concatenate(single), rtol=1e-11, atol=1e-12)  # type: ignore[arg-type]  # not None


def test_attention_weights_are_shares_and_the_kept_ones_are_those_of_the_scores() -> None:
    qkv, y = numbers((4, 5, 18)), np.empty((4, 5, 6))
    a, s, ones = np.empty((4, 2, 5, 5)), np.empty((3, 2, 5)), np.empty(5)
    attention.forward(qkv, a, s, ones, y)
    q, k, v = qkv.reshape(4, 5, 3, 2, 3).transpose(2, 0, 3, 1, 4)
    shares = np.exp(np.einsum("nhtd,nhud->nhtu", q, k) / math.sqrt(3.0))
    shares /= shares.sum(axis=3, keepdims=True)
    np.testing.assert_allclose(a, shares, rtol=1e-13)
    np.testing.assert_allclose(y, np.einsum("nhtu,nhud->nthd", shares, v).reshape(4, 5, 6), rtol=1e-12, atol=1e-14)


def test_equal_tokens_are_their_own_mean() -> None:
    stack = make(SelfAttention(6, 2), (4, 6))
    x = np.repeat(numbers((2, 1, 6)), 4, axis=1)
    v = x @ stack.weights()["layers.0.w"][:, 12:] + stack.weights()["layers.0.b"][12:]
    np.testing.assert_allclose(stack.forward(x), v, rtol=1e-13)


def test_tokens_in_another_order_give_the_results_in_that_order() -> None:
    stack, x = make(SelfAttention(6, 3, projection=True), (5, 6)), numbers((2, 5, 6))
    order = [3, 0, 4, 1, 2]
    y = stack.forward(x).copy()
    np.testing.assert_allclose(stack.forward(x[:, order]), y[:, order], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("layer", [SelfAttention(6, 2), SelfAttention(6, 2, projection=True)], ids=repr)
@pytest.mark.parametrize("value", [1e4, -1e4, 1e10, -1e10, 1e-30, 0.0, "all of them"])
def test_scores_and_slopes_are_finite_at_extreme_inputs(layer: SelfAttention, value: float | str) -> None:
    stack = make(layer, (5, 6), dtype="float32")
    values = [1e4, -1e4, 1e10, -1e10, 1e-30, -1e-30, 0.0] if isinstance(value, str) else value
    x = np.resize(np.asarray(values, "float32"), (ROWS, 5, 6))
    scores = stack.forward(x, training=True)
    assert np.isfinite(scores).all()
    dx = stack.backward(np.ones_like(scores))
    assert dx is not None
    assert np.isfinite(dx).all()
    assert np.isfinite(stack.grad).all()
    assert np.isfinite(stack.forward(x)).all()


def test_a_short_batch_between_full_ones_is_right_in_training() -> None:
    layer, shape = CASES[-1]
    large, small = make(layer, shape), make(layer, shape, rows=2)
    x, dy = numbers((2, *shape)), numbers((2, *shape), 3)
    large.forward(numbers((ROWS, *shape), 5), training=True)
    for stack in (large, small):
        stack.forward(x, training=True)
    assert large.backward(dy).tobytes() == small.backward(dy).tobytes()  # type: ignore[union-attr]  # arrays
    assert large.grad.tobytes() == small.grad.tobytes()
