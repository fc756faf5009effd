"""The contract: one row a layer, and the checks that every row inherits."""

import sys
import tracemalloc
import types
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from pydantic import TypeAdapter

import nn_layers
from nn_layers import (
    ELU,
    GELU,
    L1,
    L2,
    SELU,
    AlphaDropout,
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    ElasticNet,
    Flatten,
    Frame,
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
    Sigmoid,
    Softmax,
    Stack,
    Standardize,
    Tanh,
)
from nn_layers.binding import Arena, Binder
from nn_layers.calls import BUFFER
from nn_layers.layout import Layout, make_layout
from nn_layers.passes import backward_calls, forward_calls
from nn_layers.protocol import Array, Shape
from nn_layers.vectors import generator, make_vectors

DType = Literal["float32", "float64"]
DTYPES: tuple[DType, ...] = ("float32", "float64")
ROUNDING = {"float32": 1e-5, "float64": 1e-13}
"""Relative: how far a sum may move when BLAS adds it up in another order."""


@dataclass(frozen=True)
class Row:
    """A layer and the shapes of one row; `wide` is a larger row that the same layer takes, if not 512 numbers."""

    layer: Any
    in_shape: Shape
    out_shape: Shape
    wide: Shape | None = None


TABLE = [
    Row(Dense(7, 5), (7,), (5,)),
    Row(Dense(None, 5), (3, 7), (3, 5)),
    Row(Dense(7, 5, regularization=L1(0.03)), (7,), (5,)),
    Row(Dense(7, 5, regularization=L2(0.03)), (3, 7), (3, 5)),
    Row(Dense(7, 5, regularization=ElasticNet(0.02, 0.03)), (7,), (5,)),
    Row(Flatten(), (2, 3, 4), (24,)),
    Row(Dropout(0.4), (7,), (7,)),
    Row(Dropout(0.0), (3, 7), (3, 7)),
    Row(Standardize(), (7,), (7,)),
    Row(Standardize(), (3, 7), (3, 7)),
    Row(ReLU(), (7,), (7,)),
    Row(LeakyReLU(0.1), (3, 7), (3, 7)),
    Row(ELU(), (7,), (7,)),
    Row(ELU(0.5), (7,), (7,)),
    Row(ELU(2.0), (3, 7), (3, 7)),
    Row(SELU(), (7,), (7,)),
    Row(GELU(), (3, 7), (3, 7)),
    Row(GELU("tanh"), (7,), (7,)),
    Row(Sigmoid(), (7,), (7,)),
    Row(Tanh(), (3, 7), (3, 7)),
    Row(Softmax(), (7,), (7,)),
    Row(Softmax(), (3, 7), (3, 7)),
    Row(AlphaDropout(0.4), (7,), (7,)),
    Row(AlphaDropout(0.0), (3, 7), (3, 7)),
    Row(Conv2D(2, 3, 3), (2, 5, 6), (3, 3, 4), (2, 28, 28)),
    Row(Conv2D(None, 3, 3, 2, "same", regularization=L2(0.03)), (2, 5, 6), (3, 3, 3), (2, 28, 28)),
    Row(Conv2D(2, 4, (2, 3), padding=1, dilation=2, groups=2, bias=False), (2, 5, 6), (4, 5, 4), (2, 28, 28)),
    Row(MaxPool2D(2), (2, 5, 6), (2, 2, 3), (4, 28, 28)),
    Row(MaxPool2D(3, 2, "same"), (2, 5, 6), (2, 3, 3), (4, 28, 28)),
    Row(AvgPool2D(2), (2, 5, 6), (2, 2, 3), (4, 28, 28)),
    Row(AvgPool2D(3, 2, 1, count_include_pad=False), (2, 5, 6), (2, 3, 3), (4, 28, 28)),
    Row(GlobalAvgPool2D(), (2, 5, 6), (2,), (8, 28, 28)),
    Row(BatchNorm(), (7,), (7,)),
    Row(BatchNorm(), (3, 7), (3, 7)),
    Row(BatchNorm(2), (2, 5, 6), (2, 5, 6), (2, 28, 28)),
    Row(LayerNorm(), (7,), (7,)),
    Row(LayerNorm(), (3, 7), (3, 7)),
    Row(Patches(2), (2, 4, 6), (6, 8), (2, 28, 28)),
    Row(PositionalEncoding(), (3, 7), (3, 7)),
    Row(PositionalEncoding(trainable=False), (3, 8), (3, 8)),
    Row(SelfAttention(), (3, 7), (3, 7), (16, 64)),
    Row(SelfAttention(8, 2, projection=True, regularization=L2(0.03)), (3, 8), (3, 8), (16, 8)),
    Row(MeanTokens(), (3, 7), (7,)),
    Row(Residual([Dense(None, 7), Tanh()]), (3, 7), (3, 7), (3, 7)),
    Row(Residual([LayerNorm(), Dropout(0.4), Residual([Dense(7, 7)])]), (7,), (7,), (7,)),
]
TRAINED = [row for row in TABLE if any(node.params for node in make_layout([row.layer], row.in_shape).walk())]


