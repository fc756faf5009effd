"""Arrays of the driver and its twins: views of memory that NumPy's arrays own, which the compiler sees through.

numba's own `reshape` calls a function that it cannot look into, and forgets the shape that it knew.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

from nn_layers.protocol import Array  # noqa: TC001  # beside the intrinsics, which numba looks through

FEW = 64

# ruff: noqa: ARG001  # the arguments of an intrinsic, and of what it returns, are fixed


@intrinsic  # type: ignore[untyped-decorator]  # numba has no types
def array(typing: Any, address: Any, shape: Any, dtype: Any) -> Any:
    """View the memory at an address as a C-contiguous array. A shape of literals is known to the compiler."""
    made = types.Array(dtype.dtype, len(shape), "C")

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = make_array(made)(context, builder).data.type
        data = builder.inttoptr(args[0], pointer)
        return _view(context, builder, made, data, cgutils.unpack_tuple(builder, args[1]))

    return made(address, shape, dtype), build


@intrinsic(prefer_literal=True)  # type: ignore[untyped-decorator]  # likewise
def local(typing: Any, address: Any, count: Any, dtype: Any) -> Any:
    """Copy so many numbers, a literal, from an address into the function's own memory, which nothing else points to."""
    made = types.CPointer(dtype.dtype)

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = context.get_data_type(dtype.dtype)
        own = cgutils.alloca_once(builder, ir.ArrayType(kind, count.literal_value))
        own.align = 64
        pointer = builder.bitcast(own, ir.PointerType(kind))
        _copy(context, builder, pointer, builder.inttoptr(args[0], pointer.type), count.literal_value)
        return pointer

    return made(address, count, dtype), build


@intrinsic(prefer_literal=True)  # type: ignore[untyped-decorator]  # likewise
def put_back(typing: Any, pointer: Any, address: Any, count: Any) -> Any:
    """Copy so many numbers, a literal, from the function's own memory to an address."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _copy(context, builder, builder.inttoptr(args[1], args[0].type), args[0], count.literal_value)
        return context.get_dummy_value()

    return types.void(pointer, address, count), build


@intrinsic(prefer_literal=True)  # type: ignore[untyped-decorator]  # likewise
def within(typing: Any, pointer: Any, offset: Any, shape: Any) -> Any:
    """View the function's own memory, from a number on whose place is a literal, as a C-contiguous array."""
    made = types.Array(pointer.dtype, len(shape), "C")

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = builder.gep(args[0], [context.get_constant(types.intp, offset.literal_value)])
        return _view(context, builder, made, data, cgutils.unpack_tuple(builder, args[2]))

    return made(pointer, offset, shape), build


@intrinsic  # type: ignore[untyped-decorator]  # likewise
def _uniform(typing: Any, bits: Any, like: Any) -> Any:
    made = types.float32 if like.dtype == types.float32 else types.float64

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        # NumPy's bitgen_t: the state, and functions of it: next_uint64, next_uint32, next_double.
        member = ir.PointerType(ir.IntType(8))
        table = builder.inttoptr(args[0], ir.PointerType(member))
        places = [builder.gep(table, [context.get_constant(types.intp, n)]) for n in (0, 2, 3)]
        state, next32, next_double = map(builder.load, places)
        if made == types.float64:
            kind = ir.FunctionType(ir.DoubleType(), [member])
            return builder.call(builder.bitcast(next_double, ir.PointerType(kind)), [state])
        kind = ir.FunctionType(ir.IntType(32), [member])
        drawn = builder.call(builder.bitcast(next32, ir.PointerType(kind)), [state])
        high = builder.uitofp(builder.lshr(drawn, ir.Constant(ir.IntType(32), 8)), ir.FloatType())
        return builder.fmul(high, ir.Constant(ir.FloatType(), 2.0**-24))

    return made(bits, like), build


@intrinsic  # type: ignore[untyped-decorator]  # likewise
def _flat(typing: Any, x: Any) -> Any:
    made = types.Array(x.dtype, 1, "C")

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        given = make_array(x)(context, builder, args[0])
        return _view(context, builder, made, given.data, [_product(context, builder, given, x.ndim)])

    return made(x), build


@intrinsic  # type: ignore[untyped-decorator]  # likewise
def _table(typing: Any, x: Any, columns: Any) -> Any:
    made = types.Array(x.dtype, 2, "C")

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        given = make_array(x)(context, builder, args[0])
        width = context.cast(builder, args[1], columns, types.intp)
        size = _product(context, builder, given, x.ndim)
        return _view(context, builder, made, given.data, [builder.sdiv(size, width), width])

    return made(x, columns), build


def _product(context: Any, builder: Any, given: Any, ndim: int) -> Any:
    size = context.get_constant(types.intp, 1)
    for dim in cgutils.unpack_tuple(builder, given.shape, ndim):
        size = builder.mul(size, dim)
    return size


def _copy(context: Any, builder: Any, to: Any, start: Any, count: int) -> None:
    """Copy numbers: few of them one by one, since the compiler would take what is copied as a whole for one integer."""
    if count > FEW:
        size = context.get_abi_sizeof(to.type.pointee)
        cgutils.raw_memcpy(builder, to, start, context.get_constant(types.intp, count), size)
        return
    for place in range(count):
        at = [context.get_constant(types.intp, place)]
        builder.store(builder.load(builder.gep(start, at)), builder.gep(to, at))


def _view(context: Any, builder: Any, made: Any, data: Any, dims: Sequence[Any]) -> Any:
    view = make_array(made)(context, builder)
    size = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(made.dtype)))
    strides = [size]
    for dim in dims[:0:-1]:
        strides.insert(0, builder.mul(strides[0], dim))
    populate_array(view, data=data, shape=dims, strides=strides, itemsize=size, meminfo=None)
    return view._getvalue()  # as numba's own intrinsics do


if TYPE_CHECKING:

    def flat(x: Array) -> Array:
        """View a C-contiguous array of any shape as (n,)."""

    def table(x: Array, columns: int) -> Array:
        """View a C-contiguous array of any shape as (rows, columns)."""

    def uniform(bits: int, like: Array) -> float:
        """Draw from [0, 1) in an array's dtype, as NumPy does; `bits` is the address of a generator's functions."""
else:
    flat, table, uniform = _flat, _table, _uniform
