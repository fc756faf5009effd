"""Every layer on images and tokens, and every curve: passes by twins beside those by kernels."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("numba")

from nn_layers import (
    ELU,
    GELU,
    SELU,
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Flatten,
    GlobalAvgPool2D,
    LayerNorm,
    MaxPool2D,
    MeanTokens,
    Patches,
    PositionalEncoding,
    SelfAttention,
    Sigmoid,
    Softmax,
    Tanh,
)

Array = np.ndarray[Any, np.dtype[Any]]
DTYPES = ["float32", "float64"]


def numbers(shape: tuple[int, ...], dtype: str, seed: int, scale: float = 1.0) -> Array:
    """Draw numbers of a scale."""
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype(dtype)


CURVES = [ELU(), ELU(0.3), ELU(2.0), SELU(), GELU(), GELU("tanh"), Sigmoid(), Tanh(), Softmax()]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layer", CURVES, ids=repr)
@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_curves(agree: Callable[..., None], layer: Any, dtype: str, scale: float) -> None:
    agree([layer], numbers((7, 333), dtype, 0, scale))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layer", CURVES, ids=repr)
def test_curves_at_their_ends(agree: Callable[..., None], layer: Any, dtype: str) -> None:
    limits = np.finfo(dtype)
    ends = [
        0.0,
        -0.0,
        1e-30,
        -1e-30,
        89.0,
        -89.0,
        750.0,
        -750.0,
        1e19,
        -1e19,
        limits.max / 4,
        -limits.max / 4,
        1.0,
        -1.0,
    ]
    agree([layer], np.array([ends] * 5, dtype))


@pytest.mark.parametrize("layer", [*CURVES, LayerNorm(12), SelfAttention(12), BatchNorm()], ids=repr)
def test_a_nan_stays_one(by_twins: Callable[..., Any], layer: Any) -> None:
    x = numbers((3, 4, 12), "float32", 1)
    x[1, 2, 3] = np.nan
    assert np.isnan(by_twins([layer], x).y[1, 2, 3])


IMAGES = st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(5, 19), st.integers(5, 19))
"""Rows, channels, height, width."""


@settings(max_examples=60, deadline=None)  # the first one compiles
@given(
    shape=IMAGES,
    outputs=st.integers(1, 40),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.tuples(st.integers(1, 2), st.integers(1, 3)),
    padding=st.sampled_from([0, 1, (2, 0), "same"]),
    bias=st.booleans(),
    dtype=st.sampled_from(DTYPES),
)
def test_convolution(
    agree: Callable[..., None], shape: Any, outputs: int, kernel: Any, stride: Any, padding: Any, bias: bool, dtype: str
) -> None:
    agree([Conv2D(None, outputs, kernel, stride, padding, bias=bias)], numbers(shape, dtype, 0))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    ("channels", "layer"),
    [
        (32, Conv2D(32, 64, 3, padding=1)),
        (32, Conv2D(32, 35, 1)),
        (16, Conv2D(16, 72, 3, padding=2, dilation=2)),
        (32, Conv2D(32, 64, 3, groups=2)),
        (16, Conv2D(16, 33, 3, 2, "same")),
        (24, Conv2D(24, 48, (3, 1), (1, 2))),
        (6, Conv2D(6, 9, 14)),
        (6, Conv2D(6, 9, 14, groups=3)),
        (8, Conv2D(8, 8, 3, groups=8)),
    ],
    ids=str,
)
def test_convolution_by_every_way(
    agree: Callable[..., None], channels: int, layer: Conv2D, bias: bool, dtype: str
) -> None:
    agree([replace(layer, bias=bias)], numbers((5, channels, 14, 14), dtype, 2))


@settings(max_examples=60, deadline=None)  # the first one compiles
@given(
    shape=IMAGES,
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.one_of(st.none(), st.tuples(st.integers(1, 4), st.integers(1, 4))),
    padding=st.sampled_from([0, "same"]),
    make=st.sampled_from([MaxPool2D, AvgPool2D]),
    few=st.booleans(),
    dtype=st.sampled_from(DTYPES),
)
def test_pooling(
    agree: Callable[..., None], shape: Any, kernel: Any, stride: Any, padding: Any, make: Any, few: bool, dtype: str
) -> None:
    x = numbers(shape, dtype, 0)
    agree([make(kernel, stride, padding)], np.round(x) if few else x)  # few values: many ties


@pytest.mark.parametrize("dtype", DTYPES)
def test_ties_in_windows_that_touch(agree: Callable[..., None], dtype: str) -> None:
    agree([MaxPool2D(2)], np.round(numbers((3, 2, 18, 34), dtype, 9)))


def test_mean_without_the_border(agree: Callable[..., None]) -> None:
    agree([AvgPool2D(3, 2, 1, count_include_pad=False)], numbers((2, 3, 9, 8), "float32", 3))


@pytest.mark.parametrize("layer", [MaxPool2D(2), MaxPool2D(3, 1), MaxPool2D((1, 3), 2, "same")], ids=repr)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_largest_of_what_is_no_number(agree: Callable[..., None], layer: Any, value: float) -> None:
    x = numbers((2, 3, 8, 8), "float32", 4)
    x[0, 1, 2:4] = value
    x[1, 2, 5, 5] = value
    agree([layer], x)


NORMS = [((6, 5), LayerNorm(5)), ((40,), BatchNorm()), ((7, 12), BatchNorm()), ((3, 6, 5), BatchNorm())]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "layer"), NORMS, ids=str)
@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (1e-3, 1e4), (1e20, 0.0), (1e-20, 0.0)])
def test_norms(
    agree: Callable[..., None], shape: tuple[int, ...], layer: Any, scale: float, shift: float, dtype: str
) -> None:
    x = numbers((9, *shape), dtype, 5, scale) + np.dtype(dtype).type(shift)
    theta = np.random.default_rng(6).uniform(0.5, 2.0, 2 * shape[0 if len(shape) == 3 else -1])
    loose = None if shift == 0.0 else 1e-4 if dtype == "float32" else 1e-9  # digits that such a mean takes away
    agree([layer], x, theta=theta, tolerance=loose)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("shape", [(3, 5, 8), (4, 49, 64), (70, 33, 4)])
def test_attention(agree: Callable[..., None], shape: tuple[int, ...], heads: int, dtype: str) -> None:
    agree([SelfAttention(shape[2], heads, projection=True)], numbers(shape, dtype, 7))


TOKENS = [
    ((6, 8, 3), [PositionalEncoding()]),
    ((6, 8, 3), [PositionalEncoding(trainable=True)]),
    ((5, 9, 20), [MeanTokens()]),
    ((2, 6, 8), [GlobalAvgPool2D()]),
    ((2, 6, 8), [Patches(2)]),
    ((3, 6, 8), [Patches((3, 4)), Flatten()]),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "layers"), TOKENS, ids=str)
def test_tokens(agree: Callable[..., None], shape: tuple[int, ...], layers: list[Any], dtype: str) -> None:
    agree(layers, numbers((6, *shape) if len(shape) == 3 and shape[0] < 4 else shape, dtype, 8))


def test_every_kernel_has_its_twin(twins: dict[Any, Any]) -> None:
    for home in sorted({kernel.__module__ for kernel in twins}):
        module = import_module(home)
        kernels = {
            f
            for name, f in vars(module).items()
            if inspect.isfunction(f)
            and f.__module__ == home
            and f.__annotations__.get("return") is None
            and "return" in f.__annotations__
            and not name.startswith("_")
        }
        assert kernels <= set(twins), home
        for kernel in kernels:
            assert list(inspect.signature(twins[kernel].py_func).parameters) == list(
                inspect.signature(kernel).parameters
            )
