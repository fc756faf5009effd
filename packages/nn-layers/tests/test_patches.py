"""Cutting images into patches: where every pixel goes, and the way back."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from nn_layers import Dense, ShapeError, Stack
from nn_layers.kernels import patches
from nn_layers.layers.patches import Patches
from nn_layers.layers.sliding import pair
from nn_layers.protocol import Array

CASES: list[tuple[Patches, tuple[int, int, int]]] = [
    (Patches(4), (1, 28, 28)),
    (Patches(2), (3, 4, 6)),
    (Patches((2, 3)), (2, 4, 9)),
    (Patches((5, 1)), (2, 5, 3)),
    (Patches(1), (3, 2, 2)),
    (Patches(6), (1, 6, 6)),
]
every_case = pytest.mark.parametrize(("layer", "shape"), CASES, ids=[repr(layer) for layer, _ in CASES])


def images(shape: tuple[int, ...], dtype: Any = "float64", rows: int = 3) -> Array:
    return np.random.default_rng(0).standard_normal((rows, *shape)).astype(dtype)


@every_case
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_pixel_is_where_the_formula_says(layer: Patches, shape: tuple[int, int, int], dtype: Any) -> None:
    x = images(shape, dtype)
    y = Stack([layer], shape, rows=3, dtype=dtype).forward(x)
    channels, height, width = shape
    p, q = pair(layer.size)
    assert y.shape == (3, height * width // (p * q), channels * p * q)
    for n, c, i, j in product(range(3), range(channels), range(height), range(width)):
        token = (i // p) * (width // q) + j // q
        assert y[n, token, (c * p + i % p) * q + j % q] == x[n, c, i, j]


@every_case
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_backward_puts_the_image_together_again(layer: Patches, shape: tuple[int, int, int], dtype: Any) -> None:
    stack = Stack([layer], shape, rows=4, dtype=dtype, input_grad=True)
    x = images(shape, dtype)
    dx = stack.backward(stack.forward(x, training=True).copy())
    assert dx is not None
    assert dx.tobytes() == x.tobytes()


def test_patches_of_the_whole_image_are_the_flattened_image() -> None:
    x = images((2, 3, 5))
    assert np.array_equal(Stack([Patches((3, 5))], (2, 3, 5), dtype="float64").forward(x), x.reshape(3, 1, 30))


def test_kernels_read_read_only_images_and_allocate_no_copy_of_them() -> None:
    x, y = images((1, 4, 4), "float32"), np.empty((3, 4, 4), "float32")
    x.setflags(write=False)
    patches.forward(x, (2, 2), y)
    assert y[0, 1].tolist() == [x[0, 0, 0, 2], x[0, 0, 0, 3], x[0, 0, 1, 2], x[0, 0, 1, 3]]


BAD: list[tuple[Patches, tuple[int, ...], str]] = [
    (
        Patches(5),
        (1, 28, 28),
        "got images of 28 x 28 pixels from input_shape; take a size that divides both: 1, 2, 4, 7,",
    ),
    (Patches(3), (1, 28, 20), "take a size that divides both: 1, 2 or 4$"),
    (Patches(29), (1, 28, 28), "take a size that divides both: 1, 2, 4, 7, 14 or 28$"),
    (Patches((2, 3)), (1, 4, 4), "take a height that divides 4: 1, 2 or 4; and a width that divides 4: 1, 2 or 4$"),
    (Patches((3, 2)), (1, 4, 7), "take a height that divides 4: 1, 2 or 4; and a width that divides 7: 1 or 7$"),
    (Patches(4), (28, 28), r"got rows of shape \(28, 28\) .* give input_shape=\(1, 28, 28\)$"),
    (Patches(4), (784,), "got rows of 784 numbers from input_shape; rows must be images"),
]


@pytest.mark.parametrize(("layer", "shape", "message"), BAD)
def test_images_that_do_not_fit_are_refused_with_sizes_that_do(
    layer: Patches, shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ShapeError, match=message) as caught:
        Stack([layer, Dense(None, 2)], shape)
    assert str(caught.value).startswith(f"layers[0]: {layer!r} got ")


@pytest.mark.parametrize("size", [0, -4, 4.0, True, "4", None, (4,), (4, 4, 4), (4, 0), (4.0, 4)])
def test_a_size_that_is_none_is_refused(size: Any) -> None:
    with pytest.raises(ValidationError, match="size"):
        Patches(size)


@pytest.mark.parametrize("layer", [layer for layer, _ in CASES], ids=repr)
def test_repr_and_json_give_the_same_layer_back(layer: Patches) -> None:
    adapter = TypeAdapter(Patches)
    assert adapter.validate_json(adapter.dump_json(layer)) == layer
    assert eval(repr(layer), {"Patches": Patches}) == layer  # noqa: S307  # our own repr
