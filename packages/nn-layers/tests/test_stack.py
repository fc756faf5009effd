"""A stack of layers used by hand."""

import copy
import gc
import pickle
import re
import threading
import tracemalloc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nn_layers import (
    ELU,
    GELU,
    SELU,
    Dense,
    Dropout,
    ElasticNet,
    Flatten,
    Frame,
    Plan,
    ReLU,
    ShapeError,
    Sigmoid,
    Softmax,
    Stack,
    Standardize,
    Tanh,
)
from nn_layers.protocol import Array, Calls
from nn_layers.stack import SIZES


def small(*, rows: int = 8, seed: int = 0) -> Stack:
    return Stack([Dense(3, 5), Tanh(), Dense(5, 2)], rows=rows, seed=seed)


def numbers(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def test_parameters_lie_one_after_the_other_in_flat_vectors() -> None:
    stack = Stack([Standardize(), Dense(3, 5), Tanh(), Dense(5, 2)], rows=4)
    assert stack.theta.shape == stack.grad.shape == (3 * 5 + 5 + 5 * 2 + 2,)
    assert stack.state.tolist() == [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    parts = [stack.weights()[f"layers.{name}"] for name in ("1.w", "1.b", "3.w", "3.b")]
    assert np.array_equal(np.concatenate([part.ravel() for part in parts]), stack.theta)


def test_theta_can_be_set_and_changed_in_place() -> None:
    stack, x = small(), numbers(4, 3)
    theta = stack.theta
    stack.theta = np.arange(theta.size)
    assert stack.theta is theta
    assert theta.tolist() == list(range(theta.size))
    stack.theta -= 1.0
    assert stack.theta is theta
    assert theta[0] == -1.0
    stack.theta = np.zeros(theta.size)
    assert not stack.forward(x).any()


def test_open_input_sizes_are_filled_in() -> None:
    stack = Stack([Flatten(), Dense(None, 4), ReLU(), Dense(None, 2)], input_shape=(2, 3))
    assert stack.layers == (Flatten(), Dense(6, 4), ReLU(), Dense(4, 2))
    assert stack.forward(np.zeros((1, 2, 3))).shape == (1, 2)


def test_fewer_rows_use_the_same_memory_and_more_are_refused() -> None:
    stack = small(rows=8)
    for training in (False, True):
        full, part = stack.forward(numbers(8, 3), training), stack.forward(numbers(3, 3), training)
        assert full.ctypes.data == part.ctypes.data
        assert part.shape == (3, 2)
    with pytest.raises(ShapeError, match=r"^x has 9 rows, the stack holds 8; make it with rows=9$"):
        stack.forward(numbers(9, 3))


def test_numpy_integers_are_capacities_too() -> None:
    assert Stack([Dense(3, 2)], rows=int(np.int64(4))).forward(numbers(4, 3)).shape == (4, 2)


@pytest.mark.parametrize("rows", [0, -1, 2.0, 1.5, float("nan"), True, "8", None])
def test_a_capacity_that_is_no_positive_whole_number_is_refused(rows: int) -> None:
    with pytest.raises(ShapeError, match=re.escape(f"rows must be a whole number of at least 1; got {rows!r}")):
        Stack([Dense(3, 2)], rows=rows)


@pytest.mark.parametrize("dtype", ["float16", "int32", "f4", None])
def test_another_dtype_is_refused(dtype: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f'dtype must be "float32" or "float64"; got {dtype!r}')):
        Stack([Dense(3, 2)], dtype=dtype)  # type: ignore[arg-type]  # that is the point


def test_backward_wants_a_training_pass_before_it() -> None:
    stack = small()
    with pytest.raises(RuntimeError, match=r"call forward\(x, training=True\) first"):
        stack.backward(numbers(4, 2))
    stack.forward(numbers(4, 3), training=True)
    stack.forward(numbers(4, 3))
    with pytest.raises(RuntimeError, match=r"call forward\(x, training=True\) first"):
        stack.backward(numbers(4, 2))


@pytest.mark.parametrize("shape", [(4,), (2,), (4, 1), (1, 2), (5, 2), (4, 2, 1)])
def test_a_gradient_of_another_shape_than_the_scores_is_refused(shape: tuple[int, ...]) -> None:
    stack = small()
    stack.forward(numbers(4, 3), training=True)
    expected = f"dscores must have the scores' shape (4, 2); got {shape}"
    with pytest.raises(ShapeError, match=re.escape(expected)):
        stack.backward(np.zeros(shape))


def test_the_gradient_by_x_is_given_where_it_is_asked_for() -> None:
    assert small().forward(numbers(4, 3), training=True).shape == (4, 2)
    stack = Stack([Flatten(), Dense(6, 2)], (2, 3), rows=4, dtype="float64", input_grad=True)
    stack.forward(numbers(4, 2, 3), training=True)
    dx = stack.backward(np.ones((4, 2)))
    assert dx is not None
    expected = np.broadcast_to(stack.weights()["layers.1.w"].sum(axis=1).reshape(2, 3), (4, 2, 3))
    np.testing.assert_allclose(dx, expected)


def test_layers_before_the_first_parameters_are_not_asked_for_a_gradient() -> None:
    stack = Stack([Standardize(), Tanh(), Dense(3, 2)], (3,), rows=4)
    x = numbers(4, 3)
    stack.forward(x, training=True)
    assert stack.backward(np.ones((4, 2))) is None
    np.testing.assert_allclose(stack.weights()["layers.2.w"].shape, (3, 2))
    np.testing.assert_allclose(stack.grad[:6].reshape(3, 2)[:, 0], np.tanh(x).sum(axis=0), rtol=1e-5)


def test_a_stack_without_parameters_has_empty_vectors() -> None:
    stack = Stack([Tanh(), Softmax()], (3,), rows=4)
    stack.forward(numbers(4, 3), training=True)
    assert stack.backward(numbers(4, 3)) is None
    assert stack.theta.size == stack.grad.size == stack.penalty() == 0


@pytest.mark.parametrize("training", [False, True])
def test_a_stack_of_views_gives_the_numbers_of_every_x(training: bool) -> None:
    stack = Stack([Dropout(0.0), Flatten()], (2, 3), rows=4, input_grad=True)
    for seed in range(3):
        x = numbers(4, 2, 3, seed=seed)
        scores = stack.forward(x, training)
        assert np.array_equal(scores, x.reshape(4, 6))
        scores[...] = 0.0
        assert np.array_equal(x, numbers(4, 2, 3, seed=seed))
    if training:
        dx = stack.backward(np.arange(24.0).reshape(4, 6))
        assert dx is not None
        assert dx.ravel().tolist() == list(range(24))


@pytest.mark.parametrize("training", [False, True])
def test_scores_can_be_fed_back_in(training: bool) -> None:
    stack = Stack([ELU()], (3,), rows=4)
    x = numbers(4, 3)
    expected = x.astype("float64")
    scores = x
    for _ in range(3):
        scores = stack.forward(scores, training)
        expected = np.where(expected > 0, expected, np.expm1(expected))
        np.testing.assert_allclose(scores, expected, rtol=1e-5)


def test_the_gradient_by_x_can_be_fed_back_in() -> None:
    x = numbers(4, 3)
    again, fresh = (Stack([Dense(3, 3), Tanh(), Dense(3, 3)], rows=4, input_grad=True) for _ in range(2))
    again.forward(x, training=True)
    dx = again.backward(x)
    assert dx is not None
    copy = dx.copy()
    for stack, given in ((again, dx), (fresh, copy)):
        stack.forward(given, training=True)
        stack.backward(x)
    assert np.array_equal(again.grad, fresh.grad)


def test_dropout_draws_anew_in_training_and_from_the_seed() -> None:
    def passes(seed: int) -> list[bytes]:
        stack = Stack([Dropout(0.5), Flatten()], (40,), rows=4, seed=seed)
        return [stack.forward(np.ones((4, 40)), training=True).tobytes() for _ in range(3)]

    assert len(set(passes(0))) == 3
    assert passes(0) == passes(0)
    assert passes(0) != passes(1)


def test_dropout_goes_on_drawing_when_the_number_of_rows_changes() -> None:
    stack = Stack([Dropout(0.5)], (40,), rows=4)
    masks = [stack.forward(np.ones((rows, 40)), training=True)[:2].tobytes() for rows in (4, 3, 2, 4)]
    assert len(set(masks)) == 4


def test_two_dropouts_draw_different_masks() -> None:
    stack = Stack([Dropout(0.5), Dropout(0.5)], (1000,), rows=1, seed=0)
    kept = float(np.mean(stack.forward(np.ones((1, 1000)), training=True) > 0))
    assert 0.2 < kept < 0.3


def test_gradient_of_a_whole_network(assert_gradient: Callable[..., None]) -> None:
    stack = Stack(
        [
            Standardize(),
            Dense(4, 9, regularization=ElasticNet(0.01, 0.02)),
            GELU(),
            Dense(9, 7),
            SELU(),
            Dense(7, 8),
            ELU(0.5),
            Flatten(),
            Dense(None, 6),
            Softmax(),
            Dense(6, 2),
            Sigmoid(),
        ],
        input_shape=(3, 4),
        rows=5,
        dtype="float64",
        input_grad=True,
    )
    x, target = np.random.default_rng(1).standard_normal((5, 3, 4)), np.random.default_rng(2).standard_normal((5, 2))

    def value() -> float:
        return float(np.sum((stack.forward(x, training=True) - target) ** 2)) + stack.penalty()

    dx = stack.backward(2.0 * (stack.forward(x, training=True) - target))
    assert dx is not None
    grad, dx = stack.grad.copy(), dx.copy()
    assert_gradient(value, stack.theta, grad)
    assert_gradient(value, x, dx)


def train(stack: Stack, steps: int) -> bytes:
    x = numbers(8, 3)
    for _ in range(steps):
        stack.backward(stack.forward(x, training=True) - 1.0)
        stack.theta -= 0.01 * stack.grad
    return stack.theta.tobytes()


def test_two_stacks_in_two_threads_do_not_disturb_each_other() -> None:
    expected = [train(small(seed=seed), 300) for seed in (0, 1)]
    found: dict[int, bytes] = {}
    start = threading.Barrier(2)

    def work(seed: int) -> None:
        stack = small(seed=seed)
        start.wait()
        found[seed] = train(stack, 300)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[0], found[1]] == expected


