"""The residual block: y = x + f(x), with everything that its layers may need."""

import re
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from nn_layers import (
    ELU,
    L2,
    AlphaDropout,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Frame,
    LayerError,
    Plan,
    Propagate,
    ReLU,
    Residual,
    ShapeError,
    Stack,
    State,
    Tanh,
)
from nn_layers.binding import Arena, Binder
from nn_layers.calls import BUFFER
from nn_layers.layout import make_layout
from nn_layers.passes import backward_calls
from nn_layers.protocol import Array, Calls, Shape
from nn_layers.vectors import generator, make_vectors

BLOCK = Residual([Dense(4, 6, regularization=L2(0.02)), Tanh(), Dense(None, 4)])
NESTED = Residual([Dense(4, 5), Residual([Tanh(), Residual([Dense(5, 5)]), ELU()]), Dense(5, 4)])

# Layers and the shape of a row.
NETWORKS: dict[str, tuple[list[Propagate], Shape]] = {
    "alone": ([BLOCK], (4,)),
    "first": ([BLOCK, ReLU(), Dense(4, 2)], (4,)),
    "last": ([Dense(3, 4), Tanh(), BLOCK], (3,)),
    "two in a row, of other widths": ([BLOCK, Dense(4, 9), Residual([Dense(9, 20), ELU(), Dense(20, 9)])], (4,)),
    "nested": ([Dense(3, 4), NESTED, Dense(4, 2)], (3,)),
    "nested, first": ([NESTED], (4,)),
    "nested, a block before the first parameters": ([Residual([Residual([Tanh()]), Dense(4, 4)])], (4,)),
    "of tokens": ([Dense(4, 5), Residual([Dense(5, 7), ELU(), Dense(7, 5)]), Dense(5, 2)], (3, 4)),
    "of dropout before its first parameters": ([Residual([Dropout(0.5), Dense(4, 4)])], (4,)),
    "of dropout, last": ([Dense(4, 4), Residual([Dense(4, 4), Dropout(0.3)])], (4,)),
    "of dropout alone": ([Dense(4, 4), Residual([AlphaDropout(0.5)]), Dense(4, 2)], (4,)),
    "of no parameters": ([Dense(4, 4), Residual([Tanh(), Tanh()]), Dense(4, 2)], (4,)),
    "of no parameters, before the first": ([Residual([Tanh(), Tanh()]), Dense(4, 2)], (4,)),
    "of a view alone": ([Dense(4, 4), Residual([Flatten()]), Dense(4, 2)], (4,)),
    "of views around a layer": ([Dense(4, 4), Residual([Flatten(), Dense(4, 4), Dropout(0.0)]), Tanh()], (4,)),
}
every_network = pytest.mark.parametrize("name", NETWORKS)


def make(name: str, *, input_grad: bool = False, rows: int = 5) -> Stack:
    """Stack the network; the same seed draws the same masks."""
    layers, shape = NETWORKS[name]
    stack = Stack(layers, shape, rows=rows, seed=2, dtype="float64", input_grad=input_grad)
    stack.theta = 0.4 * np.random.default_rng(1).standard_normal(stack.theta.size)
    return stack


def data(name: str, rows: int = 5) -> Array:
    return np.random.default_rng(0).standard_normal((rows, *NETWORKS[name][1]))


@every_network
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


def by_hand(layers: Sequence[Propagate], x: Array, weights: dict[str, Array], prefix: str) -> Array:
    """Compute what the layers give, by the formulas."""
    for i, layer in enumerate(layers):
        if isinstance(layer, Residual):
            x = x + by_hand(layer.layers, x, weights, f"{prefix}.{i}")
        elif isinstance(layer, Dense):
            x = x @ weights[f"{prefix}.{i}.w"] + weights[f"{prefix}.{i}.b"]
        elif isinstance(layer, Tanh):
            x = np.tanh(x)
        elif isinstance(layer, ELU):
            x = np.where(x > 0, x, np.expm1(np.minimum(x, 0)))
        elif isinstance(layer, ReLU):
            x = np.maximum(x, 0)
    return x


