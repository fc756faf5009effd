"""Positions: the table's formula, trained and fixed."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from nn_layers import Dense, Propagate, ReLU, ShapeError, Stack
from nn_layers.layers.positional_encoding import PositionalEncoding
from nn_layers.protocol import Array

SHAPES = [(49, 64), (7, 5), (1, 4), (3, 1), (1, 1)]
PRECISION = {"float32": 6e-8, "float64": 1e-14}


def formula(tokens: int, features: int) -> list[list[float]]:
    """Compute the table of Vaswani et al. number by number."""

    def entry(t: int, d: int) -> float:
        angle = t / math.pow(10000.0, 2 * (d // 2) / features)
        return math.cos(angle) if d % 2 else math.sin(angle)

    return [[entry(t, d) for d in range(features)] for t in range(tokens)]


def numbers(shape: tuple[int, ...], seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("trainable", [True, False])
def test_the_table_is_the_papers(shape: tuple[int, int], dtype: Any, trainable: bool) -> None:
    stack = Stack([PositionalEncoding(trainable)], shape, rows=2, dtype=dtype)
    y = stack.forward(np.zeros((2, *shape)))
    assert y.dtype == dtype
    np.testing.assert_allclose(y, [formula(*shape)] * 2, rtol=0, atol=PRECISION[dtype])


@pytest.mark.parametrize("trainable", [True, False])
def test_the_table_is_added_to_every_row(trainable: bool) -> None:
    x = numbers((3, 4, 6))
    y = Stack([PositionalEncoding(trainable)], (4, 6), dtype="float64").forward(x)
    np.testing.assert_allclose(y, x + np.array(formula(4, 6)), rtol=1e-14, atol=1e-14)


def test_the_first_table_is_the_same_for_every_seed_and_for_the_fixed_one() -> None:
    tables = [Stack([PositionalEncoding()], (4, 6), seed=seed).theta for seed in (0, 1)]
    fixed = Stack([PositionalEncoding(False)], (4, 6)).forward(np.zeros((1, 4, 6)))
    assert tables[0].tobytes() == tables[1].tobytes() == fixed.tobytes()


def test_a_trained_table_is_a_parameter_that_is_neither_decayed_nor_regularised() -> None:
    plan = PositionalEncoding().plan((4, 6))
    assert {name: (p.shape, p.decay, p.regularization) for name, p in plan.params.items()} == {
        "w": ((4, 6), False, None)
    }
    assert Stack([PositionalEncoding()], (4, 6)).weights()["layers.0.w"].shape == (4, 6)


def test_a_fixed_table_is_no_array_of_the_network() -> None:
    stack = Stack([PositionalEncoding(False), Dense(6, 2)], (4, 6))
    assert list(stack.weights()) == ["layers.1.w", "layers.1.b"]
    assert stack.state.size == 0


def test_the_tables_gradient_is_the_sum_over_rows_and_that_of_x_goes_through() -> None:
    stack = Stack([PositionalEncoding()], (4, 6), rows=5, dtype="float64", input_grad=True)
    dy = numbers((5, 4, 6), 1)
    stack.forward(numbers((5, 4, 6)), training=True)
    dx = stack.backward(dy)
    np.testing.assert_allclose(
        stack.grad, [math.fsum(column) for column in dy.reshape(5, -1).T], rtol=1e-13, atol=1e-14
    )
    assert dx is not None
    assert np.array_equal(dx, dy)


@pytest.mark.parametrize("trainable", [True, False])
def test_gradients_inside_a_network(trainable: bool, assert_gradient: Callable[..., None]) -> None:
    layers: list[Propagate] = [Dense(3, 5), PositionalEncoding(trainable), ReLU(), Dense(5, 2)]
    stack = Stack(layers, (4, 3), rows=6, dtype="float64", input_grad=True)
    x, direction = numbers((6, 4, 3)), numbers((6, 4, 2), 1)
    stack.forward(x, training=True)
    dx = stack.backward(direction)

    def value() -> float:
        return float(np.sum(direction * stack.forward(x)))

    assert dx is not None
    grad, dx = stack.grad.copy(), dx.copy()
    assert_gradient(value, stack.theta, grad)
    assert_gradient(value, x, dx)


def test_without_parameters_before_it_only_its_own_gradient_is_computed() -> None:
    stack = Stack([PositionalEncoding()], (4, 6), rows=2, dtype="float64")
    stack.forward(numbers((2, 4, 6)), training=True)
    assert stack.backward(np.ones((2, 4, 6))) is None
    assert stack.grad.tolist() == [2.0] * 24


@pytest.mark.parametrize(
    ("shape", "got"), [((16,), "rows of 16 numbers"), ((1, 4, 4), r"rows of shape \(1, 4, 4\)"), ((), "single numbers")]
)
def test_rows_that_are_no_tokens_are_refused(shape: tuple[int, ...], got: str) -> None:
    remedy = r"rows must be tokens: put Patches before it, or give input_shape=\(tokens, features\)$"
    with pytest.raises(
        ShapeError, match=rf"^layers\[0\]: PositionalEncoding\(\) got .*{got} from input_shape; {remedy}"
    ):
        Stack([PositionalEncoding()], shape)


@pytest.mark.parametrize("trainable", [1, 0, "yes", None])
def test_trainable_is_a_bool(trainable: Any) -> None:
    with pytest.raises(ValidationError, match="trainable"):
        PositionalEncoding(trainable)


@pytest.mark.parametrize("layer", [PositionalEncoding(), PositionalEncoding(False)], ids=repr)
def test_repr_and_json_give_the_same_layer_back(layer: PositionalEncoding) -> None:
    adapter = TypeAdapter(PositionalEncoding)
    assert adapter.validate_json(adapter.dump_json(layer)) == layer
    assert eval(repr(layer), {"PositionalEncoding": PositionalEncoding}) == layer  # noqa: S307  # our own repr
