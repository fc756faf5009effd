"""Convolution and pooling against PyTorch, where it is installed: outputs and gradients, any arguments."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nn_layers import AvgPool2D, Conv2D, GlobalAvgPool2D, MaxPool2D, Stack
from nn_layers.protocol import Array

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

TOLERANCE = {"float64": 1e-10, "float32": 1e-5}
PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))
DTYPES = st.sampled_from(["float32", "float64"])


def compare(layer: Any, twin: Any, in_shape: tuple[int, ...], dtype: Any, seed: int) -> None:
    """Run a training pass of both with the same numbers; compare outputs, and gradients by weights and by x."""
    rng = np.random.default_rng(seed)
    stack = Stack([layer], in_shape, rows=5, dtype=dtype, input_grad=True)
    stack.theta = rng.standard_normal(stack.theta.size)
    rows = int(rng.integers(1, 6))
    x = rng.integers(-3, 4, (rows, *in_shape)).astype(dtype)  # with ties, for pooling
    own = {name.removeprefix("layers.0."): torch.tensor(w.copy()) for name, w in stack.weights().items()}
    given_x = torch.tensor(x, requires_grad=True)
    for w in own.values():
        w.requires_grad_(True)
    expected = twin(given_x, **own)
    found = stack.forward(x, training=True)
    dy = np.asarray(rng.standard_normal(found.shape), dtype)
    expected.backward(torch.tensor(dy))
    close(found, expected, dtype)
    close(stack.backward(dy), given_x.grad, dtype)
    for name, w in own.items():
        place = next(p for p in stack.layout.params() if p.name == f"layers.0.{name}")
        close(place.view(stack.grad), w.grad, dtype)


def close(found: Array | None, expected: Any, dtype: str) -> None:
    """Compare to the scale of the numbers: sums of products cancel."""
    wanted = expected.detach().numpy()
    assert found is not None
    scale = max(1.0, float(np.abs(wanted).max()))
    np.testing.assert_allclose(found / scale, wanted / scale, rtol=0, atol=TOLERANCE[dtype])


def images(draw: st.DrawFn, channels: int, reach: tuple[int, int]) -> tuple[int, int, int]:
    return channels, reach[0] + draw(st.integers(0, 6)), reach[1] + draw(st.integers(0, 6))


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[Conv2D, tuple[int, int, int]]:
    groups, inputs, outputs = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    kernel, stride, dilation = draw(PAIRS), draw(PAIRS), draw(PAIRS)
    padding: Any = draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
    if stride == (1, 1) and draw(st.booleans()):
        padding = "same"
    options: Any = {"dilation": dilation, "groups": groups, "bias": draw(st.booleans())}
    layer = Conv2D(groups * inputs, groups * outputs, kernel, stride, padding, **options)
    reach = dilation[0] * (kernel[0] - 1) + 1, dilation[1] * (kernel[1] - 1) + 1
    return layer, images(draw, groups * inputs, reach)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")  # PyTorch copies then
@settings(max_examples=200, deadline=None)
@given(convolutions(), DTYPES, st.integers(0, 1000))
def test_convolution(drawn: tuple[Conv2D, tuple[int, int, int]], dtype: str, seed: int) -> None:
    layer, in_shape = drawn

    def twin(x: Any, w: Any, b: Any = None) -> Any:
        options = {"stride": layer.stride, "padding": layer.padding, "dilation": layer.dilation, "groups": layer.groups}
        return torch.nn.functional.conv2d(x, w, b, **options)

    compare(layer, twin, in_shape, dtype, seed)


@st.composite
def pools(draw: st.DrawFn) -> tuple[tuple[Any, ...], tuple[int, int, int]]:
    kernel = draw(PAIRS)
    stride = draw(st.one_of(st.none(), PAIRS))
    padding = draw(st.integers(0, kernel[0] // 2)), draw(st.integers(0, kernel[1] // 2))
    return (kernel, stride, padding), images(draw, draw(st.integers(1, 3)), kernel)


@settings(max_examples=100, deadline=None)
@given(pools(), DTYPES, st.integers(0, 1000), st.sampled_from(["max", "mean", "inside"]))
def test_pooling(drawn: tuple[tuple[Any, ...], tuple[int, int, int]], dtype: str, seed: int, what: str) -> None:
    arguments, in_shape = drawn
    functional = torch.nn.functional
    if what == "max":
        compare(MaxPool2D(*arguments), lambda x: functional.max_pool2d(x, *arguments), in_shape, dtype, seed)
    else:
        count = what == "mean"

        def twin(x: Any) -> Any:
            return functional.avg_pool2d(x, *arguments, count_include_pad=count)

        kernel, stride, padding = arguments
        compare(AvgPool2D(kernel, stride, padding, count_include_pad=count), twin, in_shape, dtype, seed)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_global_average(dtype: str) -> None:
    compare(GlobalAvgPool2D(), lambda x: torch.nn.functional.adaptive_avg_pool2d(x, 1).flatten(1), (3, 5, 7), dtype, 0)