@every_network
def test_inference_is_the_sum_of_x_and_the_layers_inside_whatever_the_rows(name: str) -> None:
    stack, x = make(name), data(name)
    expected = by_hand(stack.layers, x, stack.weights(), "layers")
    np.testing.assert_allclose(stack.forward(x), expected, rtol=1e-12, atol=1e-14)
    stack.backward(stack.forward(x, training=True).copy())
    np.testing.assert_allclose(stack.forward(x[:2]), expected[:2], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(make(name, rows=2).forward(x[:2]), expected[:2], rtol=1e-12, atol=1e-14)


@every_network
def test_a_short_batch_equals_a_full_one_and_input_grad_changes_no_other(name: str) -> None:
    large, small = make(name, input_grad=True, rows=9), make(name, rows=3)
    large.forward(data(name, 9))  # what stands in the memory beyond must not matter
    for _ in range(2):
        scores = [stack.forward(data(name, 3), training=True).copy() for stack in (large, small)]
        assert scores[0].tobytes() == scores[1].tobytes()
        assert small.backward(scores[1]) is None
        assert large.backward(scores[0]) is not None
        assert large.grad.tobytes() == small.grad.tobytes()


@pytest.mark.parametrize("training", [False, True])
def test_x_is_not_written(training: bool) -> None:
    for name in NETWORKS:
        stack, x = make(name, input_grad=True), data(name)
        x.flags.writeable = False
        scores = stack.forward(x, training)
        if training:
            stack.backward(scores.copy())
        assert np.array_equal(x, data(name))


def test_nothing_is_allocated_in_a_step_or_at_inference_after_the_first() -> None:
    inside: list[Propagate] = [Dense(512, 512), Tanh(), Residual([Dropout(0.1), Dense(512, 512)]), Flatten()]
    stack = Stack([Residual([Dropout(0.5), *inside]), Residual(inside)], rows=64, input_grad=True)
    x = np.ones((64, 512), "float32")
    dscores = np.ones_like(x)
    peaks = []
    for _ in range(2):
        tracemalloc.start()
        stack.forward(x)
        stack.forward(x, training=True)
        stack.backward(dscores)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < BUFFER * 4 + 4096 < peaks[0]


def test_where_nobody_reads_dx_the_layers_before_the_first_with_parameters_are_not_asked() -> None:
    @dataclass(frozen=True)
    class Asked:
        """A layer that must not be asked for its gradient."""

        def plan(self, in_shape: Shape) -> Plan:
            return Plan(in_shape)

        def forward(self, f: Frame) -> Calls:
            yield np.copyto, f.y, f.x

        def backward(self, f: Frame) -> Calls:
            raise AssertionError(f"asked for {f.dx}")

    layout = make_layout([Residual([Asked(), Asked(), Dense(4, 4), Tanh()])])
    vectors = make_vectors(layout, 0, "float32")
    binder = Binder(layout, vectors, Arena(2), True, lambda path: generator(0, "layer", path))
    calls = list(backward_calls(layout, binder.frames(np.zeros((2, 4), "float32"))))
    assert [call[0].__name__ for call in calls] == ["backward", "parameter_grads"]


def test_a_view_that_yields_calls_is_left_alone_as_in_a_stack() -> None:
    class Loud(Flatten):
        """A view whose calls would negate what they find."""

        def forward(self, f: Frame) -> Calls:
            yield np.negative, f.x, f.y

    assert Stack([Residual([Loud()])], (3,)).forward(np.ones((1, 3))).tolist() == [[2.0] * 3]


def test_dropout_inside_is_off_at_inference_and_drawn_in_training() -> None:
    stack = Stack([Residual([Dropout(0.5)])], (400,), rows=2)
    assert stack.forward(np.ones((2, 400))).tolist() == [[2.0] * 400] * 2
    first = stack.forward(np.ones((2, 400)), training=True).copy()
    assert set(first.ravel().tolist()) == {1.0, 3.0}
    assert not np.array_equal(stack.forward(np.ones((2, 400)), training=True), first)


def test_names_starts_and_penalties_of_arrays_inside() -> None:
    stack = Stack([Dense(3, 4), NESTED, BLOCK])
    names = ["0", "1.0", "1.1.1.0", "1.2", "2.0", "2.2"]
    assert list(stack.weights()) == [f"layers.{name}.{array}" for name in names for array in "wb"]
    assert stack.weights()["layers.1.1.1.0.w"].shape == (5, 5)
    w = stack.weights()["layers.2.0.w"]
    assert stack.penalty() == pytest.approx(0.02 * float(np.sum(w.astype("float64") ** 2)))


def test_state_and_min_rows_of_layers_inside_count() -> None:
    @dataclass(frozen=True)
    class Counts:
        """A layer with state that needs three rows."""

        def plan(self, in_shape: Shape) -> Plan:
            return Plan(in_shape, state={"seen": State((2,), 7.0)}, min_rows=3)

        def forward(self, f: Frame) -> Calls:
            yield np.multiply, f.x, f.state["seen"][0], f.y

        def backward(self, f: Frame) -> Calls:
            yield np.multiply, f.dy, f.state["seen"][0], f.dx

    stack = Stack([Residual([Tanh(), Residual([Counts()])])], (2,), rows=3)
    assert {name: array.tolist() for name, array in stack.weights().items()} == {"layers.0.1.0.seen": [7.0, 7.0]}
    assert stack.layout.nodes[0].plan.min_rows == 3
    assert BLOCK.plan((4,)).min_rows == 1


def test_open_sizes_are_filled_in() -> None:
    stack = Stack([Dense(3, 6), Residual([Dense(None, 8), Residual([Dense(None, 8)]), Dense(None, 6)])])
    assert stack.layers[1] == Residual([Dense(6, 8), Residual([Dense(8, 8)]), Dense(8, 6)])
    assert BLOCK.resolve((4,)).layers[2] == Dense(6, 4)


def test_the_first_size_inside_is_the_input_size() -> None:
    assert Stack([Residual([Tanh(), Residual([Dense(4, 4)])])]).layout.input_shape == (4,)
    assert Residual([Tanh()]).input_shape is None
    assert Residual([Dense(None, 4), Dense(4, 4)]).input_shape is None
    with pytest.raises(
        ShapeError, match=r"Residual\(\[Tanh\(\)\]\) does not say how large the input is; give input_shape="
    ):
        Stack([Residual([Tanh()])])


def unequal(title: str, before: str, after: str, remedy: str) -> str:
    return f"{title}: the layers inside turn {before} into {after}, and only equal shapes can be added; {remedy}"


MISFITS: list[tuple[list[Propagate], Shape, str]] = [
    (
        [Tanh(), Residual([Dense(4, 6)])],
        (4,),
        unequal(
            "layers[1]: Residual([Dense(4, 6)])",
            "rows of 4 numbers",
            "rows of 6 numbers",
            "end them with Dense(None, 4)",
        ),
    ),
    (
        [Residual([Tanh(), Residual([Dense(None, 1)])])],
        (3, 4),
        unequal(
            "layers[0][1]: Residual([Dense(4, 1)])",
            "rows of shape (3, 4)",
            "rows of shape (3, 1)",
            "end them with Dense(None, 4)",
        ),
    ),
    (
        [Residual([Dense(4, 6), Tanh()])],
        (4,),
        unequal(
            "layers[0]: Residual([Dense(4, 6), Tanh()])",
            "rows of 4 numbers",
            "rows of 6 numbers",
            "end them with Dense(None, 4)",
        ),
    ),
    (
        [Residual([Flatten()])],
        (2, 3, 4),
        unequal(
            "layers[0]: Residual([Flatten()])",
            "rows of shape (2, 3, 4)",
            "rows of 24 numbers",
            "let the last one give rows of shape (2, 3, 4)",
        ),
    ),
    (
        [Residual([Conv2D(2, 3, 3, padding=1)])],
        (2, 8, 8),
        unequal(
            "layers[0]: Residual([Conv2D(2, 3, 3, padding=1)])",
            "rows of shape (2, 8, 8)",
            "rows of shape (3, 8, 8)",
            "end them with Conv2D(None, 2, 1)",
        ),
    ),
    (
        [Residual([Conv2D(2, 2, 3)])],
        (2, 8, 8),
        unequal(
            "layers[0]: Residual([Conv2D(2, 2, 3)])",
            "rows of shape (2, 8, 8)",
            "rows of shape (2, 6, 6)",
            "a stride of 1 and padding='same' keep height and width",
        ),
    ),
    (
        [ReLU(), Residual([Dense(4, 6), Tanh(), Dense(5, 4)])],
        (4,),
        "layers[1][2]: Dense(5, 4) got rows of 6 numbers from Tanh; write Dense(6, 4)",
    ),
    (
        [Residual([Residual([Dense(5, 4), Dense(None, 4)])])],
        (4,),
        "layers[0][0][0]: Dense(5, 4) got rows of 4 numbers from the enclosing layer; write Dense(4, 4)",
    ),
]


@pytest.mark.parametrize(("layers", "in_shape", "message"), MISFITS, ids=[message for *_, message in MISFITS])
def test_layers_that_do_not_fit_are_named_by_their_path(layers: list[Propagate], in_shape: Shape, message: str) -> None:
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        Stack(layers, in_shape)


BAD: list[tuple[Any, str]] = [
    ([5], "layers[0] must be a layer, an object with plan, forward and backward; got 5"),
    ([Tanh(), Tanh], "layers[1] is the class Tanh, not a layer; write Tanh(...)"),
    (Tanh(), "layers must be a list of layers; write [Tanh()]"),
    ("Tanh", "layers must be a list of layers, as in [Dense(4, 3), ReLU()]; got 'Tanh'"),
    (None, "layers must be a list of layers, as in [Dense(4, 3), ReLU()]; got None"),
    ([], "give at least one layer"),
    ((), "give at least one layer"),
]


@pytest.mark.parametrize(("layers", "message"), BAD, ids=[message for _, message in BAD])
def test_what_is_no_list_of_layers_is_refused(layers: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Residual(layers)
    (error,) = caught.value.errors()
    assert (error["loc"], error["msg"]) == (("layers",), f"Value error, {message}")


@dataclass(frozen=True)
class Faulty:
    """An own layer that plans and yields what it is told to."""

    planned: bool = True
    yielded: Any = ()

    def plan(self, in_shape: Shape) -> Plan:
        return Plan(in_shape) if self.planned else None  # type: ignore[return-value]  # that is the point

    def forward(self, f: Frame) -> Calls:
        del f
        return self.yielded  # type: ignore[no-any-return]  # that is the point

    def backward(self, f: Frame) -> Calls:
        del f
        return self.yielded  # type: ignore[no-any-return]  # that is the point

    def __repr__(self) -> str:
        return "Faulty()"


def test_an_own_layer_inside_that_does_not_keep_to_the_protocol_is_named() -> None:
    with pytest.raises(LayerError, match=r"^layers\[0\]\[1\]: Faulty\(\): plan must return a Plan; got None$"):
        Stack([Residual([Tanh(), Faulty(planned=False)])], (3,))
    stack = Stack([Residual([Tanh(), Faulty(yielded=[5])])], (3,))
    for training in (False, True):
        with pytest.raises(LayerError, match=r"^layers\[1\] of a Residual: Faulty\(\) must yield calls"):
            stack.forward(np.ones((1, 3)), training)


ADAPTER = TypeAdapter(Residual)


@pytest.mark.parametrize("block", [BLOCK, NESTED, Residual([Dropout(0.25), Flatten()])], ids=repr)
def test_json_and_repr_give_the_same_block_back(block: Residual) -> None:
    text = ADAPTER.dump_json(block)
    assert ADAPTER.validate_json(text) == block
    assert ADAPTER.validate_json(ADAPTER.dump_json(block, indent=2)) == block
    assert eval(repr(block), {cls.__name__: cls for cls in (Dense, Dropout, ELU, Flatten, L2, Residual, Tanh)}) == block  # noqa: S307  # our own specs' repr


def test_a_list_and_a_tuple_make_the_same_block() -> None:
    assert Residual((Tanh(), Flatten())) == Residual([Tanh(), Flatten()]) == Residual(layers=[Tanh(), Flatten()])
    assert repr(Residual((Tanh(),))) == "Residual([Tanh()])"
    assert hash(Residual((Tanh(),))) == hash(Residual([Tanh()]))


BAD_JSON: list[tuple[str, tuple[Any, ...], str]] = [
    ('{"layers": [{"kind": "Dense", "in_features": 0, "out_features": 2}]}', ("layers", 0, "in_features"), "greater"),
    ('{"layers": [{"kind": "ReLU"}, {"kind": "Foo"}]}', ("layers", 1), "kind is one of AlphaDropout, "),
    ('{"layers": [{"kind": ["ReLU"]}]}', ("layers", 0), "kind is one of"),
    ('{"layers": [{}]}', ("layers", 0), "kind is one of"),
    ('{"layers": [5]}', ("layers", 0), "kind is one of"),
    ('{"layers": []}', ("layers",), "give at least one layer"),
    ('{"layers": 5}', ("layers",), "valid array"),
    (
        '{"layers": [{"kind": "Residual", "layers": [{"kind": "Dropout", "rate": 3.0}]}]}',
        ("layers", 0, "layers", 0, "rate"),
        "less than 1",
    ),
]


@pytest.mark.parametrize(("text", "place", "rule"), BAD_JSON)
def test_json_that_is_no_block_is_refused_with_the_place(text: str, place: tuple[Any, ...], rule: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ADAPTER.validate_json(text)
    (error,) = caught.value.errors()
    assert error["loc"] == place
    assert rule in error["msg"]


def test_an_own_layer_inside_is_not_written_to_json_that_could_not_be_read() -> None:
    with pytest.raises(ValueError, match="Faulty is no layer of nn_layers, and could not be read back"):
        ADAPTER.dump_json(Residual([Faulty()]))


def test_blocks_thirty_deep_are_planned_at_once() -> None:
    class Counted(Tanh):
        """A layer that counts how often it is planned."""

        planned = 0

        def plan(self, in_shape: Shape) -> Plan:
            Counted.planned += 1
            return super().plan(in_shape)

    block = Residual([Counted()])
    for _ in range(29):
        block = Residual([block])
    assert make_layout([block], (3,)).out_shape == (3,)
    assert Counted.planned < 5


def test_a_block_of_one_shape_is_planned_anew_for_another() -> None:
    block = Residual([Tanh()]).resolve((4,))
    assert block.plan((4,)).out_shape == (4,)
    assert block.plan((2, 4)).out_shape == (2, 4)
    assert block.resolve((4,)) is block
    assert block.resolve((2, 4)) == block


def test_the_summary_has_a_line_for_every_layer_inside() -> None:
    expected = """\
       layer          in  out  parameters  memory a row
-------------------------------------------------------
0      Dense(3, 4)     3    4          16          16 B
1      Residual        4    4          49         132 B
1.0      Dense(4, 5)   4    5          25          20 B
1.1      Residual      5    5           0          80 B
1.1.0      Tanh()      5    5           0          20 B
1.1.1      Dropout()   5    5           0          40 B
1.2      Dense(5, 4)   5    4          24          16 B
-------------------------------------------------------
65 parameters in 2 layers, 260 B as float32"""
    layers: list[Propagate] = [Dense(3, 4), Residual([Dense(4, 5), Residual([Tanh(), Dropout(0.5)]), Dense(5, 4)])]
    assert Stack(layers).summary() == expected
    assert Stack(layers).layout.nodes[1].title == "layers[1]: Residual"