def title(row: Row) -> str:
    return f"{row.layer!r} on {row.in_shape}"


PLAIN = {np.ndarray, int, float, tuple, np.random.Generator}
"""What a kernel may be given: arrays and numbers that a compiler could read too."""

every_row = pytest.mark.parametrize("row", TABLE, ids=title)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def make(row: Row, *, rows: int = 8, dtype: DType = "float32", input_grad: bool = True) -> Stack:
    """Stack the layer alone, with parameters and state of no special value."""
    stack = Stack([row.layer], row.in_shape, rows=rows, seed=3, dtype=dtype, input_grad=input_grad)
    rng = np.random.default_rng(5)
    stack.theta = rng.standard_normal(stack.theta.size)
    stack.state[...] = rng.uniform(0.5, 1.5, stack.state.size)
    return stack


def numbers(shape: Shape, dtype: DType = "float32", seed: int = 1) -> Array:
    """Numbers that float16 holds, so that every conversion of them is exact."""
    return (2.0 * np.random.default_rng(seed).standard_normal(shape)).astype("float16").astype(dtype)


def both(stack: Stack, x: Array) -> tuple[Array, Array, Array]:
    """Run a training pass; give copies of the scores, the gradient by theta and the gradient by `x`."""
    scores = stack.forward(x, training=True).copy()
    dx = stack.backward(numbers(scores.shape, seed=2))
    assert dx is not None
    return scores, stack.grad.copy(), dx.copy()


def test_the_table_has_every_public_layer() -> None:
    public = [getattr(nn_layers, name) for name in nn_layers.__all__]
    layers = {c for c in public if isinstance(c, type) and issubclass(c, Propagate) and c is not Propagate}
    assert {type(row.layer) for row in TABLE} == layers


@every_row
def test_json_gives_the_same_layer_back(row: Row) -> None:
    adapter = TypeAdapter[Any](type(row.layer))
    assert adapter.validate_json(adapter.dump_json(row.layer)) == row.layer


@every_row
def test_repr_is_the_call_that_makes_the_layer(row: Row) -> None:
    names = {name: getattr(nn_layers, name) for name in nn_layers.__all__}
    assert eval(repr(row.layer), names) == row.layer  # noqa: S307  # our own specs' repr


@every_row
@every_dtype
def test_plan_says_the_real_shapes_and_the_dtype_is_kept(row: Row, dtype: DType) -> None:
    stack = make(row, dtype=dtype)
    layout = make_layout([row.layer], row.in_shape)
    plan = layout.nodes[0].plan
    scores, _, dx = both(stack, numbers((8, *row.in_shape), dtype))
    assert plan.out_shape == row.out_shape
    assert scores.shape == (8, *row.out_shape)
    assert dx.shape == (8, *row.in_shape)
    shapes = {
        f"{node.name}.{name}": part.shape
        for node in layout.walk()
        for places in (node.plan.params, node.plan.state)
        for name, part in places.items()
    }
    assert {name: array.shape for name, array in stack.weights().items()} == shapes
    arrays = [scores, dx, stack.theta, stack.grad, stack.state, *stack.weights().values(), stack.forward(dx)]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}


