"""Pooling against loops in plain Python, and what it refuses."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from nn_layers import AvgPool2D, MaxPool2D, ShapeError, Stack
from nn_layers.protocol import Array

Pool = MaxPool2D | AvgPool2D
SIZES: list[tuple[tuple[Any, ...], tuple[int, int, int]]] = [
    ((2,), (2, 4, 6)),
    ((2,), (1, 5, 7)),  # the last row and column are left out
    ((3, 2), (2, 7, 6)),  # windows overlap
    ((2, 3), (1, 8, 8)),  # pixels between windows
    (((2, 3), (1, 2)), (2, 5, 7)),
    ((3, 1, 1), (1, 4, 5)),
    ((2, 2, 1), (1, 5, 4)),
    ((4, 3, (2, 1)), (1, 5, 6)),
    ((3, 2, "same"), (2, 5, 6)),
    ((2, None, "same"), (1, 5, 3)),
    ((5,), (2, 5, 5)),  # the window is the image
    (((17, 16),), (1, 17, 33)),  # more pixels in a window than a byte counts
    ((1,), (1, 3, 3)),
]
every_size = pytest.mark.parametrize(("arguments", "in_shape"), SIZES, ids=[f"{a} on {s}" for a, s in SIZES])


def both(size: Any) -> tuple[int, int]:
    return size if isinstance(size, tuple) else (size, size)


def windows(pool: Pool, in_shape: tuple[int, int, int]) -> list[tuple[tuple[int, int], list[tuple[int, int]], int]]:
    """List the output pixels, each with the image's pixels under its window and how many taps the window has."""
    size, kernel = in_shape[1:], both(pool.kernel)
    stride = kernel if pool.stride is None else both(pool.stride)
    if pool.padding == "same":
        total = [max(0, (-(-n // s) - 1) * s + k - n) for n, s, k in zip(size, stride, kernel, strict=True)]
        before = [t // 2 for t in total]
    else:
        before = list(both(pool.padding))
        total = [2 * p for p in before]
    out = [(n + t - k) // s + 1 for n, t, k, s in zip(size, total, kernel, stride, strict=True)]
    found = []
    for i, j in itertools.product(range(out[0]), range(out[1])):
        down = range(i * stride[0] - before[0], i * stride[0] - before[0] + kernel[0])
        right = range(j * stride[1] - before[1], j * stride[1] - before[1] + kernel[1])
        inside = [(r, c) for r in down for c in right if 0 <= r < size[0] and 0 <= c < size[1]]
        found.append(((i, j), inside, kernel[0] * kernel[1]))
    return found


def by_hand(pool: Pool, x: Array, dy: Array) -> tuple[Array, Array]:
    """Pool window by window: the output, and the gradient by x."""
    y, dx = np.zeros_like(dy), np.zeros_like(x)
    for n, c in itertools.product(*map(range, x.shape[:2])):
        for (i, j), inside, taps in windows(pool, x.shape[1:]):
            if isinstance(pool, MaxPool2D):
                first = max(inside, key=lambda at: x[n, c][at])  # max gives the first of equals
                y[n, c, i, j] = x[n, c][first]
                dx[n, c][first] += dy[n, c, i, j]
            else:
                count = taps if pool.count_include_pad else len(inside)
                y[n, c, i, j] = sum(x[n, c][at] for at in inside) / count
                for at in inside:
                    dx[n, c][at] += dy[n, c, i, j] / count
    return y, dx


MAKERS: dict[str, Callable[..., Pool]] = {
    "max": MaxPool2D,
    "mean": AvgPool2D,
    "mean of the image's pixels": lambda k, s=None, p=0: AvgPool2D(k, s, p, count_include_pad=False),
}


@every_size
@pytest.mark.parametrize("make", MAKERS)
def test_equals_the_loops_ties_included(make: str, arguments: tuple[Any, ...], in_shape: tuple[int, int, int]) -> None:
    pool, rng = MAKERS[make](*arguments), np.random.default_rng(4)
    stack = Stack([pool], in_shape, rows=3, dtype="float64", input_grad=True)
    x = rng.integers(-2, 2, (3, *in_shape)).astype("float64")  # few values: most windows hold equals
    dy = np.asarray(rng.standard_normal(stack.forward(x, training=True).shape))
    y, dx = by_hand(pool, x, dy)
    np.testing.assert_allclose(stack.forward(x, training=True), y, rtol=1e-13, atol=1e-13)
    found = stack.backward(dy)
    assert found is not None
    np.testing.assert_allclose(found, dx, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(stack.forward(x), y, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("in_shape", [(2, 64, 150), (1, 9, 300), (3, 7, 8)])
@pytest.mark.parametrize("size", [2, (3, 2), (1, 4)])
def test_many_images_give_what_each_gives_alone(size: Any, in_shape: tuple[int, int, int]) -> None:
    rows = 9  # winners of the largest images are worked out a few images at a time
    many, alone = (Stack([MaxPool2D(size)], in_shape, rows=n, input_grad=True) for n in (rows, 1))
    x = np.random.default_rng(1).integers(0, 3, (rows, *in_shape)).astype("float32")
    y = many.forward(x, training=True).copy()
    dy: Array = np.asarray(np.random.default_rng(2).standard_normal(y.shape, dtype="float32"))
    dx = many.backward(dy)
    assert dx is not None
    assert np.array_equal(many.forward(x), y)
    for i in range(rows):
        assert np.array_equal(alone.forward(x[i : i + 1], training=True)[0], y[i])
        one = alone.backward(dy[i : i + 1])
        assert one is not None
        assert np.array_equal(one[0], dx[i])
    assert dx.sum(dtype=float) == pytest.approx(dy.sum(dtype=float), abs=1e-2)


def test_negative_images_do_not_see_the_border() -> None:
    x = np.full((1, 1, 4, 4), -5.0, "float32")
    assert np.array_equal(Stack([MaxPool2D(3, 1, 1)], (1, 4, 4), rows=1).forward(x), x)


@pytest.mark.parametrize("size", [2, (3, 1), 17])
@pytest.mark.parametrize("stride", [None, 1])
def test_a_window_that_holds_nan_is_nan_and_gives_no_gradient(size: Any, stride: int | None) -> None:
    stack = Stack([MaxPool2D(size, stride)], (1, 34, 34), rows=1, input_grad=True)
    x = np.random.default_rng(0).standard_normal((1, 1, 34, 34), dtype="float32")
    x[0, 0, 3, 4] = np.nan
    y = stack.forward(x, training=True)
    down = [i for i in range(y.shape[2]) if 0 <= 3 - i * (stride or both(size)[0]) < both(size)[0]]
    right = [j for j in range(y.shape[3]) if 0 <= 4 - j * (stride or both(size)[1]) < both(size)[1]]
    assert np.argwhere(np.isnan(y[0, 0])).tolist() == [[i, j] for i in down for j in right]
    assert np.array_equal(stack.forward(x), y, equal_nan=True)
    stack.forward(x, training=True)
    dx = stack.backward(np.ones_like(y))
    assert dx is not None
    assert dx.sum() == y.size - len(down) * len(right)
    assert dx[0, 0, 3, 4] == 0.0


def test_backward_keeps_a_byte_for_each_window() -> None:
    scratch = MaxPool2D(3, 1, 1).plan((1, 28, 28)).scratch
    assert {name for name, s in scratch.items() if s.kept} == {"winner"}
    assert scratch["winner"].dtype == np.uint8
    assert MaxPool2D(2).plan((1, 28, 28)).scratch["winner"].dtype == np.uint8
    assert MaxPool2D(3).plan((1, 300, 300)).scratch["winner"].dtype == np.uint16  # two lines are 600 places


@pytest.mark.parametrize("pool", [MaxPool2D, AvgPool2D])
@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda pool: pool(0), ValidationError, "kernel"),
        (lambda pool: pool(2, 0), ValidationError, "stride"),
        (lambda pool: pool(2, 2, 2), ValidationError, "padding must be at most half of the kernel; 2 is more"),
        (lambda pool: pool((2, 4), 2, (1, 3)), ValidationError, "padding must be at most half"),
        (lambda pool: Stack([pool(5)], (1, 4, 4)), ShapeError, "4 x 4 pixels do not hold a window of 5 x 5"),
        (lambda pool: Stack([pool(2)], (784,)), ShapeError, r"layers\[0\]: .* must be images"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(
    pool: Any, make: Callable[[Any], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make(pool)
