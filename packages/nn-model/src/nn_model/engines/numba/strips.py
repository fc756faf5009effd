"""Products of matrices with a short side, such as a layer's 10 outputs, or with one column: masked vectors.

`tiled` needs two whole vectors side by side, and BLAS makes such products slowly. Here a strip is several lines of one
vector whose last numbers are masked, neither read nor written. With AVX-512 only, whose masks cost nothing. Measured in
float32 on one core, against NumPy's BLAS: (768, 8) (8, 10) in 1.9 us and 2.6, (8, 768) (768, 10) in 1.8 and 3.2,
(768, 10) (10, 1) in 1.0 and 2.2, (10, 768) (768, 1) in 0.9 and 2.0, (768, 1) (1, 10) in 0.8 and 10.
"""

# ruff: noqa: ARG001  # the arguments of an intrinsic, and of what it returns, are fixed

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from nn_layers.protocol import Array
from nn_model.engines.numba.registry import apart, compiled
from nn_model.engines.numba.tiles import BYTES, TINY, At, stay

LINES = 8
"""Lines of a strip: as many sums are under way at once as it takes to hide what one takes."""

MOST_TERMS = 512
"""Numbers of a line up to which sums along lines are made here; BLAS is as fast where there are more."""


class _Strip:
    """Writes instructions for one vector's breadth of numbers, of which the first so many count."""

    def __init__(self, context: Any, builder: Any, dtype: Any) -> None:
        self.context, self.builder, self.size = context, builder, dtype.bitwidth // 8
        self.lanes = BYTES // self.size
        self.number = context.get_value_type(dtype)
        self.vector = ir.VectorType(self.number, self.lanes)
        self.zero = ir.Constant(self.vector, [0.0] * self.lanes)
        self.truth = ir.VectorType(ir.IntType(1), self.lanes)
        self.all = ir.Constant(self.truth, [True] * self.lanes)

    def mask(self, count: Any) -> Any:
        """Say which lanes count."""
        whole = ir.VectorType(ir.IntType(64), self.lanes)
        return self.builder.icmp_signed("<", ir.Constant(whole, [*range(self.lanes)]), self.spread(count, whole))

    def spread(self, value: Any, vector: Any) -> Any:
        """Put a number into all lanes."""
        empty, first = ir.Constant(vector, ir.Undefined), ir.Constant(ir.IntType(32), 0)
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(self.builder.insert_element(empty, value, first), empty, everywhere)

    def place(self, kind: Any, array: Any, at: Any) -> Any:
        """Point to a number of a flat array."""
        data = self.context.make_array(kind)(self.context, self.builder, array).data
        return self.builder.gep(data, [at])

    def load(self, pointer: Any, mask: Any) -> Any:
        """Load what counts; the rest is 0."""
        pointer = self.builder.bitcast(pointer, self.vector.as_pointer())
        kinds = [pointer.type, ir.IntType(32), self.truth, self.vector]
        load = self._function("llvm.masked.load", ".p0", ir.FunctionType(self.vector, kinds))
        return self.builder.call(load, [pointer, self.align(), mask, self.zero])

    def store(self, value: Any, pointer: Any, mask: Any) -> None:
        """Store what counts."""
        pointer = self.builder.bitcast(pointer, self.vector.as_pointer())
        kinds = [self.vector, pointer.type, ir.IntType(32), self.truth]
        store = self._function("llvm.masked.store", ".p0", ir.FunctionType(ir.VoidType(), kinds))
        self.builder.call(store, [value, pointer, self.align(), mask])

    def align(self) -> Any:
        """Give the alignment that can be relied on: a number's."""
        return ir.Constant(ir.IntType(32), self.size)

    def add(self, total: Any, left: Any, right: Any) -> Any:
        """Add a product; both are one instruction."""
        return self.builder.fadd(total, self.builder.fmul(left, right, flags=("contract",)), flags=("contract",))

    def sum(self, value: Any) -> Any:
        """Add all lanes up, in whatever order is quick."""
        reduce = self._function("llvm.vector.reduce.fadd", "", ir.FunctionType(self.number, [self.number, self.vector]))
        return self.builder.call(reduce, [ir.Constant(self.number, 0.0), value], fastmath=("reassoc", "nsz"))

    def _function(self, name: str, pointer: str, kind: Any) -> Any:
        """Declare one of LLVM's functions of vectors."""
        whole = f"{name}.v{self.lanes}f{8 * self.size}{pointer}"
        return cgutils.get_or_insert_function(self.builder.module, kind, whole)


