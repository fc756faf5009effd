"""Bound calls: kernels with their arguments in place, and ports where data enter without a copy."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nn_layers.protocol import Array, Kernel

Call = tuple[Kernel, tuple[Any, ...]]

BUFFER = 2048
"""NumPy's casting and broadcasting buffer while calls run, in elements: its default of 8,192 only costs memory."""


def bind(calls: Iterable[tuple[Any, ...]]) -> list[Call]:
    """Separate each kernel from its arguments."""
    return [(call[0], call[1:]) for call in calls]


def run(calls: list[Call]) -> None:
    """Run bound calls in order. Overflow is silent here: whoever reads the results checks that they are finite."""
    with np.errstate(all="ignore"):
        np.setbufsize(BUFFER)  # put back with the error state
        for kernel, args in calls:
            kernel(*args)


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
        """Let `array`, contiguous and of the placeholder's shape and dtype, take its place."""
        if self.copies:
            np.copyto(self.placeholder, array)
        elif array is not self.current:
            for calls, i, j, shape in self.uses:
                kernel, args = calls[i]
                calls[i] = (kernel, (*args[:j], array.reshape(shape), *args[j + 1 :]))
        self.current = array

    def release(self) -> None:
        """Put the placeholder back, so that the calls hold on to no array from outside."""
        if not self.copies:
            self.feed(self.placeholder)


def _is_whole(arg: Array, placeholder: Array) -> bool:
    return (
        arg.size == placeholder.size
        and arg.dtype == placeholder.dtype
        and arg.flags.c_contiguous
        and arg.ctypes.data == placeholder.ctypes.data
    )
