"""exp, expm1, tanh, log and log1p of one number, without branches: a compiler turns loops over them into vectors.

Calls of the C library, which `math` makes, go one number at a time. Here e^x = 2^n e^r, with n the whole number next to
x / ln 2 and r = x - n ln 2; log x = k ln 2 + log(1 + f), with 1 + f between the roots of 1/2 and 2. ln 2 is taken in
two parts, so that no digit is lost; powers of 2 are put together from their bits; for the rest there are polynomials,
the best ones of their degree for the relative error of e^r - 1 and of log (Remez's exchange, 60 digits).

Relative errors stay below `BOUNDS`, in units of 2^-24 (float32) and 2^-53 (float64), over all exponents, where results
are normal numbers. NaN stays NaN; infinities, zeros, overflow, underflow and denormal results are those of NumPy.
"""

from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic, overload

from nn_model.engines.numba.keeping import keep

BOUNDS = {"exp": 2.0, "expm1": 3.0, "tanh": 5.0, "log": 2.0, "log1p": 4.0}

# Nothing may be reordered here: rounding is kept track of. A product and a sum may be joined, which rounds less.
OPTIONS: dict[str, Any] = {"fastmath": {"contract"}, "error_model": "numpy", "_nrt": False, "forceinline": True}


def exact(function: Any) -> Any:
    """Compile a function so that rounding stays as it is written."""
    return keep(njit(**OPTIONS)(function))


F, N = np.float32, np.int32
SAME_SIZE = {
    types.float32: types.int32,
    types.float64: types.int64,
    types.int32: types.float32,
    types.int64: types.float64,
}


@intrinsic  # type: ignore[untyped-decorator]
def _bits(_: Any, x: Any) -> Any:
    """Read the bits of a float as an integer, and those of an integer as a float."""
    other = SAME_SIZE[x]
    return other(x), lambda context, builder, _, args: builder.bitcast(args[0], context.get_value_type(other))


def _by_type(single: Any, double: Any) -> Any:
    """Make a function of one number that is `single` for float32 and `double` for float64."""

    def function(x: Any) -> Any:
        return (single if x.dtype == np.float32 else double)(x)

    @overload(function, jit_options=OPTIONS, strict=False)  # type: ignore[untyped-decorator]
    def _choose(x: Any) -> Any:
        return single if x == types.float32 else double

    return function


_ln2 = _by_type(
    lambda _: (F(0.693359375), F(-2.12194440054690583e-4)),
    lambda _: (6.93147180369123816490e-01, 1.90821492927058770002e-10),
)
"""ln 2 as two numbers, the first with so few digits that n times it is exact."""
_digits = _by_type(lambda _: N(23), lambda _: 52)
_bias = _by_type(lambda _: N(127), lambda _: 1023)
_integer = _by_type(lambda _: F(12582912.0), lambda _: 6755399441055744.0)
"""1.5 2^digits: a sum with it is rounded to a whole number, which its last bits hold."""
_range = _by_type(lambda _: (F(-104.0), F(89.0)), lambda _: (-746.0, 710.0))
"""e^x is 0 below and infinite above."""
_least = _by_type(lambda _: F(2.0**-126), lambda _: 2.0**-1022)
"""The least normal number."""


def _single_rest(r: Any) -> Any:
    p = F(0.0013882516842670305)
    p = p * r + F(0.008366520526442992)
    p = p * r + F(0.04166719992247048)
    p = p * r + F(0.1666654362180037)
    return p * r + F(0.4999999815397111)


def _double_rest(r: Any) -> Any:
    p = 2.5053762790009046e-08
    p = p * r + 2.7626038038305214e-07
    p = p * r + 2.7557407582587592e-06
    p = p * r + 2.4801505273520332e-05
    p = p * r + 0.00019841269718961788
    p = p * r + 0.0013888888931564939
    p = p * r + 0.008333333333389571
    p = p * r + 0.04166666666657676
    p = p * r + 0.16666666666666588
    return p * r + 0.5000000000000006


_rest = _by_type(_single_rest, _double_rest)
"""(e^r - 1 - r) / r^2, for r of at most ln 2 / 2 on either side of 0."""


def _single_tail(z: Any) -> Any:
    p = F(0.2358229457241531)
    p = p * z + F(0.28537301427679757)
    p = p * z + F(0.4000033529553605)
    return (p * z + F(0.6666666564502927)) * z