def _make(lines: int) -> Any:
    """Make the function that writes a strip of so many lines."""

    @intrinsic  # type: ignore[untyped-decorator]  # numba has no types
    def strip(
        _: Any, count: Any, terms: Any, out: Any, out_at: Any, w: Any, w_at: Any, x: Any, x_at: Any, b: Any, b_at: Any
    ) -> Any:
        def build(context: Any, builder: Any, _: Any, args: Any) -> Any:
            made = _Strip(context, builder, out.dtype)
            (to, step), (first, apart_, on), (x_first, x_on), (b_first, begins) = (
                cgutils.unpack_tuple(builder, args[i]) for i in (3, 5, 7, 9)
            )
            mask = made.mask(args[0])
            none = builder.select(cgutils.is_not_null(builder, begins), mask, ir.Constant(made.truth, None))
            start = made.load(made.place(b, args[8], b_first), none)
            sums = [cgutils.alloca_once_value(builder, start) for _ in range(lines)]
            with cgutils.for_range(builder, args[1]) as loop:
                seen = made.load(made.place(x, args[6], _further(builder, x_first, loop.index, x_on)), mask)
                for r, total in enumerate(sums):
                    line = _further(builder, first, ir.Constant(ir.IntType(64), r), apart_)
                    pointer = made.place(w, args[4], _further(builder, line, loop.index, on))
                    weight = made.spread(builder.load(pointer), made.vector)
                    builder.store(made.add(builder.load(total), weight, seen), total)
            for r, total in enumerate(sums):
                pointer = made.place(out, args[2], _further(builder, to, ir.Constant(ir.IntType(64), r), step))
                made.store(builder.load(total), pointer, mask)
            return context.get_dummy_value()

        one = types.int64
        two, three = types.UniTuple(one, 2), types.UniTuple(one, 3)
        return types.void(one, one, out, two, w, three, x, two, b, two), build

    return strip


def _further(builder: Any, at: Any, times: Any, step: Any) -> Any:
    return builder.add(at, builder.mul(times, step))


_several, _single = _make(LINES), _make(1)


@intrinsic  # type: ignore[untyped-decorator]
def _dot(_: Any, count: Any, a: Any, at: Any, b: Any, b_at: Any) -> Any:
    """Sum the products of so many numbers of two flat arrays."""

    def build(context: Any, builder: Any, _: Any, args: Sequence[Any]) -> Any:
        made = _Strip(context, builder, a.dtype)
        total = cgutils.alloca_once_value(builder, made.zero)
        count, lanes = args[0], ir.Constant(ir.IntType(64), made.lanes)
        whole = builder.sdiv(count, lanes)

        def add(chunk: Any, mask: Any) -> None:
            done = builder.mul(chunk, lanes)
            left = made.load(made.place(a, args[1], builder.add(args[2], done)), mask)
            right = made.load(made.place(b, args[3], builder.add(args[4], done)), mask)
            builder.store(made.add(builder.load(total), left, right), total)

        with cgutils.for_range(builder, whole) as loop:
            add(loop.index, made.all)
        add(whole, made.mask(builder.sub(count, builder.mul(whole, lanes))))
        return made.sum(builder.load(total))

    return a.dtype(types.int64, a, types.int64, b, types.int64), build


@compiled
def narrow(lines: int, columns: int, terms: int, itemsize: int) -> bool:
    """Say whether a product is best made of strips."""
    short = BYTES == 64 and 1 < columns <= BYTES // itemsize
    return short and (lines >= LINES or lines == 1) and lines * columns * terms > TINY


@apart
def striped(
    lines: int,
    columns: int,
    terms: int,
    out: Array,
    out_at: At,
    w: Array,
    w_at: tuple[int, int, int],
    x: Array,
    x_at: At,
    b: Array,
    b_at: At,
) -> None:
    """Write what is `narrow`: out[o, p] = (b[p] or 0) + the sum over t of w[o, t] x[t, p], columns side by side.

    Arrays flat. w_at: first, apart lines, apart terms; out_at, x_at: first, apart lines; b_at: first, whether at all.
    """
    stay()
    if lines < LINES:
        _single(columns, terms, out, out_at, w, w_at, x, x_at, b, b_at)
        return
    for line in range(0, lines, LINES):
        o = min(line, lines - LINES)
        to, first = (out_at[0] + o * out_at[1], out_at[1]), (w_at[0] + o * w_at[1], w_at[1], w_at[2])
        _several(columns, terms, out, to, w, first, x, x_at, b, b_at)


@apart
def along_lines(lines: int, terms: int, a: Array, a_at: At, b: Array, b_at: int, out: Array, out_at: At) -> None:
    """out[i] = the sum over t of a[i, t] b[t]; arrays flat, terms side by side. a_at, out_at: first, apart lines."""
    stay()
    for i in range(lines):
        out[out_at[0] + i * out_at[1]] = _dot(terms, a, a_at[0] + i * a_at[1], b, b_at)
