"""Batch normalisation against Python's own statistics, in training, at inference, and where float32 ends."""

import math
import re
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nn_layers import Dense, ShapeError, Stack
from nn_layers.kernels import batch_norm
from nn_layers.layers.batch_norm import BatchNorm
from nn_layers.layout import make_layout
from nn_layers.protocol import Array, Shape, Sized

RANKS: list[tuple[Shape, int]] = [((5,), 0), ((3, 5), 1), ((3, 5, 7), 0)]
"""Rows, tokens, images, and which axis of a row its features are on."""
every_rank = pytest.mark.parametrize(("in_shape", "axis"), RANKS, ids=["rows", "tokens", "images"])


def make(layer: BatchNorm, in_shape: Shape, rows: int, **more: Any) -> Stack:
    """Stack the layer alone, with `w` and `b` of no special value."""
    stack = Stack([layer], in_shape, rows=rows, input_grad=True, **{"dtype": "float64", **more})
    stack.theta = np.random.default_rng(5).standard_normal(stack.theta.size)
    return stack


def columns(x: Array, axis: int) -> list[list[float]]:
    """Give the numbers of every feature."""
    found: list[list[float]] = np.moveaxis(x, axis + 1, 0).reshape(x.shape[axis + 1], -1).tolist()
    return found


def input_grad(stack: Stack, dy: Array) -> Array:
    dx = stack.backward(dy)
    assert dx is not None
    return dx.copy()


def numbers(shape: Shape, seed: int = 0) -> Array:
    # Not the checker's own stream: along x itself the layer does not change, and a derivative of 0 checks nothing.
    return np.random.default_rng([seed, 1]).normal(2.0, 3.0, shape)


@every_rank
def test_a_training_pass_is_the_closed_formula(in_shape: Shape, axis: int) -> None:
    stack, x = make(BatchNorm(eps=0.01), in_shape, 9), numbers((9, *in_shape))
    w, b = stack.weights()["layers.0.w"], stack.weights()["layers.0.b"]
    y = stack.forward(x, training=True)
    assert len(columns(y, axis)) == len(w)
    for before, after, wj, bj in zip(columns(x, axis), columns(y, axis), w.tolist(), b.tolist(), strict=True):
        mean, deviation = statistics.fmean(before), math.sqrt(statistics.pvariance(before) + 0.01)
        assert after == pytest.approx([wj * (v - mean) / deviation + bj for v in before], rel=1e-12, abs=1e-12)


@every_rank
def test_running_statistics_move_after_backward_with_the_unbiased_variance(in_shape: Shape, axis: int) -> None:
    stack = make(BatchNorm(momentum=0.3), in_shape, 9)
    means, variances = [0.0] * in_shape[axis], [1.0] * in_shape[axis]
    for step in range(4):
        x = numbers((9, *in_shape), seed=step)
        stack.backward(np.ones_like(stack.forward(x, training=True)))
        features = columns(x, axis)
        means = [0.7 * m + 0.3 * statistics.fmean(f) for m, f in zip(means, features, strict=True)]
        variances = [0.7 * v + 0.3 * statistics.variance(f) for v, f in zip(variances, features, strict=True)]
    assert stack.weights()["layers.0.mean"].tolist() == pytest.approx(means, rel=1e-12)
    assert stack.weights()["layers.0.var"].tolist() == pytest.approx(variances, rel=1e-12)


def test_a_forward_pass_alone_leaves_the_running_statistics() -> None:
    stack = make(BatchNorm(), (3,), 8)
    stack.forward(numbers((8, 3)), training=True)
    assert stack.state.tolist() == [0.0] * 3 + [1.0] * 3


@every_rank
def test_inference_uses_the_running_statistics(in_shape: Shape, axis: int) -> None:
    stack, x = make(BatchNorm(eps=0.01), in_shape, 9), numbers((9, *in_shape))
    stack.state[...] = np.random.default_rng(1).uniform(0.5, 1.5, stack.state.size)
    w, b, mean, var = (stack.weights()[f"layers.0.{name}"].tolist() for name in ("w", "b", "mean", "var"))
    for j, (before, after) in enumerate(zip(columns(x, axis), columns(stack.forward(x), axis), strict=True)):
        expected = [w[j] * (v - mean[j]) / math.sqrt(var[j] + 0.01) + b[j] for v in before]
        assert after == pytest.approx(expected, rel=1e-11, abs=1e-11)


