"""What working out one graph may take, counted before it is taken: a few bytes of a file can ask for all memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from nn_model.errors import OnnxError

__all__ = [
    "LAYER",
    "MAX_INDEX",
    "MAX_MADE",
    "MAX_NESTED",
    "MAX_NODES",
    "MAX_POWER",
    "MAX_ROW",
    "MAX_TERMS",
    "check_index",
    "limited",
    "spend",
]

MAX_NODES = 10_000
"""The most nodes that an output may come of."""
MAX_NESTED = 32
"""How deep residual blocks may lie in each other."""
MAX_TERMS, MAX_POWER = 32, 8
"""The longest sum, and the highest power in it."""
MAX_ROW = 2**24
"""The most numbers of one row of anything."""
MAX_INDEX = 2**23
"""The most places that are written down at once."""
MAX_MADE = 2**22
"""The most numbers of a constant that is made."""

START = 3 * 2**24
"""What every file may spend, in numbers of four bytes: 200 MB."""
PER_BYTE = 8
"""What it may spend for each byte that it has: one float32 is worked on, trained on, and read by several layers."""
LAYER = 4
"""What a number of a layer's costs: itself, and in the network its parameter and two moments."""

_left: ContextVar[list[int]] = ContextVar("_left")


@contextmanager
def limited(size: int) -> Iterator[None]:
    """Give what is worked out inside the budget of a file of this size in bytes."""
    token = _left.set([START + PER_BYTE * size])
    try:
        yield
    finally:
        _left.reset(token)


def spend(numbers: int, width: int = 1) -> None:
    """Take numbers of `width` times four bytes from the budget, before they are made.

    Raises
    ------
    OnnxError
        That is more than is left.
    """
    left = _left.get()
    left[0] -= width * numbers
    if left[0] < 0:
        raise OnnxError("from here on the graph asks for more memory than a file of its size may; export it again")


def check_index(size: int) -> None:
    """Check that so many places can be written down, and take them from the budget.

    Raises
    ------
    OnnxError
        They are too many.
    """
    if size > MAX_INDEX:
        raise OnnxError(f"an array of {size:,} numbers is too large to follow its reshaping; at most {MAX_INDEX:,}")
    spend(size)
