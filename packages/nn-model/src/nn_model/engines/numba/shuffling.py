"""The order that NumPy draws, by compiled code: `default_rng(SeedSequence(numbers)).shuffle`, bit for bit.

Seeding and bits are what NumPy promises never to change: O'Neill's seed_seq_fe (2015), and PCG64, a congruential
generator of 128 bits whose upper half says how far its output is turned (O'Neill, 2014). The shuffle is Fisher's and
Yates', each place drawn until it is below the bound; its lists have fewer than 2^32 places. Numbers of 32 bits are kept
in 64, those of 128 in pairs, the high one first.
"""

from typing import Any

import numpy as np

from nn_layers.protocol import Array
from nn_model.engines.numba.registry import compiled

U = np.uint64
LOW, HALF = U(0xFFFFFFFF), U(32)
POOL = 4

ENTER, ENTER_TIMES = U(0x43B0D7E5), U(0x931E8875)
"""What numbers are hashed with on their way into the pool."""
LEAVE, LEAVE_TIMES = U(0x8B51F9DD), U(0x58F38DED)
"""What they are hashed with on their way out."""
LEFT, RIGHT = U(0xCA01F9DD), U(0x4973F715)
"""What two numbers of the pool are mixed with."""
TIMES_HIGH, TIMES_LOW = U(2549297995355413924), U(4865540595714422341)
"""PCG64's factor."""

Number = Any
"""`np.uint64`."""
Pair = tuple[Number, Number]


@compiled
def shuffle(words: Array, last: int, pool: Array, order: Array) -> None:
    """Shuffle `order`, (n,), by a generator seeded with words, (k,) with k >= 4, and a last one. pool: (4,)."""
    _fill(words, last, pool)
    state, step = _begin(pool)
    waiting, kept, mask = False, U(0), U(1)
    while mask < U(order.size - 1):
        mask += mask + U(1)
    for i in range(order.size - 1, 0, -1):
        if U(i) <= mask >> U(1):
            mask >>= U(1)
        j = U(i + 1)
        while j > U(i):
            if waiting:  # the other half of 64 bits
                j = kept & mask
            else:
                state = _next(state, step)
                bits = _output(state)
                j, kept = bits & mask, bits >> HALF
            waiting = not waiting
        taken = order[U(i)]
        order[U(i)] = order[j]
        order[j] = taken


@compiled
def _fill(words: Array, last: int, pool: Array) -> None:
    """Mix all numbers into the pool."""
    times = ENTER
    for i in range(POOL):
        pool[i], times = _hashed(U(words[i]), times, ENTER_TIMES)
    for i in range(POOL):
        for j in range(POOL):
            if i != j:
                x, times = _hashed(pool[i], times, ENTER_TIMES)
                pool[j] = _mixed(pool[j], x)
    for i in range(POOL, words.size + 1):
        number = U(words[i]) if i < words.size else U(last)
        for j in range(POOL):
            x, times = _hashed(number, times, ENTER_TIMES)
            pool[j] = _mixed(pool[j], x)


@compiled
def _begin(pool: Array) -> tuple[Pair, Pair]:
    """Take PCG64's state and step from the pool."""
    a, times = _long(pool[0], pool[1], LEAVE)
    b, times = _long(pool[2], pool[3], times)
    c, times = _long(pool[0], pool[1], times)
    d, times = _long(pool[2], pool[3], times)
    step = (c << U(1)) | (d >> U(63)), (d << U(1)) | U(1)
    return _next(_sum(step, (a, b)), step), step


@compiled
def _long(first: Number, second: Number, times: Number) -> Pair:
    low, times = _hashed(first, times, LEAVE_TIMES)
    high, times = _hashed(second, times, LEAVE_TIMES)
    return (high << HALF) | low, times


@compiled
def _hashed(x: Number, times: Number, by: Number) -> Pair:
    """Hash a number; give it, and what the next one is hashed with."""
    after = times * by & LOW
    x = (x ^ times) * after & LOW
    return x ^ (x >> U(16)), after


@compiled
def _mixed(x: Number, y: Number) -> Number:
    z = (LEFT * x - RIGHT * y) & LOW
    return z ^ (z >> U(16))


@compiled
def _next(state: Pair, step: Pair) -> Pair:
    """Go on: state x factor + step."""
    high, low = state
    a, b, c, d = low >> HALF, low & LOW, TIMES_LOW >> HALF, TIMES_LOW & LOW
    middle = (b * d >> HALF) + (a * d & LOW) + (b * c & LOW)
    carried = a * c + (a * d >> HALF) + (b * c >> HALF) + (middle >> HALF)
    return _sum((carried + high * TIMES_LOW + low * TIMES_HIGH, low * TIMES_LOW), step)


@compiled
def _sum(x: Pair, y: Pair) -> Pair:
    low = x[1] + y[1]
    return x[0] + y[0] + U(low < x[1]), low


@compiled
def _output(state: Pair) -> Number:
    """Give 64 bits of a state."""
    bits, turn = state[0] ^ state[1], state[0] >> U(58)
    return (bits >> turn) | (bits << ((U(64) - turn) & U(63)))
