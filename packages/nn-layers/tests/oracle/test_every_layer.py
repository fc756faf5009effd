"""Any layer, with any arguments, on rows of any shape, against PyTorch: output and gradients of a training pass.

Convolution and pooling have more of their own in `test_images`; dropout is random, and has its mask compared.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn_layers
from nn_layers import (
    ELU,
    GELU,
    SELU,
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Flatten,
    GlobalAvgPool2D,
    LayerNorm,
    LeakyReLU,
    MaxPool2D,
    MeanTokens,
    Patches,
    PositionalEncoding,
    ReLU,
    Residual,
    SelfAttention,
    Sigmoid,
    Softmax,
    Stack,
    Tanh,
)
from nn_layers.protocol import Array, Shape

torch = pytest.importorskip("torch")
functional = torch.nn.functional
pytestmark = pytest.mark.oracle

TOLERANCE = {"float64": 1e-10, "float32": 1e-5}


class Case(NamedTuple):
    """A layer, the same in PyTorch as a function of x and the layer's parameters by name, and the shape of a row."""

    layer: Any
    twin: Callable[[Any, Mapping[str, Any]], Any]
    shape: Shape


SIZES = st.integers(1, 9)
FEATURES = st.one_of(st.tuples(SIZES), st.tuples(SIZES, SIZES))
IMAGES = st.tuples(st.integers(1, 4), st.integers(3, 9), st.integers(3, 9))
ANY = st.one_of(FEATURES, IMAGES)


@st.composite
def activations(draw: st.DrawFn) -> Case:
    alpha = draw(st.floats(0.01, 0.9))
    kinds: list[tuple[Any, Any]] = [
        (ReLU(), torch.relu),
        (LeakyReLU(alpha), lambda x: functional.leaky_relu(x, alpha)),
        (ELU(alpha), lambda x: functional.elu(x, alpha)),
        (SELU(), torch.selu),
        (GELU(), functional.gelu),
        (GELU(approximate="tanh"), lambda x: functional.gelu(x, approximate="tanh")),
        (Sigmoid(), torch.sigmoid),
        (Tanh(), torch.tanh),
        (Softmax(), lambda x: torch.softmax(x, -1)),
        (Flatten(), lambda x: x.flatten(1)),
    ]
    layer, function = draw(st.sampled_from(kinds))
    return Case(layer, lambda x, _: function(x), draw(FEATURES if isinstance(layer, Softmax) else ANY))


@st.composite
def dense(draw: st.DrawFn) -> Case:
    return Case(Dense(None, draw(SIZES)), lambda x, p: x @ p["w"] + p["b"], draw(FEATURES))


@st.composite
def norms(draw: st.DrawFn) -> Case:
    eps, shape = draw(st.floats(1e-3, 1e-1)), draw(ANY)
    if draw(st.booleans()):
        return Case(LayerNorm(eps=eps), lambda x, p: functional.layer_norm(x, x.shape[-1:], p["w"], p["b"], eps), shape)

    def batch(x: Any, p: Mapping[str, Any]) -> Any:
        last = x.ndim == 3  # PyTorch has the features of tokens at axis 1
        y = functional.batch_norm(x.transpose(1, 2) if last else x, None, None, p["w"], p["b"], True, 0.1, eps)
        return y.transpose(1, 2) if last else y

    return Case(BatchNorm(eps=eps), batch, shape)


@st.composite
def convolutions(draw: st.DrawFn) -> Case:
    (size, stride), groups = draw(st.tuples(st.integers(1, 3), st.integers(1, 3))), draw(st.sampled_from([1, 2]))
    padding, (_, *image) = draw(st.integers(0, 2)), draw(IMAGES)
    shape = (groups * draw(st.integers(1, 2)), *image)
    layer = Conv2D(None, groups * draw(st.integers(1, 3)), size, stride, padding, groups=groups)

    def twin(x: Any, p: Mapping[str, Any]) -> Any:
        return functional.conv2d(x, p["w"], p["b"], stride, padding, groups=groups)

    return Case(layer, twin, shape)


