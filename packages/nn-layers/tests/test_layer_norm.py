"""Layer normalisation against Python's own statistics, and where float32 ends."""

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
from nn_layers.kernels import layer_norm
from nn_layers.layers.layer_norm import LayerNorm
from nn_layers.layout import make_layout
from nn_layers.protocol import Array, Shape, Sized

every_rank = pytest.mark.parametrize("in_shape", [(5,), (3, 5), (3, 5, 7)], ids=["rows", "tokens", "images"])


def make(layer: LayerNorm, in_shape: Shape, rows: int, *, input_grad: bool = True, **more: Any) -> Stack:
    """Stack the layer alone, with `w` and `b` of no special value."""
    stack = Stack([layer], in_shape, rows=rows, input_grad=input_grad, **{"dtype": "float64", **more})
    stack.theta = np.random.default_rng(5).standard_normal(stack.theta.size)
    return stack


def input_grad(stack: Stack, dy: Array) -> Array:
    dx = stack.backward(dy)
    assert dx is not None
    return dx.copy()


def numbers(shape: Shape, seed: int = 0) -> Array:
    # Not the checker's own stream: along x itself the layer does not change, and a derivative of 0 checks nothing.
    return np.random.default_rng([seed, 1]).normal(2.0, 3.0, shape)


@every_rank
@pytest.mark.parametrize("training", [False, True])
def test_the_closed_formula(in_shape: Shape, training: bool) -> None:
    stack, x = make(LayerNorm(eps=0.01), in_shape, 9), numbers((9, *in_shape))
    w, b = np.split(stack.theta, 2)
    y = stack.forward(x, training=training)
    for before, after in zip(x.reshape(-1, w.size).tolist(), y.reshape(-1, w.size).tolist(), strict=True):
        mean, deviation = statistics.fmean(before), math.sqrt(statistics.pvariance(before) + 0.01)
        expected = [wj * (v - mean) / deviation + bj for v, wj, bj in zip(before, w.tolist(), b.tolist(), strict=True)]
        assert after == pytest.approx(expected, rel=1e-12, abs=1e-12)


@every_rank
def test_gradients(in_shape: Shape, assert_gradient: Callable[..., None]) -> None:
    stack, x, direction = make(LayerNorm(), in_shape, 7), numbers((7, *in_shape)), numbers((7, *in_shape), 1)
    stack.forward(x, training=True)
    dx = input_grad(stack, direction)

    def value() -> float:
        return float(np.sum(direction * stack.forward(x, training=True)))

    grad = stack.grad.copy()
    assert_gradient(value, x, dx)
    assert_gradient(value, stack.theta, grad)


