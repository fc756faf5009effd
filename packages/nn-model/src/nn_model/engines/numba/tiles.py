"""Products of matrices whose sums stay in registers: one to two tenths faster than BLAS where factors fit the cache.

out[o, p] = start + the sum over i, j, k of w[o, i, j, k] x[i, j, k, p], where x goes on by one place with p, and all
else by any number of places: factors need not be contiguous, and what a convolution sees of an image is one without a
copy. A tile is LINES lines of some vectors; the last one goes back over the one before it, so that none is cut short.
Measured in float32 on one core with AVX-512, against NumPy's BLAS: 115 and 98 GFLOP/s for (1568, 64) (64, 192), 115 and
97 for (64, 784) (784, 512).
"""

# ruff: noqa: ARG001  # the arguments of an intrinsic, and of what it returns, are fixed

from collections.abc import Callable
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from nn_layers.protocol import Array
from nn_model.engines.numba.registry import apart, compiled

FEATURES = binding.get_host_cpu_features()
BYTES = 64 if FEATURES.get("avx512f") else 32 if FEATURES.get("avx") else 16
"""Size of a vector."""
LINES, VECTORS, NARROW = 4, 3 if BYTES == 32 else 4, 2
"""Lines of a tile, and vectors of wide and narrow ones: sums take at most 24 of 32 registers, with AVX 12 of 16."""

TINY = 128
"""Products of at most so many multiplications are made by loops."""

CACHE = 600_000
"""Bytes."""

PLAIN, BY_LINE, BY_COLUMN = 0, 1, 2
"""What sums start from: 0, one number for each line, one number for each column."""

At = tuple[int, int]
"""Where a matrix begins in a flat array, and how far apart its lines are."""

Loop = tuple[int, int, int]
"""How often, and how far w and x go on each time."""


class _Tile:
    """Writes the instructions of one tile."""

    def __init__(self, context: Any, builder: Any, dtype: Any, vectors: int) -> None:
        self.context, self.builder, self.size = context, builder, dtype.bitwidth // 8
        self.lanes = BYTES // self.size
        self.vector = ir.VectorType(context.get_value_type(dtype), self.lanes)
        zero = ir.Constant(self.vector, [0.0] * self.lanes)
        self.sums = [[cgutils.alloca_once_value(builder, zero) for _ in range(vectors)] for _ in range(LINES)]

    def every(self, given: Callable[[int, int], Any]) -> None:
        """Write into all sums what is given for their line and place."""
        for r, line in enumerate(self.sums):
            for v, part in enumerate(line):
                self.builder.store(given(r, v * self.lanes), part)

    def place(self, pair: tuple[Any, Any], at: Any, further: int = 0) -> Any:
        """Point to a number of an array, given with its type."""
        data = self.context.make_array(pair[0])(self.context, self.builder, pair[1]).data
        return self.builder.gep(self.builder.gep(data, [at]), [self.number(further)])

    def load(self, pointer: Any) -> Any:
        """Load a vector."""
        return self.builder.load(self.builder.bitcast(pointer, self.vector.as_pointer()), align=self.size)

    def spread(self, pointer: Any) -> Any:
        """Load a number into all places of a vector."""
        empty, first = ir.Constant(self.vector, ir.Undefined), ir.Constant(ir.IntType(32), 0)
        one = self.builder.insert_element(empty, self.builder.load(pointer), first)
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(one, empty, everywhere)

    def number(self, n: int) -> Any:
        """Make a whole number."""
        return ir.Constant(ir.IntType(64), n)

    def begin(self, start: Any, at: Any, step: Any, mode: Any) -> None:
        """Let sums start from a number for each line or column."""
        builder = self.builder
        with builder.if_then(builder.icmp_signed("==", mode, self.number(BY_LINE))):
            self.every(lambda r, _: self.spread(self.place(start, self.further(at, r, step))))
        with builder.if_then(builder.icmp_signed("==", mode, self.number(BY_COLUMN))):
            self.every(lambda _, v: self.load(self.place(start, at, v)))

    def further(self, at: Any, times: Any, step: Any) -> Any:
        """Give at + times step."""
        times = self.number(times) if isinstance(times, int) else times
        return self.builder.add(at, self.builder.mul(times, step))

    def repeat(self, loops: list[Any], w_at: Any, x_at: Any, add: Callable[[Any, Any], None]) -> None:
        """Call `add` in loops, the outermost first, with the places that they come to."""
        if not loops:
            add(w_at, x_at)
            return
        count, w_on, x_on = cgutils.unpack_tuple(self.builder, loops[0])
        with cgutils.for_range(self.builder, count) as loop:
            self.repeat(loops[1:], self.further(w_at, loop.index, w_on), self.further(x_at, loop.index, x_on), add)

    def add(self, w: Any, w_at: Any, w_step: Any, x: Any, x_at: Any) -> None:
        """Add one product to each sum; both are one instruction where there is one."""
        builder = self.builder
        seen = [self.load(self.place(x, x_at, v * self.lanes)) for v in range(len(self.sums[0]))]
        for r, line in enumerate(self.sums):
            weight = self.spread(self.place(w, self.further(w_at, r, w_step)))
            for part, numbers in zip(line, seen, strict=True):
                term = builder.fmul(weight, numbers, flags=("contract",))
                builder.store(builder.fadd(builder.load(part), term, flags=("contract",)), part)

    def end(self, out: Any, at: Any, step: Any) -> None:
        """Write the sums."""
        for r, line in enumerate(self.sums):
            for v, part in enumerate(line):
                pointer = self.place(out, self.further(at, r, step), v * self.lanes)
                to = self.builder.bitcast(pointer, self.vector.as_pointer())
                self.builder.store(self.builder.load(part), to, align=self.size)