def bound(row: Row, *, input_grad: bool) -> tuple[Layout, tuple[Frame, ...]]:
    """Bind a training frame of the layer alone."""
    layout = make_layout([row.layer], row.in_shape)
    vectors = make_vectors(layout, 0, "float32")
    binder = Binder(layout, vectors, Arena(4), True, lambda path: generator(0, "layer", path), input_grad)
    return layout, binder.frames(np.zeros((4, *row.in_shape), "float32"))


@every_row
def test_calls_are_module_level_kernels_over_plain_arguments(row: Row) -> None:
    layout, frames = bound(row, input_grad=True)
    calls = [*forward_calls(layout, frames), *backward_calls(layout, frames, input_grad=True)]
    assert bool(calls) != layout.nodes[0].is_view(training=True)
    for kernel, *arguments in calls:
        assert isinstance(kernel, types.FunctionType)
        assert kernel is getattr(sys.modules[kernel.__module__], kernel.__name__)
        assert all(type(argument) in PLAIN for argument in arguments)


@every_row
def test_a_gradient_by_x_that_nobody_reads_is_not_computed(row: Row) -> None:
    layout, (frame,) = bound(row, input_grad=False)
    assert frame.dx is None
    kernels = [call[0] for call in layout.layers[0].backward(frame)]
    _, (whole,) = bound(row, input_grad=True)
    assert bool(kernels) == (row in TRAINED)
    assert layout.nodes[0].is_view(True) or kernels != [call[0] for call in layout.layers[0].backward(whole)]


@every_row
@every_dtype
def test_a_batch_equals_its_rows_one_by_one(row: Row, dtype: DType) -> None:
    stack = make(row, dtype=dtype)
    x = numbers((8, *row.in_shape), dtype)
    single = np.concatenate([stack.forward(x[i : i + 1]).copy() for i in range(len(x))])
    np.testing.assert_allclose(stack.forward(x), single, rtol=ROUNDING[dtype], atol=ROUNDING[dtype])


@every_row
def test_inference_is_deterministic_whatever_the_capacity_and_between_training_passes(row: Row) -> None:
    stack = make(row)
    x = numbers((8, *row.in_shape))
    first, state = stack.forward(x).copy(), stack.state.copy()
    both(stack, numbers(x.shape, seed=9))
    stack.state[...] = state  # of running statistics, which a training pass moves
    assert stack.forward(x).tobytes() == first.tobytes()
    assert make(row, rows=100).forward(x).tobytes() == first.tobytes()


@every_row
def test_a_short_batch_equals_a_full_one(row: Row) -> None:
    large, small = make(row, rows=8), make(row, rows=3)
    x = numbers((3, *row.in_shape))
    large.forward(numbers((8, *row.in_shape), seed=4))  # what stands in the memory beyond must not matter
    for got, expected in zip(both(large, x), both(small, x), strict=True):
        assert got.tobytes() == expected.tobytes()
    assert large.forward(x).tobytes() == small.forward(x).tobytes()


def read_only(x: Array, _: Path) -> Array:
    out = x.copy()
    out.flags.writeable = False
    return out


def memmap(x: Array, folder: Path) -> Array:
    (folder / "x").write_bytes(x.tobytes())
    return np.memmap(folder / "x", x.dtype, "r", shape=x.shape)


FORMS: dict[str, Callable[[Array, Path], Array]] = {
    "read-only": read_only,
    "strided": lambda x, _: np.repeat(x, 2, axis=-1)[..., ::2],
    "reversed": lambda x, _: x[::-1].copy()[::-1],
    "Fortran order": lambda x, _: np.asfortranarray(x),
    "big-endian": lambda x, _: x.astype(">f4"),
    "float16": lambda x, _: x.astype("float16"),
    "float64": lambda x, _: x.astype("float64"),
    "unaligned": lambda x, _: np.frombuffer(b"-" + x.tobytes(), x.dtype, offset=1).reshape(x.shape),
    "memmap": memmap,
}