@pytest.mark.parametrize("shape", [(layer_norm.TILE // 2, 5), (70, 31, 67), (2, layer_norm.TILE + 1)], ids=str)
def test_data_of_several_tiles(shape: Shape) -> None:
    stack, alone = make(LayerNorm(), shape[1:], shape[0]), make(LayerNorm(), shape[1:], shape[0], input_grad=False)
    x, dy = numbers(shape), numbers(shape, 1)
    w, b = np.split(stack.theta, 2)
    deviation = np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    xhat = (x - x.mean(-1, keepdims=True)) / deviation
    np.testing.assert_allclose(stack.forward(x, training=True), w * xhat + b, rtol=1e-10, atol=1e-10)
    g = w * dy
    gradient = (g - g.mean(-1, keepdims=True) - xhat * (g * xhat).mean(-1, keepdims=True)) / deviation
    np.testing.assert_allclose(input_grad(stack, dy), gradient, rtol=1e-10, atol=1e-10)
    axes = tuple(range(len(shape) - 1))
    np.testing.assert_allclose(stack.grad, np.concatenate([(dy * xhat).sum(axes), dy.sum(axes)]), rtol=1e-9, atol=1e-8)
    alone.forward(x, training=True)
    assert alone.backward(dy) is None
    assert alone.grad.tobytes() == stack.grad.tobytes()


@given(shift=st.sampled_from([0.0, 1e4, -1e4, 1e6]), seed=st.integers(0, 99), size=st.integers(3, 70))
def test_float32_is_right_to_its_rounding_however_small_the_spread(shift: float, seed: int, size: int) -> None:
    spread = max(1e-2, 1e-5 * abs(shift))
    x = (shift + spread * np.random.default_rng(seed).standard_normal((6, size))).astype("float32")
    got, exact = make(LayerNorm(), (size,), 6, dtype="float32"), make(LayerNorm(), (size,), 6)
    np.testing.assert_allclose(got.forward(x, training=True), exact.forward(x, training=True), rtol=0, atol=6e-6)
    dx, dx_exact = input_grad(got, numbers(x.shape)), input_grad(exact, numbers(x.shape))
    for found, expected in ((dx, dx_exact), (got.grad, exact.grad)):
        assert np.abs(found - expected).max() <= 2e-5 * np.abs(expected).max()


@pytest.mark.parametrize(("dtype", "size"), [("float32", 1e30), ("float32", 1e35), ("float64", 1e300)])
def test_numbers_whose_squares_overflow_are_normalised_all_the_same(dtype: str, size: float) -> None:
    noise = np.random.default_rng(0).standard_normal((3, 50))
    x = noise.copy()
    x[1] *= size
    stack = Stack([LayerNorm(eps=1e-9)], (50,), rows=3, dtype=dtype, input_grad=True)  # type: ignore[arg-type]  # either
    y = stack.forward(x, training=True)
    expected = (noise - noise.mean(1, keepdims=True)) / noise.std(1, keepdims=True)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
    dx = input_grad(stack, numbers(x.shape))
    assert np.isfinite(dx).all()
    assert np.isfinite(stack.grad).all()


@pytest.mark.parametrize("value", [0.0, 0.1, 1e4, 1e30, 1e36])
def test_a_row_that_never_varies_gives_finite_numbers(value: float) -> None:
    stack = make(LayerNorm(), (24,), 3, dtype="float32")
    y = stack.forward(np.full((3, 24), value), training=True)
    dx = input_grad(stack, numbers((3, 24)))
    assert np.isfinite(y).all()
    assert np.isfinite(dx).all()


def test_a_nan_stays_in_its_row() -> None:
    stack, x = make(LayerNorm(), (3,), 4), numbers((4, 3))
    x[2, 1] = np.nan
    assert np.isnan(stack.forward(x)).any(axis=1).tolist() == [False, False, True, False]


def test_w_starts_at_one_b_at_zero_and_neither_decays() -> None:
    assert Stack([LayerNorm()], (3,)).theta.tolist() == [1.0] * 3 + [0.0] * 3
    assert make_layout([LayerNorm()], (3,)).decay_ranges() == ()
    assert LayerNorm().plan((3,)).min_rows == 1


def test_features_come_from_the_layer_before() -> None:
    layout = make_layout([LayerNorm(4), Dense(None, 3), LayerNorm()])
    assert layout.layers == (LayerNorm(4), Dense(4, 3), LayerNorm(3))
    assert LayerNorm().input_shape is None
    assert LayerNorm(4).input_shape == (4,)
    assert isinstance(LayerNorm(), Sized)


MISFITS: list[tuple[list[Any], Shape, str]] = [
    (
        [LayerNorm(16)],
        (3,),
        "layers[0]: LayerNorm(features=16) got rows of 3 numbers from input_shape; write LayerNorm",
    ),
    ([Dense(3, 5), LayerNorm(3)], (3,), "got rows of 5 numbers from Dense; write LayerNorm(5)"),
    ([LayerNorm(3)], (3, 5, 7), "got rows of shape (3, 5, 7) from input_shape; write LayerNorm(7)"),
    ([LayerNorm()], (), "got rows that are single numbers from input_shape; give rows an axis of features"),
]


@pytest.mark.parametrize(("layers", "in_shape", "message"), MISFITS)
def test_rows_that_do_not_fit(layers: list[Any], in_shape: Shape, message: str) -> None:
    with pytest.raises(ShapeError, match=re.escape(message)):
        make_layout(layers, in_shape)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"features": 0}, "features\n  Input should be greater than 0"),
        ({"features": True}, "features\n  Input should be a valid integer"),
        ({"eps": 0.0}, "eps\n  Input should be greater than 0"),
    ],
)
def test_arguments_out_of_range(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(message)):
        LayerNorm(**arguments)
