"""Products of matrices that are parts of flat arrays: of tiles where they fit the cache, else of BLAS.

numba's own `dot` takes whole contiguous matrices only, and reference counts. BLAS is called here through the function
of numba that `dot` calls, which finds scipy's, with lines any number of places apart.
"""

# ruff: noqa: ARG001  # the arguments of an intrinsic are those of its call

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.linalg import check_blas_return, ensure_blas, get_blas_kind

from nn_layers.protocol import Array
from nn_model.engines.numba.registry import apart
from nn_model.engines.numba.strips import MOST_TERMS, along_lines, narrow, striped
from nn_model.engines.numba.tiles import BYTES, PLAIN, At, fits, stay, tiled

BYTE, PLACE = ir.IntType(8), ir.IntType(64)
POINTER = BYTE.as_pointer()
GEMM = ir.FunctionType(
    ir.IntType(32),
    [BYTE, BYTE, BYTE, PLACE, PLACE, PLACE, POINTER, POINTER, PLACE, POINTER, PLACE, POINTER, POINTER, PLACE],
)


@intrinsic  # type: ignore[untyped-decorator]  # numba has no types
def _gemm(
    _: Any, shape: Any, a: Any, a_at: Any, a_turned: Any, b: Any, b_at: Any, b_turned: Any, c: Any, c_at: Any, add: Any
) -> Any:
    """C = a b, or c + a b. BLAS thinks of columns one after the other: it makes c' = b' a'."""
    ensure_blas()

    def build(context: Any, builder: Any, _: Any, args: Any) -> Any:
        number = context.get_value_type(c.dtype)

        def matrix(kind: Any, array: Any, at: Any) -> tuple[Any, Any]:
            first, step = cgutils.unpack_tuple(builder, at)
            data = context.make_array(kind)(context, builder, array).data
            return builder.bitcast(builder.gep(data, [first]), POINTER), step

        def letter(turned: Any) -> Any:
            return builder.select(cgutils.is_true(builder, turned), BYTE(ord("t")), BYTE(ord("n")))

        def pointer(value: Any) -> Any:
            return builder.bitcast(cgutils.alloca_once_value(builder, value), POINTER)

        m, n, k = cgutils.unpack_tuple(builder, args[0])
        one, zero = ir.Constant(number, 1.0), ir.Constant(number, 0.0)
        left, right, out = matrix(a, *args[1:3]), matrix(b, *args[4:6]), matrix(c, *args[7:9])
        old = pointer(builder.select(cgutils.is_true(builder, args[9]), one, zero))
        how = BYTE(ord(get_blas_kind(c.dtype))), letter(args[6]), letter(args[3])
        function = cgutils.get_or_insert_function(builder.module, GEMM, "numba_xxgemm")
        failed = builder.call(function, (*how, n, m, k, pointer(one), *right, *left, old, *out))
        check_blas_return(context, builder, failed)
        return context.get_dummy_value()

    at, truth = types.UniTuple(types.int64, 2), types.boolean
    return types.void(types.UniTuple(types.int64, 3), a, at, truth, b, at, truth, c, at, truth), build


@apart
def product(
    shape: tuple[int, int, int],
    a: Array,
    a_at: At,
    a_turned: bool,
    b: Array,
    b_at: At,
    b_turned: bool,
    c: Array,
    c_at: At,
    add: bool,
) -> None:
    """C (m, n) = a (m, k) b (k, n), or that added to c; shape: (m, n, k); arrays flat.

    A factor that is `turned` stands there as its transpose: a as (k, m), b as (n, k).
    """
    stay()
    m, n, k = shape
    line, on = (1, a_at[1]) if a_turned else (a_at[1], 1)
    # Columns side by side, as a column of one number each is, too.
    across = not b_turned or (k == 1 and b_at[1] == 1)
    if add:
        _gemm(shape, a, a_at, a_turned, b, b_at, b_turned, c, c_at, add)
    elif n == 1 and on == 1 and k <= MOST_TERMS and (b_turned or b_at[1] == 1) and BYTES == 64:
        along_lines(m, k, a, (a_at[0], line), b, b_at[0], c, c_at)
    elif n == 1 and line == 1 and c_at[1] == 1 and across and narrow(1, m, k, c.itemsize):
        striped(1, m, k, c, c_at, b, (b_at[0], 0, b_at[1]), a, (a_at[0], on), c, (0, 0))
    elif across and narrow(m, n, k, c.itemsize):
        striped(m, n, k, c, c_at, a, (a_at[0], line, on), b, b_at, c, (0, 0))
    elif across and fits(m, n, k, c.itemsize):
        loops = (1, 0, 0), (1, 0, 0), (k, on, b_at[1])
        tiled(m, n, c, c_at, a, (a_at[0], line), b, b_at[0], loops, c, (0, 0), PLAIN)
    else:
        _gemm(shape, a, a_at, a_turned, b, b_at, b_turned, c, c_at, add)
