"""Arrays of a stack by name: views to read and write, and setting several at once."""

from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, ShapeError, Stack, Standardize, Tanh

NAMES = ["layers.0.mean", "layers.0.scale", "layers.1.w", "layers.1.b", "layers.3.w", "layers.3.b"]


@pytest.fixture
def stack() -> Stack:
    return Stack([Standardize(), Dense(3, 5), Tanh(), Dense(5, 2)], rows=4)


def test_names_and_shapes(stack: Stack) -> None:
    assert sorted(stack.weights()) == sorted(NAMES)
    assert [stack.weights()[name].shape for name in NAMES] == [(3,), (3,), (3, 5), (5,), (5, 2), (2,)]


def test_views_write_through(stack: Stack) -> None:
    x = np.ones((4, 3), "float32")
    stack.forward(x)
    for name in NAMES[2:]:
        stack.weights()[name][...] = 2.0
    assert stack.theta.tolist() == [2.0] * stack.theta.size
    assert stack.forward(x)[0, 0] == pytest.approx(5 * 2.0 * np.tanh(8.0) + 2.0)
    stack.weights()["layers.0.mean"][...] = 1.0
    assert stack.forward(x)[0, 0] == pytest.approx(5 * 2.0 * np.tanh(2.0) + 2.0)


def test_named_arrays_are_set_and_the_others_stay(stack: Stack) -> None:
    before = {name: array.copy() for name, array in stack.weights().items()}
    stack.set_weights({"layers.1.w": np.arange(15).reshape(3, 5), "layers.0.scale": [1.0, 2.0, 3.0]})
    after = stack.weights()
    assert after["layers.1.w"].tolist() == np.arange(15.0).reshape(3, 5).tolist()
    assert after["layers.0.scale"].tolist() == [1.0, 2.0, 3.0]
    for name in set(NAMES) - {"layers.1.w", "layers.0.scale"}:
        assert np.array_equal(after[name], before[name])


def test_weights_go_from_one_stack_to_another(stack: Stack) -> None:
    other = Stack(stack.layers, rows=4, seed=9, dtype="float64", input_shape=(3,))
    other.set_weights(stack.weights())
    x = np.random.default_rng(0).standard_normal((4, 3))
    np.testing.assert_allclose(other.forward(x), stack.forward(x), rtol=1e-5)


def test_a_stacks_own_arrays_may_be_given_crosswise() -> None:
    stack = Stack([Dense(2, 2), Dense(2, 2)])
    first, second = (stack.weights()[f"layers.{i}.w"].copy() for i in (0, 1))
    stack.set_weights({"layers.0.w": stack.weights()["layers.1.w"].T, "layers.1.w": stack.weights()["layers.0.w"]})
    assert np.array_equal(stack.weights()["layers.0.w"], second.T)
    assert np.array_equal(stack.weights()["layers.1.w"], first)


BAD: list[tuple[str, Any, type[Exception], str]] = [
    ("layers.9.w", np.zeros((3, 5)), ValueError, r"no array is called 'layers.9.w'; the network has .*layers\.1\.w"),
    ("w", np.zeros((3, 5)), ValueError, "no array is called 'w'"),
    ("layers.1.b", np.zeros(4), ShapeError, r"^layers\.1\.b must have the shape \(5,\); got \(4,\)$"),
    ("layers.1.b", 1.0, ShapeError, r"^layers\.1\.b must have the shape \(5,\); got \(\)$"),
    ("layers.3.w", np.zeros((2, 5)), ShapeError, r"must have the shape \(5, 2\); got \(2, 5\)$"),
    ("layers.1.b", [0, 0, np.nan, 0, 0], ValueError, r"^layers\.1\.b holds NaN or infinite numbers"),
    ("layers.1.b", [0, 0, -np.inf, 0, 0], ValueError, "NaN or infinite"),
    ("layers.1.b", [0, 0, 1e300, 0, 0], ValueError, "NaN or infinite"),  # too large for float32
    ("layers.1.b", list("abcde"), ValueError, r"^layers\.1\.b must hold real numbers; got dtype <U1$"),
    ("layers.1.b", [1j] * 5, ValueError, "real numbers; got dtype complex128"),
    ("layers.1.b", [True] * 5, ValueError, "real numbers; got dtype bool"),
    ("layers.1.b", [None] * 5, ValueError, "real numbers; got dtype object"),
    ("layers.0.scale", np.full(3, np.nan), ValueError, "NaN or infinite"),
]


@pytest.mark.parametrize(("name", "value", "error", "message"), BAD)
def test_a_bad_array_is_refused_and_nothing_is_set(
    stack: Stack, name: str, value: Any, error: type[Exception], message: str
) -> None:
    theta, state = stack.theta.tobytes(), stack.state.tobytes()
    with pytest.raises(error, match=message):
        stack.set_weights({"layers.1.w": np.ones((3, 5)), name: value, "layers.3.b": np.ones(2)})
    assert stack.theta.tobytes() == theta
    assert stack.state.tobytes() == state
