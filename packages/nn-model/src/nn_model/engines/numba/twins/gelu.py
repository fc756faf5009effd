"""y = x Phi(x), with Phi the normal distribution function; or its tanh form. See the kernels for the formulas."""

import math

from nn_layers.kernels import gelu
from nn_layers.protocol import Array
from nn_model.engines.numba.mathematics import exp, tanh
from nn_model.engines.numba.memory import flat
from nn_model.engines.numba.registry import compiled, twin

BLOCK = 1024
"""Numbers of which the polynomial's terms are added one after the other: they stay in the first cache."""

ROOT_HALF, DENSITY = math.sqrt(0.5), 1.0 / math.sqrt(2.0 * math.pi)
ROOT, CUBIC = gelu.ROOT, gelu.CUBIC


@compiled
def _polynomial(coefficients: tuple[float, ...], u: Array, h: Array) -> None:
    """Write h = the polynomial of u, highest power first."""
    top = h.dtype.type(coefficients[-1])
    for i in range(h.size):
        h[i] = top
    for k in range(len(coefficients) - 2, -1, -1):
        c = h.dtype.type(coefficients[k])
        for i in range(h.size):
            h[i] = h[i] * u[i] + c


@twin(gelu.forward)
def forward(x: Array, coefficients: tuple[float, ...], u: Array, e: Array, h: Array, y: Array) -> None:
    number = y.dtype.type
    half, one, two, four, quarter = number(ROOT_HALF), number(1), number(2), number(4), number(0.25)
    for start in range(0, x.size, BLOCK):
        part = slice(start, min(start + BLOCK, x.size))
        xs, us, es, hs, ys = flat(x)[part], flat(u)[part], flat(e)[part], flat(h)[part], flat(y)[part]
        for i in range(xs.size):
            us[i] = four / (abs(xs[i]) * half + two) - one
        _polynomial(coefficients, us, hs)
        for i in range(xs.size):
            z = abs(xs[i]) * half
            es[i] = exp(-z * z)
            hs[i] = exp(hs[i]) * (us[i] + one) * es[i] * quarter
            ys[i] = (xs[i] if xs[i] > 0 else 0 * one) - abs(xs[i]) * hs[i]


@twin(gelu.slope)
def slope(x: Array, e: Array, h: Array) -> None:
    a, es, hs = flat(x), flat(e), flat(h)
    half, density = h.dtype.type(0.5), h.dtype.type(DENSITY)
    for i in range(a.size):
        beyond = abs(half - hs[i])
        hs[i] = (beyond if a[i] > 0 else -beyond) + half + es[i] * a[i] * density


@twin(gelu.forward_tanh)
def forward_tanh(x: Array, h: Array, y: Array) -> None:
    a, hs, out, number = flat(x), flat(h), flat(y), y.dtype.type
    half, one, root, cubic = number(0.5), number(1), number(ROOT), number(ROOT * CUBIC)
    for i in range(a.size):
        t = tanh((a[i] * a[i] * cubic + root) * a[i])
        hs[i] = t
        out[i] = (t + one) * half * a[i]


@twin(gelu.slope_tanh)
def slope_tanh(x: Array, u: Array, e: Array, h: Array) -> None:
    a, hs, number = flat(x), flat(h), h.dtype.type
    half, one, linear, cubic = number(0.5), number(1), number(0.5 * ROOT), number(1.5 * ROOT * CUBIC)
    most = number(1e30)
    for i in range(a.size):
        square = a[i] * a[i]
        square = min(square, most)  # beyond, 1 - h^2 is 0 and must not meet an infinity
        hs[i] = hs[i] * half + half + (one - hs[i] * hs[i]) * (square * cubic + linear) * a[i]


@twin(gelu.backward)
def backward(dy: Array, slope: Array, dx: Array) -> None:
    d, a, out = flat(dy), flat(slope), flat(dx)
    for i in range(a.size):
        out[i] = d[i] * a[i]