def _make(vectors: int) -> Any:
    """Make the function that computes one tile of so many vectors."""

    @intrinsic  # type: ignore[untyped-decorator]  # numba has no types
    def tile(_: Any, out: Any, at: Any, w: Any, w_at: Any, x: Any, x_at: Any, loops: Any, start: Any, how: Any) -> Any:
        def build(context: Any, builder: Any, _: Any, args: Any) -> Any:
            out_at, (w_first, w_step), loops, start_at = (cgutils.unpack_tuple(builder, args[i]) for i in (1, 3, 6, 8))
            made = _Tile(context, builder, out.dtype, vectors)
            made.begin((start, args[7]), *start_at)
            w_, x_ = (w, args[2]), (x, args[4])
            made.repeat(loops, w_first, args[5], lambda w_at, x_at: made.add(w_, w_at, w_step, x_, x_at))
            made.end((out, args[0]), *out_at)
            return context.get_dummy_value()

        one = types.int64
        two, three = types.UniTuple(one, 2), types.UniTuple(one, 3)
        return types.void(out, two, w, two, x, one, types.UniTuple(three, 3), start, three), build

    return tile


_wide, _narrow = _make(VECTORS), _make(NARROW)


@intrinsic  # type: ignore[untyped-decorator]
def stay(_: Any) -> Any:
    """Keep the function that calls this one out of those that call it: it is long."""

    def build(context: Any, builder: Any, _: Any, args: Any) -> Any:
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), build


@compiled
def fits(lines: int, columns: int, terms: int, itemsize: int) -> bool:
    """Say whether a product can be made of tiles, and is faster so: a column of them sees of x what the cache holds."""
    lanes = BYTES // itemsize
    least = lines >= LINES and columns >= NARROW * lanes
    return least and terms * min(columns, VECTORS * lanes) * itemsize <= CACHE


@apart
def tiled(
    lines: int,
    columns: int,
    out: Array,
    out_at: At,
    w: Array,
    w_at: At,
    x: Array,
    x_at: int,
    loops: tuple[Loop, Loop, Loop],
    start: Array,
    start_at: At,
    mode: int,
) -> None:
    """Write what `fits`; arrays flat. loops: over i, j and k; start_at: where to start, and how far apart lines are."""
    stay()
    lanes = BYTES // out.itemsize
    p = 0
    while p < columns:
        wide = columns - p > NARROW * lanes and columns >= VECTORS * lanes
        width = (VECTORS if wide else NARROW) * lanes
        p = min(p, columns - width)
        for line in range(0, lines, LINES):
            o = min(line, lines - LINES)
            to, at = (out_at[0] + o * out_at[1] + p, out_at[1]), (w_at[0] + o * w_at[1], w_at[1])
            first = start_at[0] + (o * start_at[1] if mode == BY_LINE else p)
            if wide:
                _wide(out, to, w, at, x, x_at + p, loops, start, (first, start_at[1], mode))
            else:
                _narrow(out, to, w, at, x, x_at + p, loops, start, (first, start_at[1], mode))
        p += width
