"""Bound calls: kernels with their arguments in place, and ports where data enter without a copy."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nn_layers.errors import LayerError
from nn_layers.protocol import Array, Calls, Kernel

Call = tuple[Kernel, tuple[Any, ...]]

BUFFER = 1024
"""NumPy's casting and broadcasting buffer while calls run, in elements: its default of 8,192 only costs memory."""


def bind(calls: Iterable[tuple[Any, ...]]) -> list[Call]:
    """Separate each kernel from its arguments."""
    return [(call[0], call[1:]) for call in calls]


def checked(calls: object, title: str) -> Calls:
    """Hand on what a layer yields, as long as it is calls; `LayerError` with the layer's title where it is not."""
    if not isinstance(calls, Iterable):
        raise LayerError(f"{title}: forward and backward must yield calls; one of them returned {calls!r}")
    for call in calls:
        if not (isinstance(call, tuple) and call and callable(call[0])):
            raise LayerError(f"{title} must yield calls, tuples of a function and its arguments; got {call!r}")
        yield call


def run(calls: list[Call]) -> None:
    """Run bound calls in order. Overflow is silent here: whoever reads the results checks that they are finite.

    Raises
    ------
    LayerError
        A kernel that writes to the data.
    """
    with np.errstate(all="ignore"):
        np.setbufsize(BUFFER)  # put back with the error state
        kernel: Kernel | None = None
        try:
            for kernel, args in calls:
                kernel(*args)
        except ValueError as error:
            raise explained(error, kernel) from error


def explained(error: ValueError, kernel: object) -> ValueError:
    """Say what a kernel did that wrote to the data; give any other error back as it is."""
    if "read-only" not in str(error):
        return error
    name = getattr(kernel, "__name__", repr(kernel))
    return LayerError(f"{name} writes to an array that it may only read, as x is; plan a Scratch array to work in")


@dataclass(slots=True)
class Port:
    """A place where an array from outside takes the place of a bound one, in every call that uses it.

    Attributes
    ----------
    placeholder
        The array that was bound.
    lists
        The lists of calls that may use it.
    """

    placeholder: Array
    lists: tuple[list[Call], ...]
    current: Array | None = None
    uses: list[tuple[list[Call], int, int, tuple[int, ...]]] = field(default_factory=list)
    copies: bool = False

    def __post_init__(self) -> None:
        """Find every use; where a call holds a part of the placeholder, data must be copied into it instead."""
        for calls in self.lists:
            for i, (_, args) in enumerate(calls):
                for j, arg in enumerate(args):
                    if isinstance(arg, np.ndarray) and np.may_share_memory(arg, self.placeholder):
                        self.uses.append((calls, i, j, arg.shape))
                        self.copies |= not _is_whole(arg, self.placeholder)

    def feed(self, array: Array) -> None:
        """Let `array`, contiguous and of the placeholder's shape and dtype, take its place; no call may write to it."""
        if self.copies:
            np.copyto(self.placeholder, array)
        elif array is not self.current:
            view = array.view()
            view.setflags(write=False)
            self._put(view)
            self.current = array

    def release(self) -> None:
        """Put the placeholder back, so that the calls hold on to no array from outside."""
        if not self.copies and self.current is not self.placeholder:
            self._put(self.placeholder)
            self.current = self.placeholder

    def _put(self, array: Array) -> None:
        self.current = None  # cut short, some calls read the old array: whatever is fed next takes every place
        for calls, i, j, shape in self.uses:
            kernel, args = calls[i]
            calls[i] = (kernel, (*args[:j], array.reshape(shape), *args[j + 1 :]))


def _is_whole(arg: Array, placeholder: Array) -> bool:
    return (
        arg.size == placeholder.size
        and arg.dtype == placeholder.dtype
        and arg.flags.c_contiguous
        and arg.ctypes.data == placeholder.ctypes.data
    )
