"""The arithmetic around a step of an epoch: pure functions that write into their outputs and allocate nothing."""

import math
from typing import Any

import numpy as np

from nn_model.arrays import Array

JUMP = 0x9E3779B97F4A7C15F39CC0605CEDC835
"""2^128 by the golden ratio, by which NumPy's PCG64 too jumps: no two batches come near each other."""


def reorder(
    cursor: Array,
    words: Array,
    first: Array,
    done: Array,
    pool: Array,  # noqa: ARG001  # the twin's
    rows: Array,
    order: Array,
) -> None:
    """At the beginning of an epoch draw its order, from the seed and the epoch's number alone.

    cursor, first, done: (1,), the epoch is first + done; words: (k,), the seed's; rows: (n,) -> order: (n,).
    Scratch: pool (4,).
    """
    if cursor[0] == 0:
        seed = np.random.SeedSequence([*words.tolist(), int(first[0] + done[0])])
        order[...] = rows
        np.random.default_rng(seed).shuffle(order)


def gather(data: Array, order: Array, cursor: Array, out: Array) -> None:
    """Take the next rows of the order. data: (N, ...), order: (n,), cursor: (1,) -> out: (rows, ...)."""
    start = cursor[0]
    # The row numbers are a permutation of the data's own: "clip" never clips, and needs no buffer.
    # The method takes a third of the time of `np.take`, for a few rows.
    data.take(order[start : start + len(out)], 0, out, "clip")


def seek(rng: np.random.Generator, home: dict[str, Any], cursor: Array) -> None:
    """Go to a batch's random numbers: a jump from `home`, where the epoch's begin, for every row done before it."""
    bits: Any = rng.bit_generator
    bits.state = home
    bits.advance(JUMP * int(cursor[0]))


def total(weights: Array, denominator: Array) -> None:
    """Sum the weights, in the denominator's precision. weights: (rows,) -> denominator: (1,)."""
    denominator[0] = np.add.reduce(weights, dtype=denominator.dtype)


def tally(value: Array, denominator: Array, correct: Array, rows: int, sums: Array) -> None:
    """Add one batch to the epoch. sums: (4,) of loss x weight, weight, right answers, rows."""
    sums[0] += value[0] * denominator[0]
    sums[1] += denominator[0]
    sums[2] += correct[0] * rows
    sums[3] += rows


def advance(cursor: Array, rows: int) -> None:
    """Move the cursor, (1,), past a batch."""
    cursor[0] += rows


def close(
    cursor: Array, end: int, sums: Array, lr: Array, theta: Array, log: Array, count: Array, spoilt: Array
) -> None:
    """At the end of an epoch note it and begin the next; `spoilt` tells whether theta (P,) has other than numbers.

    sums: (4,), lr: (1,) -> log: (epochs, 5), count: (1,), spoilt: (1,).
    """
    if cursor[0] < end:
        return
    # A sum is finite only where all its terms are; one that is not may have overflowed by itself.
    if not math.isfinite(np.add.reduce(theta)):
        spoilt[0] = not math.isfinite(np.maximum.reduce(theta)) or not math.isfinite(np.minimum.reduce(theta))
    line = log[count[0]]
    line[:4] = sums
    line[4] = lr[0]
    count[0] += 1
    cursor[0] = 0
    sums[:] = 0.0


def halt(spoilt: Array, value: Array) -> None:
    """Refuse a step whose epoch before was spoilt. spoilt: (1,) -> value: (1,), the loss, which engines look at."""
    if spoilt[0]:
        value[0] = math.nan