@every_rank
def test_gradients(in_shape: Shape, axis: int, assert_gradient: Callable[..., None]) -> None:
    stack, x, direction = make(BatchNorm(), in_shape, 7), numbers((7, *in_shape)), numbers((7, *in_shape), 1)
    assert stack.theta.size == 2 * in_shape[axis]
    stack.forward(x, training=True)
    dx = input_grad(stack, direction)

    def value() -> float:
        return float(np.sum(direction * stack.forward(x, training=True)))

    grad = stack.grad.copy()
    assert_gradient(value, x, dx)
    assert_gradient(value, stack.theta, grad)


@pytest.mark.parametrize(
    "shape",
    [
        (3 * batch_norm.TILE // batch_norm.WIDTH, batch_norm.WIDTH + 5),
        (batch_norm.TILE // 3 + 1, 3),
        (2, 3, 70, 71),
        (40, 3, 1500),
    ],
    ids=str,
)
def test_data_of_several_tiles(shape: Shape) -> None:
    stack = make(BatchNorm(eps=1e-9), shape[1:], shape[0])
    x, dy = numbers(shape), numbers(shape, 1)
    axes = (0, 2, 3) if len(shape) == 4 else tuple(range(len(shape) - 1))
    wide = [slice(None) if i not in axes else None for i in range(len(shape))]
    w, b = (stack.weights()[f"layers.0.{name}"][tuple(wide)] for name in ("w", "b"))
    deviation = np.sqrt(x.var(axes, keepdims=True) + 1e-9)
    xhat = (x - x.mean(axes, keepdims=True)) / deviation
    np.testing.assert_allclose(stack.forward(x, training=True), w * xhat + b, rtol=1e-10, atol=1e-10)
    dx = input_grad(stack, dy)
    gradient = dy - dy.mean(axes, keepdims=True) - xhat * (dy * xhat).mean(axes, keepdims=True)
    np.testing.assert_allclose(dx, w / deviation * gradient, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(stack.grad, np.concatenate([(dy * xhat).sum(axes), dy.sum(axes)]), rtol=1e-9, atol=1e-8)
    alone = Stack([BatchNorm(eps=1e-9)], shape[1:], rows=shape[0], dtype="float64")
    alone.theta = stack.theta
    alone.forward(x, training=True)
    assert alone.backward(dy) is None
    assert alone.grad.tobytes() == stack.grad.tobytes()
    inference = (x - stack.state[: w.size].reshape(w.shape)) / np.sqrt(stack.state[w.size :].reshape(w.shape) + 1e-9)
    np.testing.assert_allclose(stack.forward(x), w * inference + b, rtol=1e-10, atol=1e-10)


@every_rank
@given(shift=st.sampled_from([0.0, 1e4, -1e4, 1e6]), seed=st.integers(0, 99))
def test_float32_is_right_to_its_rounding_however_small_the_spread(
    in_shape: Shape, axis: int, shift: float, seed: int
) -> None:
    spread = max(1e-2, 1e-5 * abs(shift))
    noise = np.random.default_rng(seed).standard_normal((16, *in_shape))
    x = (shift + spread * noise).astype("float32")
    got, exact = make(BatchNorm(), in_shape, 16, dtype="float32"), make(BatchNorm(), in_shape, 16)
    y = got.forward(x, training=True)
    np.testing.assert_allclose(y, exact.forward(x, training=True), rtol=0, atol=4e-6)
    dx, dx_exact = input_grad(got, numbers(x.shape)), input_grad(exact, numbers(x.shape))
    for found, expected in ((dx, dx_exact), (got.grad, exact.grad)):
        assert np.abs(found - expected).max() <= 2e-5 * np.abs(expected).max()
    assert len(columns(x, axis)) * 2 == got.theta.size


@pytest.mark.parametrize(("dtype", "size"), [("float32", 1e30), ("float32", 1e35), ("float64", 1e300)])
def test_numbers_whose_squares_overflow_are_normalised_all_the_same(dtype: str, size: float) -> None:
    noise = np.random.default_rng(0).standard_normal((50, 3))
    x = noise.copy()
    x[:, 1] *= size
    stack = Stack([BatchNorm(eps=1e-9)], (3,), rows=50, dtype=dtype, input_grad=True)  # type: ignore[arg-type]  # either
    y = stack.forward(x, training=True)
    np.testing.assert_allclose(y, (noise - noise.mean(0)) / noise.std(0), rtol=1e-5, atol=1e-6)
    dx = input_grad(stack, numbers(x.shape))
    assert np.isfinite(dx).all()
    for _ in range(100):
        stack.forward(x, training=True)
        stack.backward(numbers(x.shape))
    assert np.isfinite(stack.state).all()
    assert np.isfinite(stack.forward(x)).all()


@pytest.mark.parametrize("value", [0.0, 0.1, 1e4, 1e30, 1e36])
def test_a_feature_that_never_varies_gives_finite_numbers(value: float) -> None:
    stack = make(BatchNorm(), (3,), 24, dtype="float32")
    y = stack.forward(np.full((24, 3), value), training=True)
    dx = input_grad(stack, numbers((24, 3)))
    assert np.isfinite(y).all()
    assert np.isfinite(dx).all()
    assert np.isfinite(stack.state).all()


def test_a_nan_stays_in_its_feature() -> None:
    stack, x = make(BatchNorm(), (3,), 8), numbers((8, 3))
    x[2, 1] = np.nan
    assert np.isnan(stack.forward(x, training=True)).all(axis=0).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("in_shape", "rows"),
    [((5,), 2), ((1, 5), 2), ((2, 5), 1), ((5, 1, 1), 2), ((5, 1, 2), 1), ((1, 2, 2), 1)],
)
def test_a_feature_needs_two_numbers_in_training(in_shape: Shape, rows: int) -> None:
    plan = BatchNorm().plan(in_shape)
    assert plan.min_rows == rows
    assert plan.out_shape == in_shape


def test_a_single_row_by_hand_gives_b() -> None:
    stack = make(BatchNorm(), (3,), 1)
    y = stack.forward(numbers((1, 3)), training=True)
    assert y[0].tolist() == pytest.approx(stack.theta[3:].tolist())
    stack.backward(np.ones((1, 3)))
    assert stack.weights()["layers.0.var"].tolist() == pytest.approx([0.9] * 3)


def test_w_starts_at_one_b_at_zero_and_neither_decays() -> None:
    layout = make_layout([BatchNorm()], (3,))
    stack = Stack([BatchNorm()], (3,))
    assert stack.theta.tolist() == [1.0] * 3 + [0.0] * 3
    assert stack.state.tolist() == [0.0] * 3 + [1.0] * 3
    assert layout.decay_ranges() == ()


@every_rank
def test_features_come_from_the_layer_before(in_shape: Shape, axis: int) -> None:
    layout = make_layout([BatchNorm()], in_shape)
    assert layout.layers == (BatchNorm(in_shape[axis]),)
    assert BatchNorm().input_shape is None
    assert BatchNorm(4).input_shape is None
    assert isinstance(BatchNorm(), Sized)
    assert BatchNorm(4).resolve(in_shape) == BatchNorm(4)


MISFITS: list[tuple[list[Any], Shape, str]] = [
    (
        [BatchNorm(16)],
        (3,),
        "layers[0]: BatchNorm(features=16) got rows of 3 numbers from input_shape; write BatchNorm(3)",
    ),
    (
        [Dense(3, 5), BatchNorm(3)],
        (3,),
        "layers[1]: BatchNorm(features=3) got rows of 5 numbers from Dense; write BatchNorm(5)",
    ),
    ([BatchNorm(7)], (3, 5, 7), "got rows of shape (3, 5, 7) from input_shape; write BatchNorm(3)"),
    ([BatchNorm(3)], (3, 5), "got rows of shape (3, 5) from input_shape; write BatchNorm(5)"),
    ([BatchNorm()], (), "got rows that are single numbers from input_shape; give rows (F,), tokens (T, D) or images"),
    ([BatchNorm()], (2, 2, 2, 2), "rows of shape (2, 2, 2, 2) from input_shape; give rows (F,), tokens (T, D) or"),
]


@pytest.mark.parametrize(("layers", "in_shape", "message"), MISFITS)
def test_rows_that_do_not_fit(layers: list[Any], in_shape: Shape, message: str) -> None:
    with pytest.raises(ShapeError, match=re.escape(message)):
        make_layout(layers, in_shape)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"features": 0}, "features\n  Input should be greater than 0"),
        ({"features": "3"}, "features\n  Input should be a valid integer"),
        ({"momentum": 1.5}, "momentum\n  Input should be less than or equal to 1"),
        ({"momentum": -0.1}, "momentum\n  Input should be greater than or equal to 0"),
        ({"eps": 0.0}, "eps\n  Input should be greater than 0"),
    ],
)
def test_arguments_out_of_range(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(message)):
        BatchNorm(**arguments)