def _double_tail(z: Any) -> Any:
    p = 0.1479610453081263
    p = p * z + 0.15314035929753012
    p = p * z + 0.18183564862795298
    p = p * z + 0.2222219856356568
    p = p * z + 0.28571428742474
    p = p * z + 0.39999999999414326
    return (p * z + 0.6666666666666734) * z


_tail = _by_type(_single_tail, _double_tail)
"""log((1 + s) / (1 - s)) / s - 2, for z = s^2 of at most 0.0295."""


@exact
def _power(n: Any, like: Any) -> Any:
    """Give 2^n, for an n whose power is a normal number."""
    integer = type(n)
    return _bits(integer(integer(n + _bias(like)) << _digits(like)))


@exact
def _reduced(x: Any) -> Any:
    """Give n and e^r - 1."""
    high, low = _ln2(x)
    sum_ = x * type(x)(1.4426950408889634) + _integer(x)
    n = _bits(sum_) - _bits(_integer(x))
    k = sum_ - _integer(x)
    r = (x - k * high) - k * low
    return type(_bits(x))(n), r + r * r * _rest(r)


@exact
def exp(x: Any) -> Any:
    """e^x. The power comes in two halves: one alone is no normal number where the result is at either end."""
    one = type(x)(1.0)
    low, high = _range(x)
    c = max(x, low)
    n, q = _reduced(min(c, high))
    half = type(n)(n >> type(n)(1))
    return (one + q) * _power(half, x) * _power(type(n)(n - half), x)


@exact
def expm1(x: Any) -> Any:
    """e^x - 1 = 2 (2^(n-1) (e^r - 1) + (2^(n-1) - 1/2)), which is e^r - 1 where n = 0."""
    low, high = type(x)(-40.0), _range(x)[1]
    c = max(x, low)
    n, q = _reduced(min(c, high))
    p = _power(type(n)(n - type(n)(1)), x)
    half = p * q + (p - type(x)(0.5))
    return half + half


@exact
def inverse_root(x: Any) -> Any:
    """1 / sqrt x; where divisions may become products, an estimate takes its place, which is NaN for an infinite x."""
    return type(x)(1.0) / np.sqrt(x)


@exact
def scaled(x: Any, mean: Any, scale: Any) -> Any:
    """(x - mean) scale, in this order: the square of one of them alone may overflow."""
    return (x - mean) * scale


@exact
def centred(x: Any, mean: Any, rest: Any) -> Any:
    """(x - mean) - rest, in this order: the rest is too small to be added to the mean."""
    return (x - mean) - rest


@exact
def tanh(x: Any) -> Any:
    """Tanh x = -e / (e + 2), with e = e^(-2 |x|) - 1, times the sign of x."""
    two = type(x)(2.0)
    e = expm1(-two * abs(x))
    t = e / (e + two)
    return -t if x > type(x)(0.0) else t


@exact
def log(x: Any) -> Any:
    """Log x = k ln 2 + f - f^2 / 2 + s (f^2 / 2 + tail), with s = f / (2 + f). A denormal x is scaled up first."""
    number, integer = type(x), type(_bits(x))
    up = number(2.0**60)
    denormal = x < _least(x)
    root = _bits(number(0.7071067811865476))
    above = integer(_bits(x * up if denormal else x) - root)
    k = number(integer(above >> _digits(x)))
    f = _bits(integer(integer(above & ((integer(1) << _digits(x)) - integer(1))) + root)) - number(1.0)
    s = f / (number(2.0) + f)
    square = number(0.5) * f * f
    k = k - number(60.0) if denormal else k
    high, low = _ln2(x)
    y = k * high + (f - (square - (s * (square + _tail(s * s)) + k * low)))
    y = y if x < number(np.inf) else x
    y = number(np.nan) if x < number(0.0) else y
    return number(-np.inf) if x == number(0.0) else y


@exact
def log1p(x: Any) -> Any:
    """log(1 + x): the logarithm of the rounded sum u, and what was rounded off divided by u."""
    number = type(x)
    one = number(1.0)
    u = one + x
    lost = one - (u - x) if x > one else x - (u - one)
    inside = (x > -one) & (x < number(np.inf))
    return log(u) + (lost / u if inside else number(0.0))
