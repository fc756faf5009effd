"""Layers that a user writes: trained arrays, a kernel that reads a part of `x`, and layers inside a layer."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from nn_layers import (
    L2,
    Dense,
    Dropout,
    Flatten,
    Frame,
    LayerError,
    Normal,
    Param,
    Plan,
    Propagate,
    ReLU,
    Scratch,
    ShapeError,
    Stack,
    Standardize,
    Tanh,
)
from nn_layers.layout import make_layout
from nn_layers.protocol import Array, Calls, Shape


def prelu(x: Array, a: Array, s: Array, y: Array) -> None:
    np.minimum(x, 0.0, out=s)
    np.multiply(s, a, out=s)
    np.maximum(x, 0.0, out=y)
    np.add(y, s, out=y)


def prelu_a(x: Array, dy: Array, s: Array, da: Array) -> None:
    np.minimum(x, 0.0, out=s)
    np.multiply(s, dy, out=s)
    np.add.reduce(s, axis=0, out=da)


def prelu_x(x: Array, dy: Array, a: Array, s: Array, dx: Array) -> None:
    np.less_equal(x, 0.0, out=s)
    np.multiply(s, a - 1.0, out=s)
    np.add(s, 1.0, out=s)
    np.multiply(dy, s, out=dx)


@dataclass(frozen=True)
class PReLU:
    """A ReLU whose left slope is trained, one a feature."""

    start: float = 0.25

    def plan(self, in_shape: Shape) -> Plan:
        a = Param(in_shape, Normal(0.0, mean=self.start), regularization=L2(0.01))
        return Plan(in_shape, params={"a": a}, scratch={"s": Scratch(in_shape)})

    def forward(self, f: Frame) -> Calls:
        yield prelu, f.x, f.p["a"], f.s["s"], f.y

    def backward(self, f: Frame) -> Calls:
        yield prelu_a, f.x, f.dy, f.s["s"], f.g["a"]
        if f.dx is not None:
            yield prelu_x, f.x, f.dy, f.p["a"], f.s["s"], f.dx


def spread(dy: Array, dx: Array) -> None:
    dx[:, 1:] = dy
    np.sum(dy, axis=1, out=dx[:, 0])
    np.negative(dx[:, 0], out=dx[:, 0])


@dataclass(frozen=True)
class Relative:
    """Every feature less the first one: its calls hold parts of `x`."""

    def plan(self, in_shape: Shape) -> Plan:
        if in_shape[-1] < 2:
            raise ShapeError("Relative needs two features")
        return Plan((in_shape[-1] - 1,))

    def forward(self, f: Frame) -> Calls:
        yield np.subtract, f.x[:, 1:], f.x[:, :1], f.y

    def backward(self, f: Frame) -> Calls:
        if f.dx is not None:
            yield spread, f.dy, f.dx


def symmetric(w: Array, s: Array) -> None:
    np.add(w, w.T, out=s)


def symmetric_w(x: Array, dy: Array, t: Array, dw: Array) -> None:
    np.matmul(x.T, dy, out=t)
    np.add(t, t.T, out=dw)


@dataclass(frozen=True)
class Symmetric:
    """y = x (w + w'): its scratch has no rows, and one of it is kept for backward."""

    def plan(self, in_shape: Shape) -> Plan:
        (n,) = in_shape
        square = Scratch((n, n), per_row=False)
        kept = Scratch((n, n), per_row=False, kept=True)
        return Plan((n,), params={"w": Param((n, n), Normal(0.1))}, scratch={"s": kept, "t": square})

    def forward(self, f: Frame) -> Calls:
        yield symmetric, f.p["w"], f.s["s"]
        yield np.matmul, f.x, f.s["s"], f.y

    def backward(self, f: Frame) -> Calls:
        yield symmetric_w, f.x, f.dy, f.s["t"], f.g["w"]
        if f.dx is not None:
            yield np.matmul, f.dy, f.s["s"], f.dx


@dataclass(frozen=True)
class Residual:
    """y = x + the layers inside, of x."""

    layers: tuple[Propagate, ...]

    def plan(self, in_shape: Shape) -> Plan:
        return Plan(in_shape, inner=self.layers)

    def forward(self, f: Frame) -> Calls:
        for layer, inside in zip(self.layers, f.inner, strict=True):
            yield from layer.forward(inside)
        yield np.add, f.x, f.inner[-1].y, f.y

    def backward(self, f: Frame) -> Calls:
        for layer, inside in list(zip(self.layers, f.inner, strict=True))[::-1]:
            yield from layer.backward(inside)
        if f.dx is not None:
            yield np.add, f.dy, f.inner[0].dx, f.dx


BLOCK = Residual((Dense(4, 6, regularization=L2(0.02)), Tanh(), Dense(None, 4)))
WIDE = Residual((Dense(9, 30), PReLU(), Residual((Tanh(), Dense(30, 30), Tanh())), Dense(30, 9)))

# Layers and input shape; each network has parameters inside its own layers.
NETWORKS: dict[str, tuple[list[Any], Shape]] = {
    "PReLU alone": ([PReLU()], (4,)),
    "PReLU on tokens, in the middle": ([Dense(4, 5), PReLU(), Dense(5, 2)], (3, 4)),
    "parts of x, first": ([Relative(), Dense(3, 2)], (4,)),
    "parts of x, after a view": ([Flatten(), Relative(), PReLU()], (2, 2)),
    "parts of a hidden layer": ([Dense(4, 6), Relative(), Dense(5, 2)], (4,)),
    "scratch without rows": ([Symmetric(), Tanh(), Symmetric(), Dense(4, 7), Symmetric()], (4,)),
    "residual alone": ([BLOCK], (4,)),
    "residual first": ([BLOCK, ReLU(), Dense(4, 2)], (4,)),
    "residual after a layer without parameters": ([Tanh(), Residual((Tanh(), Dense(4, 4)))], (4,)),
    "residual in the middle": ([Dense(3, 4), BLOCK, Dense(4, 2)], (3,)),
    "two residuals of other widths": ([BLOCK, Dense(4, 9), WIDE, Tanh()], (4,)),
    "residual without parameters": ([Dense(4, 4), Residual((Tanh(), Flatten())), Dense(4, 2)], (4,)),
    "residual with dropout": ([Dense(4, 4), Residual((Dense(4, 4), Dropout(0.3)))], (4,)),
    "residual that ends with its first parameters": ([Residual((Tanh(), Flatten(), PReLU()))], (4,)),
}


def make(name: str, *, input_grad: bool = False, rows: int = 5) -> Stack:
    """Stack the network; the same seed gives the same dropout mask."""
    layers, shape = NETWORKS[name]
    stack = Stack(layers, shape, rows=rows, seed=2, dtype="float64", input_grad=input_grad)
    stack.theta = 0.4 * np.random.default_rng(1).standard_normal(stack.theta.size)
    return stack


def data(name: str) -> Array:
    return np.random.default_rng(0).standard_normal((5, *NETWORKS[name][1]))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("input_grad", [False, True])
def test_gradients(name: str, input_grad: bool, assert_gradient: Callable[..., None]) -> None:
    stack, x = make(name, input_grad=input_grad), data(name)

    def value() -> float:
        fresh = make(name)
        fresh.theta = stack.theta
        return float(np.sum(fresh.forward(x, training=True) ** 2)) + fresh.penalty()

    dx = stack.backward(2.0 * stack.forward(x, training=True))
    assert_gradient(value, stack.theta, stack.grad)
    assert (dx is not None) == input_grad
    if dx is not None:
        assert_gradient(value, x, dx)


@pytest.mark.parametrize("name", [name for name in NETWORKS if "dropout" not in name])
def test_inference_equals_the_training_pass_and_short_batches_full_ones(name: str) -> None:
    stack, x = make(name), data(name)
    expected = stack.forward(x, training=True).copy()
    np.testing.assert_allclose(stack.forward(x), expected, rtol=1e-13)
    np.testing.assert_allclose(stack.forward(x[:2]), expected[:2], rtol=1e-13)
    np.testing.assert_allclose(make(name, rows=2).forward(x[:2]), expected[:2], rtol=1e-13)


def test_parts_of_x_are_read_from_every_batch_and_x_is_not_written() -> None:
    stack = Stack([Relative()], (3,), rows=2)
    for factor in (1.0, 2.0):
        x = factor * np.array([[1.0, 2.0, 4.0], [3.0, 3.0, 0.0]], dtype="float32")
        x.flags.writeable = False
        assert stack.forward(x).tolist() == [[factor, 3.0 * factor], [0.0, -3.0 * factor]]


def test_dropout_inside_is_off_at_inference() -> None:
    stack = Stack([Residual((Dropout(0.5),))], (3,), rows=2)
    assert stack.forward(np.ones((2, 3))).tolist() == [[2.0] * 3] * 2
    assert set(stack.forward(np.ones((2, 3)), training=True).ravel().tolist()) <= {1.0, 3.0}


def test_arrays_inside_have_names_starts_and_a_place_in_the_summary() -> None:
    stack = Stack([Dense(3, 4), BLOCK, PReLU(0.1)])
    names = ["layers.0.w", "layers.0.b", "layers.1.0.w", "layers.1.0.b", "layers.1.2.w", "layers.1.2.b", "layers.2.a"]
    assert list(stack.weights()) == names
    assert stack.weights()["layers.1.2.w"].shape == (6, 4)
    assert stack.weights()["layers.2.a"].tolist() == pytest.approx([0.1] * 4)
    inside = 4 * 6 + 6 + 6 * 4 + 4
    assert stack.summary().splitlines()[3].split()[-3:] == [str(inside), "80", "B"]
    assert stack.theta.size == 3 * 4 + 4 + inside + 4


def test_a_shape_error_inside_says_where() -> None:
    expected = r"^layers\[1\]\[2\]: Dense\(5, 4\) got rows of 6 numbers from Tanh; write Dense\(6, 4\)$"
    with pytest.raises(ShapeError, match=expected):
        Stack([ReLU(), Residual((Dense(4, 6), Tanh(), Dense(5, 4)))], (4,))
    expected = r"^layers\[0\]\[0\]: Dense\(5, 4\) got rows of 4 numbers from the enclosing layer; write Dense\(4, 4\)$"
    with pytest.raises(ShapeError, match=expected):
        Stack([Residual((Dense(5, 4),))], (4,))


def test_a_layers_own_message_comes_through() -> None:
    with pytest.raises(ShapeError, match="Relative needs two features"):
        Stack([Dense(4, 1), Relative()])


def test_layers_inside_are_walked_with_the_shape_of_their_rows() -> None:
    nodes = make_layout([Flatten(), Residual((Standardize(), Dense(6, 5), Residual((Standardize(),))))], (2, 3)).walk()
    found = [(node.path, node.in_shape) for node in nodes]
    assert found == [((0,), (2, 3)), ((1,), (6,)), ((1, 0), (6,)), ((1, 1), (6,)), ((1, 2), (5,)), ((1, 2, 0), (5,))]


@dataclass(frozen=True)
class Faulty:
    """A layer that plans and yields what it is told to."""

    planned: Any = None
    forward_: Any = ()
    backward_: Any = ()

    def plan(self, in_shape: Shape) -> Plan:
        return Plan(in_shape) if self.planned is None else self.planned()

    def forward(self, f: Frame) -> Calls:
        del f
        return self.forward_  # type: ignore[no-any-return]  # that is the point

    def backward(self, f: Frame) -> Calls:
        del f
        return self.backward_  # type: ignore[no-any-return]  # that is the point

    def __repr__(self) -> str:
        return "Faulty()"


OUT = "out_shape of its Plan must be a tuple of whole numbers of at least 1"
PLANS: list[tuple[Any, str]] = [
    (None, "plan must return a Plan; got None"),
    ((3,), "plan must return a Plan; got (3,)"),
    (Plan, "plan must return a Plan; got <class 'nn_layers.protocol.Plan'>"),
    (Plan((-3,)), f"{OUT}; got (-3,)"),
    (Plan((0,)), f"{OUT}; got (0,)"),
    (Plan((3.0,)), f"{OUT}; got (3.0,)"),  # type: ignore[arg-type]  # that is the point
    (Plan((True,)), f"{OUT}; got (True,)"),
    (Plan([3]), f"{OUT}; got [3]"),  # type: ignore[arg-type]  # that is the point
    (Plan(3), f"{OUT}; got 3"),  # type: ignore[arg-type]  # that is the point
    (Plan((3,), params={"w": (3, 3)}), "params of its Plan must be Param values by name; got {'w': (3, 3)}"),  # type: ignore[dict-item]  # that is the point
    (Plan((3,), state=[1]), "state of its Plan must be State values by name; got [1]"),  # type: ignore[arg-type]  # that is the point
    (Plan((3,), scratch={"s": 3}), "scratch of its Plan must be Scratch values by name; got {'s': 3}"),  # type: ignore[dict-item]  # that is the point
    (Plan((3,), inner=Tanh()), "inner of its Plan must be a tuple of layers; got Tanh()"),  # type: ignore[arg-type]  # that is the point
]


@pytest.mark.parametrize(("plan", "message"), PLANS, ids=[repr(message) for _, message in PLANS])
def test_a_plan_that_is_none_is_refused_with_the_layers_title(plan: Any, message: str) -> None:
    with pytest.raises(LayerError, match=f"^{re.escape(f'layers[1]: Faulty(): {message}')}$"):
        Stack([Tanh(), Faulty(lambda: plan)], (3,))
    with pytest.raises(LayerError, match=f"^{re.escape(f'layers[0][1]: Faulty(): {message}')}$"):
        Stack([Residual((Tanh(), Faulty(lambda: plan)))], (3,))


def test_numpys_whole_numbers_are_sizes_of_a_plan() -> None:
    assert make_layout([Faulty(lambda: Plan((np.array([4]).max(),))), Dense(None, 2)], (3,)).layers[1] == Dense(4, 2)


@pytest.mark.parametrize("inner", [Tanh, 5])
def test_what_is_no_layer_inside_a_layer_is_named(inner: Any) -> None:
    with pytest.raises(
        LayerError, match=r"^layers\[1\]\[0\] (is the class Tanh, not a layer|must be a layer, .* got 5)"
    ):
        Stack([Tanh(), Residual((inner,))], (3,))


RETURNED = "forward and backward must yield calls; one of them returned"
YIELDED = "must yield calls, tuples of a function and its arguments; got"


@pytest.mark.parametrize(
    ("calls", "message"),
    [
        (None, f": {RETURNED} None"),
        (5, f": {RETURNED} 5"),
        ([5], f" {YIELDED} 5"),
        ([(5, "x")], f" {YIELDED} (5, 'x')"),
        ([[np.copyto]], f" {YIELDED} [<function copyto at"),
    ],
)
def test_what_is_no_call_is_refused_with_the_layers_title(calls: Any, message: str) -> None:
    layers: list[tuple[Faulty, bool]] = [(Faulty(None, calls), False), (Faulty(None, (), calls), True)]
    for layer, training in layers:
        stack = Stack([Dense(3, 3), layer])
        with pytest.raises(LayerError, match=f"^{re.escape(f'layers[1]: Faulty(){message}')}"):
            stack.forward(np.ones((2, 3)), training)


@pytest.mark.parametrize("training", [False, True])
def test_a_layer_that_writes_to_x_does_not_spoil_the_callers_data(training: bool) -> None:
    class Spoils(Faulty):
        """Negates x in place."""

        def forward(self, f: Frame) -> Calls:
            yield np.negative, f.x, f.x
            yield np.copyto, f.y, f.x

    x = np.ones((2, 3), "float32")
    for _ in range(2):
        with pytest.raises(LayerError, match=r"^negative writes to an array that it may only read, as x is"):
            Stack([Spoils()], (3,)).forward(x, training)
    assert x.tolist() == [[1.0] * 3] * 2
    assert x.flags.writeable
