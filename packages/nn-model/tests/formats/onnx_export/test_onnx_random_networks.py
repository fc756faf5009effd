"""Networks nobody would write: whatever is drawn, onnxruntime says of its model what the network itself says."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nn_layers import (
    ELU,
    GELU,
    SELU,
    AlphaDropout,
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    LayerNorm,
    LeakyReLU,
    MaxPool2D,
    MeanTokens,
    Patches,
    PositionalEncoding,
    Propagate,
    ReLU,
    Residual,
    SelfAttention,
    ShapeError,
    Sigmoid,
    Softmax,
    Standardize,
    Tanh,
)
from nn_loss import MSE, BinaryCrossEntropy, CrossEntropy, Loss
from nn_model import NN
from nn_model.formats.onnx.export.table import TABLE

Shape = tuple[int, ...]

SIZES = st.one_of(st.integers(1, 4), st.tuples(st.integers(1, 4), st.integers(1, 4)))
WIDTH = st.integers(1, 9)


def paddings(kernel: int | tuple[int, int]) -> st.SearchStrategy[Any]:
    """Give paddings of at most half a kernel."""
    down, right = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    return st.one_of(st.just("same"), st.tuples(st.integers(0, down // 2), st.integers(0, right // 2)))


def divisors(n: int) -> st.SearchStrategy[int]:
    return st.sampled_from([d for d in range(1, n + 1) if n % d == 0])


@st.composite
def convolutions(draw: st.DrawFn, shape: Shape) -> Propagate:
    groups = draw(divisors(shape[0]))
    padding = draw(st.one_of(st.just("same"), SIZES))
    return Conv2D(
        None,
        groups * draw(st.integers(1, 3)),
        draw(SIZES),
        draw(SIZES),
        padding,  # type: ignore[arg-type]  # "same" or sizes
        dilation=draw(SIZES),
        groups=groups,
        bias=draw(st.booleans()),
    )


@st.composite
def max_pools(draw: st.DrawFn, _: Shape) -> Propagate:
    kernel = draw(SIZES)
    return MaxPool2D(kernel, draw(st.one_of(st.none(), SIZES)), draw(paddings(kernel)))


@st.composite
def avg_pools(draw: st.DrawFn, _: Shape) -> Propagate:
    kernel = draw(SIZES)
    return AvgPool2D(kernel, draw(st.one_of(st.none(), SIZES)), draw(paddings(kernel)), draw(st.booleans()))


@st.composite
def attentions(draw: st.DrawFn, shape: Shape) -> Propagate:
    return SelfAttention(heads=draw(divisors(shape[1])), projection=draw(st.booleans()))


@st.composite
def residuals(draw: st.DrawFn, shape: Shape) -> Propagate:
    """Draw a block of layers that keep the shape."""
    inside: list[Propagate] = []
    for _ in range(draw(st.integers(1, 3))):
        layer = draw(draw(st.sampled_from(choices(shape))))
        kept = fits(layer, shape) == shape
        inside.append(layer if kept else Dense(None, shape[-1]))
    return Residual(inside)


def fits(layer: Propagate, shape: Shape) -> Shape | None:
    """Give the shape that the layer makes of rows of this one; `None` for an image smaller than the window drawn."""
    try:
        return layer.plan(shape).out_shape
    except ShapeError:
        return None


def only(*layers: Propagate) -> Callable[[Shape], st.SearchStrategy[Propagate]]:
    """Give these layers whatever the shape."""
    return lambda _: st.sampled_from(layers)


ANY, TOKENS, IMAGES = (1, 2, 3), (2,), (3,)
DRAWN: dict[type, tuple[tuple[int, ...], Callable[[Shape], st.SearchStrategy[Propagate]]]] = {
    AlphaDropout: (ANY, only(AlphaDropout(0.1))),
    AvgPool2D: (IMAGES, avg_pools),
    BatchNorm: (ANY, only(BatchNorm(), BatchNorm(eps=1e-3))),
    Conv2D: (IMAGES, convolutions),
    Dense: (ANY, lambda _: WIDTH.map(lambda n: Dense(None, n))),
    Dropout: (ANY, only(Dropout(0.3))),
    ELU: (ANY, lambda _: st.floats(0, 3).map(ELU)),
    Flatten: (ANY, only(Flatten())),
    GELU: (ANY, only(GELU(), GELU("tanh"))),
    GlobalAvgPool2D: (IMAGES, only(GlobalAvgPool2D())),
    # Of nearly equal numbers onnxruntime's loses digits that ours keeps, unless eps is above their variance.
    LayerNorm: (ANY, only(LayerNorm(eps=1e-2), LayerNorm(eps=0.1))),
    LeakyReLU: (ANY, lambda _: st.floats(0, 0.9).map(LeakyReLU)),
    MaxPool2D: (IMAGES, max_pools),
    MeanTokens: (TOKENS, only(MeanTokens())),
    Patches: (IMAGES, lambda shape: st.tuples(divisors(shape[1]), divisors(shape[2])).map(Patches)),
    PositionalEncoding: (TOKENS, only(PositionalEncoding(), PositionalEncoding(trainable=False))),
    ReLU: (ANY, only(ReLU())),
    Residual: (ANY, residuals),
    SELU: (ANY, lambda _: st.tuples(st.floats(0, 3), st.floats(0.1, 3)).map(lambda numbers: SELU(*numbers))),
    SelfAttention: (TOKENS, attentions),
    Sigmoid: (ANY, only(Sigmoid())),
    Softmax: (ANY, only(Softmax())),
    Standardize: (ANY, only(Standardize())),
    Tanh: (ANY, only(Tanh())),
}
"""How each layer is drawn, and for rows of how many axes it is."""

SHAPES: list[st.SearchStrategy[Shape]] = [
    st.tuples(WIDTH),
    st.tuples(st.integers(1, 5), st.integers(1, 8)),
    st.tuples(st.integers(1, 4), st.integers(2, 9), st.integers(2, 9)),
]


def choices(shape: Shape) -> list[st.SearchStrategy[Propagate]]:
    """Give what may follow rows of this shape."""
    return [make(shape) for axes, make in DRAWN.values() if len(shape) in axes]


Parts = tuple[list[Propagate], Shape, Loss, dict[str, Any]]


@st.composite
def networks(draw: st.DrawFn, kind: type) -> Parts:
    """Draw layers, one of this kind among them, the input's shape, a loss, and the task."""
    axes, make = DRAWN[kind]
    shape = start = draw(SHAPES[draw(st.sampled_from(axes)) - 1])
    layers: list[Propagate] = []
    for _ in range(draw(st.integers(0, 3))):
        layer = draw(draw(st.sampled_from(choices(shape))))
        if fits(layer, shape) == shape:
            layers.append(layer)
    layer = draw(make(shape))
    for _ in range(draw(st.integers(1, 4))):
        made = fits(layer, shape)
        if made is not None:
            layers.append(layer)
            shape = made
        layer = draw(draw(st.sampled_from(choices(shape))))
    assume(kind in map(type, layers))
    head, loss, options = draw(heads(shape))
    return [*layers, *head], start, loss, options


