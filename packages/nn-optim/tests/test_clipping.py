"""Clipping against its formula, and at the edges of float32."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn_optim import BLOCK, ClipNorm, Clipping, ClipValue, OptimizerFrame, VectorError

Array = np.ndarray[Any, np.dtype[Any]]


def run(clipping: Clipping, grad: Array) -> None:
    """Clip as an engine does: through the calls, with scratch."""
    clock = np.zeros(1)
    scratch = np.empty((clipping.blocks, BLOCK), grad.dtype)
    for kernel, *args in clipping.calls(OptimizerFrame(grad, grad, {}, clock, clock, scratch)):
        kernel(*args)


def norm(grad: Array) -> float:
    return math.sqrt(math.fsum(value * value for value in grad.astype("f8").tolist()))


@given(st.lists(st.floats(-1e6, 1e6), max_size=20), st.floats(1e-3, 1e3))
def test_a_norm_above_the_bound_comes_down_to_it(values: list[float], max_norm: float) -> None:
    grad = np.array(values)
    before, length = grad.copy(), norm(grad)
    assert ClipNorm(max_norm).clip(grad) == pytest.approx(length, rel=1e-12)
    factor = min(1.0, max_norm / (length + 1e-6))
    np.testing.assert_allclose(grad, [value * factor for value in before.tolist()], rtol=1e-12)


@pytest.mark.parametrize("clipping", [ClipNorm(0.5), ClipValue(0.01)])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_calls_do_what_clip_does(clipping: Clipping, dtype: str) -> None:
    grad = np.random.default_rng(1).standard_normal(2 * BLOCK + 3).astype(dtype)
    other = grad.copy()
    run(clipping, grad)
    clipping.clip(other)
    assert grad.dtype == dtype
    assert np.array_equal(grad, other)


def test_a_short_gradient_is_not_touched() -> None:
    grad = np.array([3.0, -4.0], "f4")
    assert ClipNorm(5.1).clip(grad) == 5.0
    assert ClipValue(4.0).clip(grad) == 4.0
    assert grad.tolist() == [3.0, -4.0]


def test_clip_value_cuts_both_sides_and_returns_the_highest_magnitude() -> None:
    grad = np.array([0.5, -9.0, 3.0], "f4")
    assert ClipValue(1.0).clip(grad) == 9.0
    assert grad.tolist() == [0.5, -1.0, 1.0]


def test_an_empty_gradient_has_norm_0() -> None:
    assert ClipNorm(1.0).clip(np.zeros(0)) == 0.0
    assert ClipValue(1.0).clip(np.zeros(0)) == 0.0


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("size", [1e-42, 1e-30, 1e-12, 1e12, 1e30, 3e38])
@pytest.mark.parametrize("bound", [1.0, 1e-3])
def test_a_norm_whose_square_leaves_float32_is_still_right(size: float, dtype: str, bound: float) -> None:
    grad = np.full(2 * BLOCK, size, dtype)
    grad[1::2] *= -1
    length = float(np.dtype(dtype).type(size)) * math.sqrt(2 * BLOCK)
    accuracy = 1e-5 if dtype == "f4" else 1e-12
    assert ClipNorm(bound).clip(grad) == pytest.approx(length, rel=accuracy)
    assert norm(grad) == pytest.approx(length * min(1.0, bound / (length + 1e-6)), rel=accuracy)
    assert np.array_equal(np.sign(grad), np.resize([1, -1], 2 * BLOCK))


def test_a_norm_above_the_greatest_float_is_clipped_all_the_same() -> None:
    grad = np.full(4, 1.7e308)
    assert ClipNorm(2.0).clip(grad) == math.inf
    np.testing.assert_allclose(grad, 1.0)


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("clipping", [ClipNorm(1.0), ClipValue(1.0)])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_a_gradient_that_is_not_finite_is_left_to_be_found(bad: float, clipping: Clipping, dtype: str) -> None:
    grad = np.array([5.0, bad, 1e30], dtype)
    before = grad.copy()
    assert not math.isfinite(clipping.clip(grad))
    run(clipping, grad)
    assert np.array_equal(grad, before, equal_nan=True)


def test_inf_and_nan_together_are_left_too() -> None:
    grad = np.array([math.inf, math.nan, -math.inf, 2.0], "f4")
    assert math.isnan(ClipNorm(1.0).clip(grad))
    assert math.isnan(ClipValue(1.0).clip(grad))
    assert grad[3] == 2.0


@pytest.mark.parametrize("clipping", [ClipNorm, ClipValue])
@pytest.mark.parametrize("bound", [0.0, -1.0, math.nan, math.inf, "1", True, None])
def test_bad_bounds_are_refused(clipping: Any, bound: Any) -> None:
    with pytest.raises(ValueError, match=r"max_norm|limit"):
        clipping(bound)


@pytest.mark.parametrize("clipping", [ClipNorm(1.0), ClipValue(1.0)])
def test_only_flat_writeable_vectors_are_clipped(clipping: Clipping) -> None:
    fixed = np.ones(3)
    fixed.flags.writeable = False
    for grad, message in ((np.ones((2, 2)), "flat"), (np.ones(4)[::2], "contiguous"), (fixed, "read-only")):
        with pytest.raises(VectorError, match=message):
            clipping.clip(grad)
