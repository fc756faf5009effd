"""Convolution against loops in plain Python, and what it refuses."""

import itertools
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from nn_layers import L2, Conv2D, Dense, Flatten, ReLU, ShapeError, Stack
from nn_layers.calls import BUFFER
from nn_layers.protocol import Array

RNG = np.random.default_rng(11)


def normal(shape: tuple[int, ...]) -> Array:
    return np.asarray(RNG.standard_normal(shape))


def both(size: Any) -> tuple[int, int]:
    return size if isinstance(size, tuple) else (size, size)


def borders(layer: Conv2D, size: tuple[int, int]) -> list[tuple[int, int]]:
    """Say how many zeros stand before and behind, down and right, from the definition of the padding."""
    if layer.padding != "same":
        return [(p, p) for p in both(layer.padding)]
    found = []
    for n, k, s, d in zip(size, both(layer.kernel), both(layer.stride), both(layer.dilation), strict=True):
        missing = max(0, (int(np.ceil(n / s)) - 1) * s + d * (k - 1) + 1 - n)
        found.append((missing // 2, missing - missing // 2))
    return found


def by_hand(layer: Conv2D, x: Array, w: Array, b: Array) -> Array:
    """Convolve pixel by pixel: the sum over the window, nothing else."""
    (top, bottom), (left, right) = borders(layer, (x.shape[2], x.shape[3]))
    padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    (kh, kw), (sh, sw), (dh, dw) = both(layer.kernel), both(layer.stride), both(layer.dilation)
    height = (padded.shape[2] - dh * (kh - 1) - 1) // sh + 1
    width = (padded.shape[3] - dw * (kw - 1) - 1) // sw + 1
    inputs, outputs = w.shape[1], w.shape[0] // layer.groups
    y = np.zeros((len(x), w.shape[0], height, width))
    for n, o, i, j in itertools.product(*map(range, y.shape)):
        first = o // outputs * inputs
        window = padded[n, first : first + inputs, i * sh : i * sh + dh * kh : dh, j * sw : j * sw + dw * kw : dw]
        y[n, o, i, j] = np.sum(window[:, :kh, :kw] * w[o]) + (b[o] if layer.bias else 0.0)
    return y


def stacked(layer: Conv2D, in_shape: tuple[int, ...], rows: int = 3, **options: Any) -> Stack:
    stack = Stack([layer], in_shape, rows=rows, dtype="float64", input_grad=True, **options)
    stack.theta = np.random.default_rng(2).standard_normal(stack.theta.size)
    return stack


def parts(stack: Stack) -> tuple[Array, Array]:
    weights = stack.weights()
    return weights["layers.0.w"], weights.get("layers.0.b", np.zeros(1))


CASES: list[tuple[Conv2D, tuple[int, int, int]]] = [
    (Conv2D(1, 2, 3), (1, 5, 6)),
    (Conv2D(2, 3, 3, padding=1), (2, 4, 4)),
    (Conv2D(2, 3, 3, padding="same"), (2, 5, 4)),
    (Conv2D(2, 3, 2, padding="same"), (2, 5, 4)),
    (Conv2D(2, 3, 3, 2, "same"), (2, 5, 8)),
    (Conv2D(2, 3, (2, 3), (2, 1), (1, 2)), (2, 6, 7)),
    (Conv2D(3, 4, 5), (3, 5, 5)),  # the kernel is as large as the image
    (Conv2D(4, 6, (3, 5), groups=2), (4, 3, 5)),
    (Conv2D(2, 3, (3, 2), dilation=(2, 3), bias=False), (2, 5, 4)),
    (Conv2D(2, 3, 3, 4, 1), (2, 2, 3)),  # one window, which sees padding
    (Conv2D(3, 4, 1), (3, 4, 3)),
    (Conv2D(1, 2, (1, 4)), (1, 1, 9)),  # a signal
    (Conv2D(1, 2, 2, 3), (1, 7, 8)),  # pixels between windows, and some left over
    (Conv2D(2, 2, 3, dilation=2), (2, 7, 6)),
    (Conv2D(2, 2, 2, 2, 2, dilation=(3, 1)), (2, 7, 6)),
    (Conv2D(4, 6, 3, padding=1, groups=2), (4, 4, 5)),
    (Conv2D(4, 4, 3, groups=4), (4, 5, 5)),
    (Conv2D(4, 4, 2, groups=2, bias=False), (4, 4, 4)),
    (Conv2D(2, 3, 3, bias=False), (2, 4, 4)),
]
every_case = pytest.mark.parametrize(("layer", "in_shape"), CASES, ids=[f"{c[0]!r} on {c[1]}" for c in CASES])


@every_case
def test_forward_is_the_sum_over_each_window(layer: Conv2D, in_shape: tuple[int, int, int]) -> None:
    stack = stacked(layer, in_shape)
    x = normal((3, *in_shape))
    expected = by_hand(layer, x, *parts(stack))
    np.testing.assert_allclose(stack.forward(x), expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(stack.forward(x, training=True), expected, rtol=1e-12, atol=1e-12)


@every_case
def test_gradients(layer: Conv2D, in_shape: tuple[int, int, int], assert_gradient: Callable[..., None]) -> None:
    stack = stacked(layer, in_shape)
    x = normal((3, *in_shape))
    direction = normal(stack.forward(x).shape)

    def value() -> float:
        return float(np.sum(direction * by_hand(layer, x, *parts(stack))))

    stack.forward(x, training=True)
    dx = stack.backward(direction)
    assert dx is not None
    assert_gradient(value, x, dx.copy())
    assert_gradient(value, stack.theta, stack.grad)


@st.composite
def layers(draw: st.DrawFn) -> tuple[Conv2D, tuple[int, int, int]]:
    """Draw any layer with an image that it takes."""
    pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
    groups, inputs, outputs = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    kernel, dilation = draw(pairs), draw(pairs)
    padding: Any = draw(st.one_of(st.just("same"), st.integers(0, 2), st.tuples(st.integers(0, 2), st.integers(0, 2))))
    layer = Conv2D(groups * inputs, groups * outputs, kernel, draw(pairs), padding, dilation=dilation, groups=groups)
    size = [d * (k - 1) + 1 + draw(st.integers(0, 4)) for k, d in zip(kernel, dilation, strict=True)]
    return layer, (groups * inputs, size[0], size[1])


@settings(max_examples=60, deadline=None)
@given(layers(), st.integers(1, 4))
def test_any_layer_equals_the_loops(drawn: tuple[Conv2D, tuple[int, int, int]], rows: int) -> None:
    layer, in_shape = drawn
    stack = stacked(layer, in_shape, rows=4)
    x = np.random.default_rng(rows).standard_normal((rows, *in_shape))
    np.testing.assert_allclose(stack.forward(x), by_hand(layer, x, *parts(stack)), rtol=1e-11, atol=1e-11)


def test_blocks_of_images_add_up() -> None:
    """70 images go through in several blocks, whose sums must be the whole."""
    layer = Conv2D(8, 16, 3, padding=1)
    one, many = stacked(layer, (8, 20, 20), rows=1), stacked(layer, (8, 20, 20), rows=70)
    assert len(next(s for n, s in layer.plan((8, 20, 20)).scratch.items() if n == "cols").shape) == 4
    assert layer.plan((8, 20, 20)).scratch["cols"].shape[0] < 70
    x = normal((70, 8, 20, 20))
    dy = normal(many.forward(x, training=True).shape)
    dx, grad = many.backward(dy), np.zeros_like(one.grad)
    assert dx is not None
    for i in range(70):
        one.forward(x[i : i + 1], training=True)
        single = one.backward(dy[i : i + 1])
        assert single is not None
        np.testing.assert_allclose(dx[i], single[0], rtol=1e-11, atol=1e-11)
        grad += one.grad
    np.testing.assert_allclose(many.grad, grad, rtol=1e-10, atol=1e-10)


def test_a_kernel_as_large_as_the_image_is_a_dense_layer_on_many_rows() -> None:
    layer = Conv2D(3, 5, 28)
    assert layer.plan((3, 28, 28)).scratch["cols"].shape[0] < 70  # several blocks
    conv, dense = (
        stacked(layer, (3, 28, 28), rows=70),
        Stack([Flatten(), Dense(None, 5)], (3, 28, 28), 70, dtype="float64"),
    )
    w, b = parts(conv)
    dense.set_weights({"layers.1.w": w.reshape(5, -1).T, "layers.1.b": b})
    x, dy = normal((70, 3, 28, 28)), normal((70, 5))
    np.testing.assert_allclose(conv.forward(x, training=True)[:, :, 0, 0], dense.forward(x, training=True), rtol=1e-11)
    conv.backward(dy[:, :, None, None])
    dense.backward(dy)
    expected = dense.grad[: w.size].reshape(-1, 5).T.ravel()
    np.testing.assert_allclose(conv.grad[: w.size], expected, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(conv.grad[w.size :], dense.grad[w.size :], rtol=1e-10)


def test_the_gradient_of_few_windows_is_not_made_of_a_window_for_every_pixel() -> None:
    """That is 784 times the work, and its columns 784 times the memory."""
    scratch = Conv2D(3, 16, 28).plan((3, 28, 28)).scratch
    assert "turned" not in scratch
    assert max(np.prod(s.shape) for s in scratch.values()) <= 2**17
    assert "turned" in Conv2D(1, 8, 3).plan((1, 28, 28)).scratch


def test_numpys_numbers_are_numbers_in_pairs_too() -> None:
    given = np.int64(3), np.int32(2)
    layer = Conv2D(1, 2, given, [np.int64(1), 2], np.int64(1))  # type: ignore[arg-type]  # it is the point
    assert layer == Conv2D(1, 2, (3, 2), (1, 2), 1)
    assert repr(layer) == "Conv2D(1, 2, (3, 2), stride=(1, 2), padding=1)"


def test_he_counts_the_pixels_of_the_kernel() -> None:
    stack = Stack([Conv2D(16, 64, 5, groups=2)], (16, 9, 9), rows=1, seed=1)
    w = stack.weights()["layers.0.w"]
    assert w.shape == (64, 8, 5, 5)
    assert float(w.std()) == pytest.approx(np.sqrt(2 / (8 * 25)), rel=0.03)
    assert not stack.weights()["layers.0.b"].any()


def test_weights_are_regularised_and_biases_are_not() -> None:
    stack = stacked(Conv2D(1, 2, 2, regularization=L2(0.5)), (1, 3, 3))
    w, _ = parts(stack)
    assert stack.penalty() == pytest.approx(0.5 * float(np.sum(w**2)))


def test_channels_are_taken_from_the_layer_before() -> None:
    stack = Stack([Conv2D(None, 4, 3), ReLU(), Conv2D(None, 6, 3), Flatten(), Dense(None, 2)], (1, 8, 8), rows=2)
    assert [repr(layer) for layer in stack.layers[::2]] == ["Conv2D(1, 4, 3)", "Conv2D(4, 6, 3)", "Dense(96, 2)"]


def test_a_step_allocates_nothing() -> None:
    stack = Stack([Conv2D(4, 8, 3, padding=1)], (4, 28, 28), rows=32, input_grad=True)
    x = normal((32, 4, 28, 28)).astype("float32")
    dy = np.ones_like(stack.forward(x, training=True))
    stack.backward(dy)
    tracemalloc.start()
    stack.forward(x, training=True)
    stack.backward(dy)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < BUFFER * 4 + 4096


REFUSED: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: Conv2D(1, 8, 0), ValidationError, "kernel"),
    (lambda: Conv2D(1, 8, 3, 0), ValidationError, "stride"),
    (lambda: Conv2D(1, 8, 3, padding=-1), ValidationError, "padding"),
    (lambda: Conv2D(1, 8, 3, padding="valid"), ValidationError, "padding"),  # type: ignore[arg-type]  # it is the point
    (lambda: Conv2D(4, 6, 3, groups=4), ValidationError, "groups must divide out_channels: 6 channels"),
    (lambda: Conv2D(3, 4, 3, groups=2), ValidationError, "groups must divide in_channels: 3 channels"),
    (
        lambda: Stack([Conv2D(None, 4, 3, groups=2)], (3, 8, 8)),
        ShapeError,
        r"layers\[0\]: .* got images of 3 channels from input_shape; write Conv2D\(3, 4, 3\)",
    ),
    (
        lambda: Stack([Conv2D(None, 8, 3, groups=4)], (6, 8, 8)),
        ShapeError,
        r"layers\[0\]: .* got images of 6 channels from input_shape; write Conv2D\(6, 8, 3, groups=2\)",
    ),
    (lambda: Conv2D(1, 8, ["same"]), ValidationError, "kernel"),  # type: ignore[arg-type]  # it is the point
    (
        lambda: Conv2D(1, 8, 3, padding=np.array([1, 2])),  # type: ignore[arg-type]  # as above
        ValidationError,
        "give a whole number of at least 0, or two of them",
    ),
    (
        lambda: Stack([Conv2D(3, 8, 3)], (1, 8, 8)),
        ShapeError,
        r"layers\[0\]: Conv2D\(3, 8, 3\) got images of 1 channels from input_shape; write Conv2D\(1, 8, 3\)",
    ),
    (
        lambda: Stack([Conv2D(1, 8, 3), Conv2D(4, 8, 3)], (1, 8, 8)),
        ShapeError,
        r"layers\[1\]: .* got images of 8 channels from Conv2D; write Conv2D\(8, 8, 3\)",
    ),
    (
        lambda: Stack([Conv2D(1, 8, 5)], (1, 4, 6)),
        ShapeError,
        "4 x 6 pixels do not hold a window of 5 x 5; take a smaller kernel",
    ),
    (
        lambda: Stack([Conv2D(1, 8, 3, padding=1, dilation=4)], (1, 5, 5)),
        ShapeError,
        "5 x 5 pixels, 7 x 7 with padding, do not hold a window of 9 x 9",
    ),
    (lambda: Stack([Conv2D(1, 8, 3)], (784,)), ShapeError, r"must be images .*input_shape=\(1, 28, 28\)"),
    (lambda: Stack([Conv2D(1, 8, 3)], (28, 28)), ShapeError, r"give input_shape=\(1, 28, 28\)"),
    (lambda: Stack([Conv2D(1, 8, 3)]), ShapeError, "input_shape"),
    (
        lambda: Stack([Dense(784, 100), Conv2D(1, 8, 3)]),
        ShapeError,
        r"layers\[1\]: Conv2D\(1, 8, 3\) got rows of 100 numbers from Dense; rows must be images",
    ),
]


@pytest.mark.parametrize(("make", "error", "message"), REFUSED, ids=[case[2][:40] for case in REFUSED])
def test_what_does_not_fit_is_refused_in_words(
    make: Callable[[], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("options", [{}, {"stride": 2}, {"stride": (2, 1), "dilation": 2}, {"groups": 2}], ids=repr)
def test_many_images_give_what_each_gives_alone(options: dict[str, Any]) -> None:
    layer, in_shape, rows = Conv2D(2, 4, 3, padding=1, **options), (2, 19, 17), 40  # many enough to be moved by lines
    many, alone = stacked(layer, in_shape, rows), stacked(layer, in_shape, 1)
    x = normal((rows, *in_shape))
    y = many.forward(x, training=True).copy()
    dy = normal(y.shape)
    dx = many.backward(dy)
    assert dx is not None
    grad = np.zeros_like(alone.grad)
    for i in range(rows):
        np.testing.assert_allclose(alone.forward(x[i : i + 1], training=True)[0], y[i], rtol=1e-12, atol=1e-12)
        one = alone.backward(dy[i : i + 1])
        assert one is not None
        np.testing.assert_allclose(one[0], dx[i], rtol=1e-12, atol=1e-12)
        grad += alone.grad
    np.testing.assert_allclose(many.grad, grad, rtol=1e-11, atol=1e-11)