@pytest.mark.parametrize("training", [False, True])
def test_numbers_of_rows_cost_no_memory_of_their_own(training: bool) -> None:
    stack = Stack([Dense(2000, 4), Tanh(), Dense(4, 2)], rows=64)
    stack.forward(numbers(64, 2000), training)
    tracemalloc.start()
    for rows in range(1, 64):
        stack.forward(np.ones((rows, 2000), "float32"), training)
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    one = 63 * 2000 * 4  # in training the last x is kept for backward
    assert kept < (one if training else 0) + 200_000


def test_the_sizes_used_least_recently_are_bound_anew() -> None:
    stack, x = small(rows=40), numbers(40, 3)
    expected = [stack.forward(x[:rows]).copy() for rows in range(1, 41)]
    assert [rows for rows, _ in stack._bound] == list(range(40 - SIZES + 1, 41))
    stack.forward(x[:30])
    stack.forward(x[:1])
    stack.forward(x[:2], training=True)
    assert list(stack._bound)[-3:] == [(30, False), (1, False), (2, True)]
    assert len(stack._bound) == SIZES
    for rows in range(1, 41):
        assert np.array_equal(stack.forward(x[:rows]), expected[rows - 1])


def test_no_x_is_held_but_that_of_the_last_training_pass() -> None:
    stack = small(rows=8)

    def held(rows: int, training: bool) -> Callable[[], object]:
        x = numbers(rows, 3)
        stack.forward(x, training)
        return weakref.ref(x)

    assert held(8, False)() is None
    first = held(8, True)
    second = held(4, True)
    assert first() is None
    assert second() is not None
    stack.backward(np.ones((4, 2)))
    third = held(8, False)
    assert second() is None
    assert third() is None


def test_a_pass_that_failed_holds_no_x() -> None:
    def fail(_: Array) -> None:
        raise ArithmeticError("stop")

    class Fails(Flatten):
        def plan(self, in_shape: tuple[int, ...]) -> Plan:
            return Plan(in_shape)

        def forward(self, f: Frame) -> Calls:
            yield fail, f.x

    stack, x = Stack([Fails()], (3,)), numbers(4, 3)
    with pytest.raises(ArithmeticError, match="stop"):
        stack.forward(x)
    reference = weakref.ref(x)
    del x
    gc.collect()  # the error's traceback
    assert reference() is None


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps], ids=["copy", "deepcopy", "pickle"])
def test_a_stack_is_neither_copied_nor_pickled(copied: Callable[[Stack], Any]) -> None:
    with pytest.raises(RuntimeError, match=r"^a stack cannot be copied .* second Stack .* set_weights\(stack.weights"):
        copied(small())
