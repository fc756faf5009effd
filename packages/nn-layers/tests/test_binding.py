"""Which memory the frames of a stack get."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from math import prod

import numpy as np
import pytest

from nn_layers import ELU, SELU, Conv2D, Dense, Dropout, Flatten, Frame, Plan, ReLU, Scratch, Standardize, Tanh
from nn_layers.binding import Arena, Binder
from nn_layers.layout import make_layout
from nn_layers.protocol import Array, Calls, Shape
from nn_layers.vectors import generator, make_vectors

LAYERS = [Standardize(), Flatten(), Dense(6, 5), ReLU(), Dropout(0.5), Dense(5, 9), SELU(), Dense(9, 2), ELU(0.5)]


def make(*, training: bool, input_grad: bool = False) -> Binder:
    layout = make_layout(LAYERS, (2, 3))
    vectors = make_vectors(layout, 0, "float32")
    return Binder(layout, vectors, Arena(8), training, lambda path: generator(0, "layer", path), input_grad)


def frames(*, training: bool, rows: int = 8, input_grad: bool = False) -> tuple[Frame, ...]:
    return make(training=training, input_grad=input_grad).frames(np.zeros((rows, 2, 3), "float32"))


def taken(binder: Binder) -> int:
    return sum(buffer.nbytes for buffer in binder.arena.buffers.values())


def addresses(arrays: list[Array]) -> list[int]:
    return [array.ctypes.data for array in arrays]


@pytest.mark.parametrize("training", [False, True])
def test_a_layer_reads_what_the_one_before_wrote(training: bool) -> None:
    bound = frames(training=training)
    for before, after in pairwise(bound):
        assert after.x is before.y
        assert after.dx is before.dy or after.dx is None
    views = [i for i, frame in enumerate(bound) if np.shares_memory(frame.x, frame.y)]
    assert views == ([1] if training else [1, 4])  # Flatten, and Dropout outside training


def test_training_keeps_every_output_and_two_gradients() -> None:
    bound = frames(training=True, input_grad=True)
    outputs = [frame.y for i, frame in enumerate(bound) if i != 1]
    assert len(set(addresses(outputs))) == len(outputs)
    gradients = [frame.dy for frame in bound] + [frame.dx for frame in bound if frame.dx is not None]
    assert len(gradients) == 2 * len(bound)
    assert len(set(addresses(gradients))) == 2
    for i, frame in enumerate(bound):
        assert frame.dx is not None
        assert np.shares_memory(frame.dx, frame.dy) == (i == 1)


def test_inference_alternates_two_outputs_and_has_no_gradients() -> None:
    binder = make(training=False)
    bound = binder.frames(np.zeros((8, 2, 3), "float32"))
    assert len(set(addresses([frame.y for frame in bound]))) == 2
    assert all(frame.dx is None and frame.dy.size == 0 and not frame.g and frame.rng is None for frame in bound)
    # Two buffers of the widest output, and SELU's and ELU's one scratch, as wide as SELU's row.
    assert taken(binder) == 8 * 4 * (2 * 9 + 9)


def test_gradients_stop_at_the_first_layer_with_parameters() -> None:
    bound = frames(training=True)
    assert [frame.dx is None for frame in bound] == [True, True, True] + [False] * 6
    assert bound[0].dy.size == bound[1].dy.size == 0


def test_scratch_that_is_not_kept_is_shared() -> None:
    bound = frames(training=True)
    relu, selu, elu = (bound[i].s["positive"] for i in (3, 6, 8))
    assert len(set(addresses([relu, selu, elu]))) == 1
    assert [array.shape for array in (relu, selu, elu)] == [(8, 5), (8, 9), (8, 2)]
    assert not np.shares_memory(bound[4].s["mask"], bound[6].s["s"])


def test_shared_scratch_is_no_larger_than_its_largest_user_needs() -> None:
    """A layer's small second array does not take the room of its large first one."""
    layout = make_layout([Conv2D(2, 3, 3), Conv2D(3, 4, 3)], (2, 30, 30))
    binder = Binder(
        layout, make_vectors(layout, 0, "float32"), Arena(2), True, lambda path: generator(0, "layer", path)
    )
    binder.frames(np.zeros((2, 2, 30, 30), "float32"))
    wanted = [[prod(s.shape) for s in node.plan.scratch.values() if not s.per_row] for node in layout.nodes]
    shared = [
        b.size
        for key, b in binder.arena.buffers.items()
        if isinstance(key, tuple) and any(part is False for part in key)
    ]
    assert sorted(shared) == sorted(max(sizes) for sizes in zip_longest(*wanted, fillvalue=0))


@pytest.mark.parametrize("training", [False, True])
def test_fewer_rows_view_the_same_memory(training: bool) -> None:
    binder = make(training=training)
    few, many = (binder.frames(np.zeros((rows, 2, 3), "float32")) for rows in (3, 8))
    size = taken(binder)
    for a, b in zip(few[2:], many[2:], strict=True):
        assert len(a.y) == 3
        assert len(b.y) == 8
        assert a.y.ctypes.data == b.y.ctypes.data
        assert all(np.shares_memory(a.p[name], b.p[name]) for name in b.p)
    binder.frames(np.zeros((5, 2, 3), "float32"))
    assert taken(binder) == size


def test_every_layer_that_draws_has_a_generator_of_its_own() -> None:
    layout = make_layout([Dropout(0.5), Tanh(), Dropout(0.5)], (3,))
    vectors = make_vectors(layout, 0, "float32")
    binder = Binder(layout, vectors, Arena(2), True, lambda path: generator(0, "layer", path))
    rngs = [frame.rng for frame in binder.frames(np.zeros((2, 3), "float32"))]
    assert rngs[1] is None
    assert rngs[0] is not None
    assert rngs[2] is not None
    assert rngs[0].random(4).tolist() != rngs[2].random(4).tolist()


class Counted(tuple[int, ...]):
    """A shape that counts how often its size is asked for."""

    __slots__ = ()
    asked = 0

    def __iter__(self) -> Iterator[int]:
        Counted.asked += 1
        return super().__iter__()


@dataclass(frozen=True)
class Wide:
    """A layer whose shape counts."""

    def plan(self, in_shape: Shape) -> Plan:
        return Plan(in_shape, scratch={"s": Scratch(Counted(in_shape))})

    def forward(self, f: Frame) -> Calls:
        yield np.copyto, f.y, f.x

    def backward(self, f: Frame) -> Calls:
        if f.dx is not None:
            yield np.copyto, f.dx, f.dy


@pytest.mark.parametrize("training", [False, True])
def test_the_work_of_binding_grows_with_the_depth_and_not_with_its_square(training: bool) -> None:
    def asked(depth: int) -> int:
        layout = make_layout([Wide()] * depth, (3,))
        binder = Binder(layout, make_vectors(layout, 0, "float32"), Arena(2), training, lambda _: generator(0, "layer"))
        Counted.asked = 0
        binder.frames(np.zeros((2, 3), "float32"))
        return Counted.asked

    assert 0 < asked(40) <= 2 * asked(20)
