"""The driver's arrays, in its source: in their own memory, or in copies that the compiler can keep in registers."""

from collections.abc import Mapping
from dataclasses import dataclass

SMALL = 2048
"""Bytes of memory that a small driver copies rather than reach through a pointer."""


@dataclass(frozen=True, slots=True)
class Slot:
    """An array of the driver.

    Attributes
    ----------
    start
        Where its memory begins; `None`: it may not be written to, so it is not copied.
    count, itemsize
        How many numbers it has, and the bytes of each.
    shape, dtype
        As the source writes them.
    """

    start: int | None
    count: int
    shape: str
    dtype: str
    itemsize: int

    @property
    def end(self) -> int:
        """Where its memory ends."""
        return (self.start or 0) + self.count * self.itemsize


def lines_of(slots: Mapping[int, Slot], most: int) -> tuple[list[str], list[str], list[str]]:
    """Write how the driver comes by its arrays: those of at most so many bytes are copied in, and back at the end.

    Three lists of lines: what takes copies, what makes arrays, and what puts the copies back.
    """
    taken, views, left = [], [], []
    for block, members in enumerate(_blocks(slots)):
        first = min(members, key=lambda n: slots[n].start or 0)
        start, item = slots[first].start, slots[first].itemsize
        count = 0 if start is None else (max(slots[n].end for n in members) - start) // item
        if start is None or count * item > most or len({slots[n].dtype for n in members}) > 1:
            views += [f"a{n} = array(t[{n}], {slots[n].shape}, {slots[n].dtype})" for n in members]
            continue
        taken.append(f"m{block} = local(t[{first}], {count}, {slots[first].dtype})")
        views += [
            f"a{n} = within(m{block}, {((slots[n].start or 0) - start) // item}, {slots[n].shape})" for n in members
        ]
        left.append(f"put_back(m{block}, t[{first}], {count})")
    return taken, views, left


def _blocks(slots: Mapping[int, Slot]) -> list[list[int]]:
    """Group arrays whose memory overlaps, each group by address."""
    order = sorted((n for n, slot in slots.items() if slot.start is not None), key=lambda n: slots[n].start or 0)
    groups, end = [[n] for n, slot in slots.items() if slot.start is None], -1
    for n in order:
        if (slots[n].start or 0) < end:
            groups[-1].append(n)
        else:
            groups.append([n])
        end = max(end, slots[n].end)
    return sorted(map(sorted, groups))  # by the arrays' numbers: addresses differ from one process to the next