@st.composite
def heads(draw: st.DrawFn, shape: Shape) -> tuple[list[Propagate], Loss, dict[str, Any]]:
    """Draw the end of a network: what it is for, and a last layer that the loss contains or not."""
    outputs, stated = draw(st.integers(2, 5)), draw(st.booleans())
    if len(shape) == 2 and draw(st.booleans()):  # a class for every token
        return [Dense(None, outputs), *[Softmax()] * stated], CrossEntropy(), {}
    flat: list[Propagate] = [Flatten()] if len(shape) > 1 else []
    ends: list[tuple[list[Propagate], Loss, dict[str, Any]]] = [
        ([Dense(None, outputs), *[Softmax()] * stated], CrossEntropy(), {"classes": [f"{i}°" for i in range(outputs)]}),
        ([Dense(None, 1), *[Sigmoid()] * stated], BinaryCrossEntropy(), {}),
        ([Dense(None, outputs)], BinaryCrossEntropy(), {}),
        ([Dense(None, outputs)], MSE(), {}),
        ([Dense(None, 1 if stated else outputs), Sigmoid()], MSE(), {"task": "classification"}),
        ([Dense(None, outputs), Dropout(0.2)], MSE(), {"task": "classification"}),
        ([ReLU()], MSE(), {}),
    ]
    head, loss, options = draw(st.sampled_from(ends))
    return [*flat, *head], loss, options


def test_every_layer_can_be_drawn() -> None:
    assert set(DRAWN) == set(TABLE)


@pytest.mark.parametrize("kind", DRAWN)  # 24 of them: more than two hundred networks
@settings(max_examples=9, deadline=None)
@given(data=st.data(), seed=st.integers(0, 10**6), opset=st.integers(13, 26))
def test_random_networks_under_onnxruntime(
    kind: type,
    data: st.DataObject,
    seed: int,
    opset: int,
    network: Callable[..., NN],
    compare: Callable[..., Any],
    rounding: Callable[[NN], float],
) -> None:
    layers, shape, loss, options = data.draw(networks(kind))
    nn = network(layers, shape, loss, seed, **options)
    # Differences of nearly equal numbers lose digits in any program: there what float32 costs us is allowed, too.
    compare(nn, opset, rounding=rounding(nn))
    compare(nn, probabilities=False, rounding=rounding(nn))


@pytest.mark.parametrize("kind", DRAWN)
@settings(max_examples=4, deadline=None)
@given(data=st.data(), seed=st.integers(0, 10**6), opset=st.integers(14, 26))  # onnx's evaluator trains at 13
def test_random_networks_in_float64_agree_to_eleven_digits(
    kind: type, data: st.DataObject, seed: int, opset: int, network: Callable[..., NN], exact: Callable[..., Any]
) -> None:
    layers, shape, loss, options = data.draw(networks(kind))
    exact(network(layers, shape, loss, seed, dtype="float64", **options), opset)