@every_row
@pytest.mark.parametrize("form", FORMS)
def test_x_of_any_form_gives_the_same_numbers_and_is_not_written(row: Row, form: str, tmp_path: Path) -> None:
    plain = numbers((8, *row.in_shape))
    x = FORMS[form](plain, tmp_path)
    expected = (*both(make(row), plain), make(row).forward(plain))
    got = (*both(make(row), x), make(row).forward(x))
    assert [array.tobytes() for array in got] == [array.tobytes() for array in expected]
    assert np.array_equal(x, numbers((8, *row.in_shape)))


def objective(row: Row, x: Array, theta: Array, direction: Array) -> float:
    """Make a number of all scores; a fresh stack of the same seed draws the same dropout mask."""
    stack = make(row, dtype="float64")
    stack.theta = theta
    return float(np.sum(direction * stack.forward(x, training=True))) + stack.penalty()


@every_row
def test_gradient_by_x(row: Row, assert_gradient: Callable[..., None]) -> None:
    stack = make(row, dtype="float64")
    x, direction = numbers((8, *row.in_shape), "float64"), numbers((8, *row.out_shape), "float64", 2)
    _, _, dx = both(stack, x)
    assert_gradient(lambda: objective(row, x, stack.theta, direction), x, dx)


@pytest.mark.parametrize("row", TRAINED, ids=title)
def test_gradient_by_theta(row: Row, assert_gradient: Callable[..., None]) -> None:
    stack = make(row, dtype="float64")
    x, direction = numbers((8, *row.in_shape), "float64"), numbers((8, *row.out_shape), "float64", 2)
    _, grad, _ = both(stack, x)
    assert_gradient(lambda: objective(row, x, stack.theta, direction), stack.theta, grad)


@every_row
def test_backward_twice_gives_the_same_gradient(row: Row) -> None:
    stack = make(row)
    scores, grad, dx = both(stack, numbers((8, *row.in_shape)))
    again = stack.backward(numbers(scores.shape, seed=2))
    assert again is not None
    assert again.tobytes() == dx.tobytes()
    assert stack.grad.tobytes() == grad.tobytes()


@every_row
def test_without_input_grad_the_gradient_by_theta_is_the_same(row: Row) -> None:
    x = numbers((8, *row.in_shape))
    with_dx, without = make(row), make(row, input_grad=False)
    scores, grad, _ = both(with_dx, x)
    assert without.forward(x, training=True).tobytes() == scores.tobytes()
    assert without.backward(numbers(scores.shape, seed=2)) is None
    assert without.grad.tobytes() == grad.tobytes()


@every_row
@every_dtype
def test_a_step_allocates_nothing_after_the_first(row: Row, dtype: DType) -> None:
    layer = replace(row.layer, in_features=512, out_features=512) if isinstance(row.layer, Dense) else row.layer
    wide = Row(layer, row.wide or (*row.in_shape[:-1], 512), ())
    stack = make(wide, rows=64, dtype=dtype)
    x = numbers((64, *wide.in_shape), dtype)
    dscores = np.ones_like(stack.forward(x, training=True))
    stack.backward(dscores)
    tracemalloc.start()
    stack.forward(x, training=True)
    stack.backward(dscores)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * BUFFER * stack.theta.itemsize + 8192  # a buffer of NumPy for each operand of a call, and views


@every_row
@pytest.mark.parametrize("value", [1e4, -1e4, 1e30, -1e30, 1e-30, -1e-30, 0.0, "all of them"])
def test_scores_and_slopes_are_finite_at_extreme_inputs(row: Row, value: float | str) -> None:
    values = [1e4, -1e4, 1e30, -1e30, 1e-30, -1e-30, 0.0] if isinstance(value, str) else value
    x = np.resize(np.asarray(values, "float32"), (8, *row.in_shape))
    if isinstance(row.layer, SelfAttention):
        x = np.clip(x, -1e10, 1e10)  # scores are products of two tokens, which must be numbers themselves
    for array in both(make(row), x):
        assert np.isfinite(array).all()
    assert np.isfinite(make(row).forward(x)).all()