@st.composite
def pools(draw: st.DrawFn) -> Case:
    (size, stride), shape = draw(st.tuples(st.integers(1, 3), st.integers(1, 3))), draw(IMAGES)
    kinds: list[tuple[Any, Any]] = [
        (MaxPool2D(size, stride), lambda x: functional.max_pool2d(x, size, stride)),
        (AvgPool2D(size, stride), lambda x: functional.avg_pool2d(x, size, stride)),
        (GlobalAvgPool2D(), lambda x: x.mean((2, 3))),
    ]
    layer, function = draw(st.sampled_from(kinds))
    return Case(layer, lambda x, _: function(x), shape)


@st.composite
def tokens(draw: st.DrawFn) -> Case:
    n, heads = draw(SIZES), draw(st.integers(1, 3))
    size = heads * draw(st.integers(1, 4))
    patch, (c, h, w) = draw(st.integers(1, 4)), draw(st.tuples(*[st.integers(1, 3)] * 3))

    def attention(x: Any, p: Mapping[str, Any]) -> Any:
        parts = (x @ p["w"] + p["b"]).unflatten(-1, (3, heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(*parts).transpose(1, 2).flatten(2)
        return mixed @ p["w_out"] + p["b_out"] if "w_out" in p else mixed

    def patches(x: Any, _: Mapping[str, Any]) -> Any:
        return functional.unfold(x, patch, stride=patch).transpose(1, 2)

    cases = [
        Case(SelfAttention(size, heads, projection=draw(st.booleans())), attention, (n, size)),
        Case(PositionalEncoding(), lambda x, p: x + p["w"], (n, size)),
        Case(MeanTokens(), lambda x, _: x.mean(1), (n, size)),
        Case(Patches(patch), patches, (c, h * patch, w * patch)),
    ]
    return cases[draw(st.integers(0, 3))]


@st.composite
def residuals(draw: st.DrawFn) -> Case:
    shape, size = draw(FEATURES), draw(SIZES)
    block = Residual([Dense(None, size), Tanh(), Dense(None, shape[-1])])
    return Case(block, lambda x, p: x + torch.tanh(x @ p["0.w"] + p["0.b"]) @ p["2.w"] + p["2.b"], shape)


CASES = st.one_of(activations(), dense(), norms(), convolutions(), pools(), tokens(), residuals())


@settings(max_examples=300, deadline=None)
@given(CASES, st.sampled_from(["float32", "float64"]), st.integers(2, 6), st.integers(0, 1000))
def test_a_training_pass_is_pytorchs(case: Case, dtype: Any, rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    stack = Stack([case.layer], case.shape, rows=rows, dtype=dtype, input_grad=True)
    stack.theta = rng.standard_normal(stack.theta.size)
    x = rng.standard_normal((rows, *case.shape)).astype(dtype)
    own = {
        name.removeprefix("layers.0."): torch.tensor(w.copy()).requires_grad_() for name, w in stack.weights().items()
    }
    given_x = torch.tensor(x, requires_grad=True)
    expected = case.twin(given_x, own)
    found = stack.forward(x, training=True)
    dy = np.asarray(rng.standard_normal(found.shape), dtype)
    expected.backward(torch.tensor(dy))
    agree(found, expected, dtype)
    agree(stack.backward(dy), given_x.grad, dtype)
    for place in stack.layout.params():
        agree(place.view(stack.grad), own[place.name.removeprefix("layers.0.")].grad, dtype)


def agree(found: Array | None, expected: Any, dtype: str) -> None:
    """Compare to the scale of the numbers: sums of products cancel."""
    assert found is not None
    wanted = expected.detach().numpy()
    scale = max(1.0, float(np.abs(wanted).max()))
    np.testing.assert_allclose(found / scale, wanted / scale, rtol=0, atol=TOLERANCE[dtype])


def test_no_layer_was_forgotten() -> None:
    layers = {name for name in nn_layers.__all__ if hasattr(getattr(nn_layers, name), "plan")}
    here = {name for name in layers if name in globals()}
    assert layers - here == {"AlphaDropout", "Dropout", "Propagate", "Standardize"}
