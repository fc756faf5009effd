"""Bound calls, and ports: data enter in place where that is possible."""

import re
from typing import Any

import numpy as np
import pytest

from nn_layers import LayerError
from nn_layers.calls import BUFFER, Call, Port, bind, checked, run
from nn_layers.protocol import Array


def address(array: object) -> int:
    assert isinstance(array, np.ndarray)
    return array.ctypes.data


def double(x: Array, y: Array) -> None:
    np.multiply(x, 2.0, out=y)


def fail(message: str) -> None:
    raise ArithmeticError(message)


def test_calls_run_in_order_with_their_arguments() -> None:
    seen: list[int] = []
    run(bind([(seen.append, 1), (seen.extend, (2, 3)), (seen.reverse,)]))
    assert seen == [3, 2, 1]


def test_the_callers_error_state_and_buffer_size_are_put_back() -> None:
    sizes: list[int] = []
    with np.errstate(over="raise", divide="print"):
        before = np.geterr(), np.getbufsize()
        run(bind([(lambda: sizes.append(np.getbufsize()),)]))
        assert (np.geterr(), np.getbufsize()) == before
        try:
            run(bind([(fail, "stop")]))
        except ArithmeticError:
            assert (np.geterr(), np.getbufsize()) == before
        else:
            raise AssertionError("the kernel's error must come through")
    assert sizes == [BUFFER]
    assert before[1] != BUFFER


def test_overflow_is_silent_and_stands_in_the_result() -> None:
    x, y = np.full(3, 1e308), np.empty(3)
    with np.errstate(all="raise"):
        run(bind([(double, x, y)]))
    assert np.isinf(y).all()


def test_whole_views_are_replaced_without_a_copy() -> None:
    placeholder, y = np.zeros((2, 3)), np.empty(6)
    calls = bind([(double, placeholder.reshape(6), y), (double, placeholder, y.reshape(2, 3))])
    port = Port(placeholder, (calls,))
    x = np.arange(6.0).reshape(2, 3)
    port.feed(x)
    run(calls)
    assert [address(args[0]) for _, args in calls] == [address(x), address(x)]
    assert [args[0].shape for _, args in calls] == [(6,), (2, 3)]
    assert y.tolist() == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    assert not placeholder.any()


def test_the_array_fed_last_is_read_and_feeding_it_again_changes_nothing() -> None:
    placeholder, y = np.zeros(3), np.empty(3)
    calls = bind([(double, placeholder, y)])
    port = Port(placeholder, (calls,))
    first, second = np.ones(3), np.full(3, 5.0)
    for x, expected in ((first, 2.0), (second, 10.0), (first, 2.0)):
        port.feed(x)
        bound = calls[0]
        port.feed(x)
        assert calls[0] is bound
        run(calls)
        assert y.tolist() == [expected] * 3


def test_a_released_port_holds_nothing_from_outside() -> None:
    placeholder, x, y = np.zeros(3), np.ones(3), np.empty(3)
    calls = bind([(double, placeholder, y)])
    port = Port(placeholder, (calls,))
    for _ in range(2):
        port.feed(x)
        run(calls)
        assert y.tolist() == [2.0] * 3
        port.release()
        assert port.current is not x
        assert address(calls[0][1][0]) == address(placeholder)


def test_where_a_call_holds_a_part_the_data_are_copied() -> None:
    placeholder, y, half = np.zeros((4, 2)), np.empty((4, 2)), np.empty((2, 2))
    calls = bind([(double, placeholder, y), (double, placeholder[:2], half)])
    port = Port(placeholder, (calls,))
    x = np.arange(8.0).reshape(4, 2)
    for _ in range(2):
        x += 1.0
        port.feed(x)
        run(calls)
        assert np.array_equal(y, 2.0 * x)
        assert np.array_equal(half, 2.0 * x[:2])
    port.release()
    assert np.array_equal(placeholder, x)
    assert port.copies
    assert address(calls[0][1][0]) == address(placeholder)


def test_transposed_and_strided_views_are_parts_too() -> None:
    placeholder = np.zeros((4, 4))
    for part in (placeholder.T, placeholder[:, ::2], placeholder[1:], placeholder.view("int64")):
        assert Port(placeholder, (bind([(double, part, np.empty(0))]),)).copies


def test_arrays_that_are_not_the_placeholder_stay() -> None:
    placeholder, other = np.zeros(3), np.ones(3)
    calls = bind([(double, other, np.empty(3))])
    port = Port(placeholder, (calls,))
    port.feed(np.full(3, 9.0))
    assert address(calls[0][1][0]) == address(other)
    assert not port.copies
    assert not port.uses


class Interrupted(list[Call]):
    """A list of calls whose fourth change is interrupted."""

    changes = 0

    def __setitem__(self, i: Any, call: Any) -> None:
        self.changes += 1
        if self.changes == 4:
            raise KeyboardInterrupt
        super().__setitem__(i, call)


def test_a_change_of_data_that_was_cut_short_mixes_no_two_batches() -> None:
    placeholder = np.zeros(3)
    calls = Interrupted(bind([(double, placeholder, np.empty(3)), (double, placeholder, np.empty(3))]))
    port = Port(placeholder, (calls,))
    first, second = np.ones(3), np.full(3, 5.0)
    port.feed(first)
    with pytest.raises(KeyboardInterrupt):
        port.feed(second)
    assert [address(args[0]) for _, args in calls] == [address(second), address(first)]
    port.feed(first)
    assert [address(args[0]) for _, args in calls] == [address(first)] * 2


def test_a_call_may_not_write_to_what_is_fed_and_may_to_the_placeholder() -> None:
    placeholder, x = np.zeros(3), np.ones(3)
    calls = bind([(double, np.full(3, 2.0), placeholder)])
    port = Port(placeholder, (calls,))
    port.feed(x)
    with pytest.raises(LayerError, match=r"^double writes to an array that it may only read, as x is; plan a Scratch"):
        run(calls)
    assert x.tolist() == [1.0] * 3
    assert x.flags.writeable
    port.release()
    run(calls)
    assert placeholder.tolist() == [4.0] * 3


def test_other_errors_of_kernels_come_through() -> None:
    with pytest.raises(ValueError, match="could not be broadcast") as caught:
        run(bind([(double, np.zeros(3), np.zeros(4))]))
    assert not isinstance(caught.value, LayerError)


def test_calls_are_handed_on_as_they_come() -> None:
    given = [(double, 1), (double,)]
    assert list(checked(iter(given), "layers[0]")) == given


@pytest.mark.parametrize("bad", [5, (5, 1), (), [double, 1], None, "double"], ids=repr)
def test_what_is_no_call_is_refused_with_the_layers_title(bad: Any) -> None:
    expected = f"layers[3]: Mine() must yield calls, tuples of a function and its arguments; got {bad!r}"
    with pytest.raises(LayerError, match=f"^{re.escape(expected)}$"):
        bind(checked([(double, 1), bad], "layers[3]: Mine()"))
