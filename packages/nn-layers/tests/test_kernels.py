"""Kernels against closed forms in Python's own float64 arithmetic."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from nn_layers import ELU, GELU, SELU, LeakyReLU, ReLU, Sigmoid, Stack, Tanh
from nn_layers.kernels import affine, dropout, penalty, sigmoid, softmax, standardize
from nn_layers.protocol import Array

Function = Callable[[float], float]

SELU_ALPHA, SELU_SCALE = 1.6732632423543772848, 1.0507009873554804934
ROOT = math.sqrt(2.0 / math.pi)


def logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))


def phi(x: float) -> float:
    return math.exp(-x * x / 2.0) / math.sqrt(2.0 * math.pi)


def distribution(x: float) -> float:
    """Phi(x); through erfc on the left, where 1 + erf would cancel."""
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0 if x > 0 else math.erfc(-x / math.sqrt(2.0)) / 2.0


def bent(x: float) -> float:
    return math.tanh(ROOT * (x + 0.044715 * x**3))


def elu(alpha: float, scale: float = 1.0) -> tuple[Function, Function]:
    def value(x: float) -> float:
        return scale * (x if x > 0 else alpha * math.expm1(x))

    def slope(x: float) -> float:
        return scale * (1.0 if x > 0 else alpha * math.exp(x))

    return value, slope


CURVES: list[tuple[Any, Function, Function]] = [
    (ReLU(), lambda x: max(x, 0.0), lambda x: float(x > 0)),
    (LeakyReLU(), lambda x: x if x > 0 else 0.01 * x, lambda x: 1.0 if x > 0 else 0.01),
    (LeakyReLU(0.0), lambda x: max(x, 0.0), lambda x: float(x > 0)),
    (ELU(), *elu(1.0)),
    (ELU(0.0), *elu(0.0)),
    (ELU(0.5), *elu(0.5)),
    (ELU(2.0), *elu(2.0)),
    (SELU(), *elu(SELU_ALPHA, SELU_SCALE)),
    (SELU(0.5, 2.0), *elu(0.5, 2.0)),
    (Tanh(), math.tanh, lambda x: 1.0 - math.tanh(x) ** 2),
    (Sigmoid(), logistic, lambda x: logistic(x) * logistic(-x)),
    (GELU(), lambda x: x * distribution(x), lambda x: distribution(x) + x * phi(x)),
    (
        GELU("tanh"),
        lambda x: x * (1.0 + bent(x)) / 2.0,
        lambda x: (1.0 + bent(x) + x * (1.0 - bent(x) ** 2) * ROOT * (1.0 + 3.0 * 0.044715 * x * x)) / 2.0,
    ),
]
every_curve = pytest.mark.parametrize(("layer", "value", "slope"), CURVES, ids=[repr(curve[0]) for curve in CURVES])
PRECISION = {"float32": 3e-7, "float64": 1e-15}
"""Absolute, for |x| up to 1, and relative to |x| beyond."""


def value_and_slope(layer: Any, x: Array) -> tuple[Array, Array]:
    stack = Stack([layer], x.shape, rows=1, dtype=x.dtype.name, input_grad=True)  # type: ignore[arg-type]  # either
    y = stack.forward(x[None], training=True)[0].copy()
    dx = stack.backward(np.ones_like(x)[None])
    assert dx is not None
    return y, dx[0]


@every_curve
@pytest.mark.parametrize("dtype", PRECISION)
def test_activation_and_slope_equal_the_closed_form(layer: Any, value: Function, slope: Function, dtype: str) -> None:
    x = np.concatenate([np.linspace(-12.0, 12.0, 4001), [1e-30, -1e-30]]).astype(dtype)
    y, dx = value_and_slope(layer, x)
    allowed = PRECISION[dtype] * np.maximum(1.0, np.abs(x.astype("float64")))
    assert np.all(np.abs(y - [value(v) for v in x.tolist()]) <= allowed)
    assert np.all(np.abs(dx - [slope(v) for v in x.tolist()]) <= allowed)


@pytest.mark.parametrize(
    ("layer", "left"),
    [
        (ReLU(), 0.0),
        (LeakyReLU(0.1), 0.1),
        (ELU(), 1.0),
        (ELU(0.5), 0.5),
        (ELU(2.0), 2.0),
        (GELU(), 0.5),
        (Tanh(), 1.0),
    ],
    ids=repr,
)
def test_at_zero_the_value_is_zero_and_the_slope_the_one_from_the_left(layer: Any, left: float) -> None:
    y, dx = value_and_slope(layer, np.zeros(3))
    assert y.tolist() == [0.0] * 3
    assert dx.tolist() == [left] * 3


@pytest.mark.parametrize("dtype", PRECISION)
def test_sigmoid_is_exact_relatively_and_overflows_nowhere(dtype: str) -> None:
    x = np.array([-80.0, -40.0, -20.0, -1e4, -1e30, 1e30], dtype)
    y = np.empty_like(x)
    with np.errstate(over="raise"):
        sigmoid.forward(x, sigmoid.exponent_limit(x), y)
    assert y[:3].tolist() == pytest.approx([logistic(v) for v in (-80.0, -40.0, -20.0)], rel=2 * PRECISION[dtype])
    assert np.all(y[3:5] < np.finfo(dtype).tiny)
    assert y[5] == 1.0


def test_the_tanh_form_of_gelu_is_off_by_at_most_5e_4() -> None:
    x = np.linspace(-12.0, 12.0, 4001)
    gap = np.abs(value_and_slope(GELU("tanh"), x)[0] - value_and_slope(GELU(), x)[0]).max()
    assert 1e-4 < gap < 5e-4


finite = st.floats(-50.0, 50.0)
batches = arrays(np.float64, array_shapes(min_dims=2, max_dims=4, max_side=5), elements=finite)


@given(batches)
def test_softmax_equals_the_closed_form_and_ignores_a_shift(x: Array) -> None:
    s, y, shifted = np.empty((*x.shape[:-1], 1)), np.empty_like(x), np.empty_like(x)
    softmax.forward(x, s, y)
    for row, got in zip(x.reshape(-1, x.shape[-1]).tolist(), y.reshape(-1, x.shape[-1]).tolist(), strict=True):
        total = math.fsum(math.exp(v) for v in row)
        assert got == pytest.approx([math.exp(v) / total for v in row], rel=1e-13)
    softmax.forward(x + 1000.0, s, shifted)
    np.testing.assert_allclose(shifted, y, rtol=1e-11)


@given(arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 5)), elements=st.floats(-5.0, 5.0)))
def test_softmax_backward_is_the_whole_jacobian(x: Array) -> None:
    s, y, dx = np.empty((len(x), 1)), np.empty_like(x), np.empty_like(x)
    dy = np.cos(np.arange(x.size)).reshape(x.shape)
    softmax.forward(x, s, y)
    softmax.backward(dy, y, s, dx)
    for p, g, got in zip(y, dy, dx, strict=True):
        jacobian = [[p[i] * ((i == j) - p[j]) for j in range(len(p))] for i in range(len(p))]
        expected = [math.fsum(jacobian[i][j] * g[i] for i in range(len(p))) for j in range(len(p))]
        assert got.tolist() == pytest.approx(expected, abs=1e-14)


def dot(a: Array, b: Array) -> float:
    return math.fsum(p * q for p, q in zip(a.tolist(), b.tolist(), strict=True))


@given(batches, st.integers(1, 4))
def test_affine_equals_sums_in_plain_python(x: Array, out: int) -> None:
    n = x.shape[-1]
    w, b = np.sin(np.arange(n * out)).reshape(n, out), np.cos(np.arange(out))
    y = np.empty((*x.shape[:-1], out))
    dw, db, dx = np.empty_like(w), np.empty_like(b), np.empty_like(x)
    affine.forward(x, w, b, y)
    dy = np.sin(np.arange(y.size)).reshape(y.shape)
    affine.parameter_grads(x, dy, affine.ones(dy), dw, db)
    affine.input_grad(dy, w, dx)
    flat_x, flat_dy = x.reshape(-1, n), dy.reshape(-1, out)
    expected_y = np.array([[dot(row, w[:, j]) + b[j] for j in range(out)] for row in flat_x])
    np.testing.assert_allclose(y.reshape(-1, out), expected_y, rtol=1e-12, atol=1e-11)
    expected_dw = np.array([[dot(flat_x[:, i], flat_dy[:, j]) for j in range(out)] for i in range(n)])
    np.testing.assert_allclose(dw, expected_dw, rtol=1e-12, atol=1e-11)
    expected_db = np.array([math.fsum(flat_dy[:, j]) for j in range(out)])
    np.testing.assert_allclose(db, expected_db, rtol=1e-12, atol=1e-12)
    expected_dx = np.array([[dot(row, w[i]) for i in range(n)] for row in flat_dy])
    np.testing.assert_allclose(dx.reshape(-1, n), expected_dx, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_keeps_the_stated_share_and_the_expectation(dtype: str, rate: float) -> None:
    mask = np.empty((400, 500), dtype)
    dropout.draw(np.random.default_rng(0), 1.0 - rate, 1.0 / (1.0 - rate), mask)
    scaled = np.asarray(1.0 / (1.0 - rate), dtype)
    assert set(mask.ravel().tolist()) == {0.0, float(scaled)}
    deviation = math.sqrt(rate * (1.0 - rate) / mask.size)
    assert abs(np.mean(mask == 0.0) - rate) < 5.0 * deviation
    y = np.empty_like(mask)
    dropout.apply(np.full_like(mask, 3.0), mask, y)
    assert np.array_equal(y, 3.0 * mask)


def test_standardize_takes_off_the_mean_and_divides() -> None:
    x, y = np.array([[1.0, 2.0], [3.0, 8.0]]), np.empty((2, 2))
    mean, scale = np.array([1.0, 4.0]), np.array([2.0, 0.5])
    standardize.forward(x, mean, scale, y)
    assert y.tolist() == [[0.0, -4.0], [1.0, 8.0]]
    standardize.backward(x, scale, y)
    assert y.tolist() == [[0.5, 4.0], [1.5, 16.0]]


@given(
    arrays(np.float64, st.integers(0, 40), elements=st.floats(-3.0, 3.0)),
    st.integers(1, 50),
    st.floats(0.0, 2.0),
    st.floats(0.0, 2.0),
)
def test_penalties_equal_the_formula_whatever_the_block(w: Array, block: int, l1: float, l2: float) -> None:
    expected = l1 * math.fsum(abs(v) for v in w) + l2 * math.fsum(v * v for v in w)
    slope = [l1 * ((v > 0) - (v < 0)) + 2.0 * l2 * v + 1.0 for v in w.tolist()]
    together, one_by_one, values = np.ones_like(w), np.ones_like(w), np.zeros(2)
    s = np.empty(block)
    penalty.add_elastic_net(w, together, l1, l2, s, values[:1])
    penalty.add_l1(w, one_by_one, l1, s, values[1:])
    penalty.add_l2(w, one_by_one, l2, s, values[1:])
    assert values.tolist() == pytest.approx([expected, expected], rel=1e-12)
    assert together.tolist() == pytest.approx(slope, rel=1e-12, abs=1e-12)
    assert one_by_one.tolist() == pytest.approx(slope, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu_of_the_largest_numbers_is_finite(approximate: Any, dtype: Any) -> None:
    largest = float(np.finfo(dtype).max)
    stack = Stack([GELU(approximate)], (2,), rows=1, dtype=dtype, input_grad=True)
    assert stack.forward(np.array([[largest, -largest]]), training=True).tolist() == [[largest, 0.0]]
    dx = stack.backward(np.ones((1, 2)))
    assert dx is not None
    assert dx.tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize("alpha", [1e-3, 0.5, 3.0, 100.0, 1e4, 1e6])
@pytest.mark.parametrize("scale", [None, 1.0, 1.5, 1e6])
def test_the_slope_of_elu_is_right_on_both_sides_whatever_alpha(alpha: float, scale: float | None) -> None:
    layer: Any = ELU(alpha) if scale is None else SELU(alpha, scale)
    stack = Stack([layer], (3,), rows=1, input_grad=True)
    stack.forward(np.array([[2.0, 1e-3, -1.0]]), training=True)
    dx = stack.backward(np.ones((1, 3)))
    assert dx is not None
    factor = scale or 1.0
    assert dx[0, :2].tolist() == [np.float32(factor)] * 2
    assert dx[0, 2] == pytest.approx(factor * alpha * math.exp(-1.0), rel=1e-6)
