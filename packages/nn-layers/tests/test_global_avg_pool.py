"""Every channel's mean."""

import math
import re
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn_layers import Dense, GlobalAvgPool2D, Propagate, ShapeError, Stack
from nn_layers.calls import BUFFER
from nn_layers.protocol import Array, Shape


def make(shape: Shape, *, rows: int) -> Stack:
    return Stack([GlobalAvgPool2D()], shape, rows=rows, dtype="float64", input_grad=True)


@given(st.tuples(*[st.integers(1, 6)] * 4), st.integers(0, 100))
def test_mean_of_every_channel_and_its_gradient_spread_evenly(shape: tuple[int, int, int, int], seed: int) -> None:
    rows, channels, height, width = shape
    rng = np.random.default_rng(seed)
    x, dy = rng.standard_normal(shape), rng.standard_normal((rows, channels))
    stack = make(shape[1:], rows=rows + 3)
    y = stack.forward(x, training=True).copy()
    dx = stack.backward(dy)
    assert dx is not None
    for i, j in np.ndindex(rows, channels):
        assert y[i, j] == pytest.approx(math.fsum(x[i, j].ravel().tolist()) / (height * width), rel=1e-12, abs=1e-14)
        assert dx[i, j].ravel().tolist() == pytest.approx([dy[i, j] / (height * width)] * height * width, rel=1e-15)
    assert np.array_equal(stack.forward(x), y)


def test_gradients_and_short_batches(assert_gradient: Callable[..., None]) -> None:
    def make_stack(rows: int, *, input_grad: bool) -> Stack:
        layers: list[Propagate] = [Dense(5, 4), GlobalAvgPool2D(), Dense(3, 2)]
        return Stack(layers, (3, 2, 5), rows=rows, seed=1, dtype="float64", input_grad=input_grad)

    stack, short = make_stack(9, input_grad=True), make_stack(4, input_grad=False)
    x: Array = np.random.default_rng(0).standard_normal((4, 3, 2, 5))
    stack.forward(np.ones((9, 3, 2, 5)), training=True)
    dx = stack.backward(2.0 * stack.forward(x, training=True))
    assert short.backward(2.0 * short.forward(x, training=True)) is None
    assert stack.grad.tobytes() == short.grad.tobytes()

    def value() -> float:
        return float(np.sum(stack.forward(x) ** 2))

    assert dx is not None
    dx, grad = dx.copy(), stack.grad.copy()
    assert_gradient(value, x, dx)
    assert_gradient(value, stack.theta, grad)


def test_large_numbers_do_not_overflow_in_the_sum() -> None:
    x = np.full((1, 1, 16, 16), 1e38, "float32")
    y = Stack([GlobalAvgPool2D()], (1, 16, 16), rows=1).forward(x)
    assert y[0, 0] == pytest.approx(1e38, rel=1e-6)


@pytest.mark.parametrize(
    ("shape", "words"), [((7,), "rows of 7 numbers"), ((3, 7), "rows of shape (3, 7)"), ((1, 2, 3, 4), "rows of shape")]
)
def test_rows_that_are_no_images_are_refused(shape: Shape, words: str) -> None:
    expected = f"layers[0]: GlobalAvgPool2D() got {words}"
    remedy = "give images: rows of shape (channels, height, width)"
    with pytest.raises(ShapeError, match=f"^{re.escape(expected)}.*; {re.escape(remedy)}$"):
        make(shape, rows=1)


def test_a_step_allocates_nothing_after_the_first() -> None:
    stack = Stack([GlobalAvgPool2D()], (32, 14, 14), rows=64, input_grad=True)
    x = np.ones((64, 32, 14, 14), "float32")
    dy = stack.forward(x).copy()
    stack.forward(x, training=True)
    stack.backward(dy)
    tracemalloc.start()
    stack.forward(x)
    stack.forward(x, training=True)
    stack.backward(dy)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < BUFFER * 4 + 4096
