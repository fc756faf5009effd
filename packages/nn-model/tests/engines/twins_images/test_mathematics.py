"""The vectorised functions, over every exponent, beside more exact ones."""

from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest

numba = pytest.importorskip("numba")

from nn_model.engines.numba import mathematics  # noqa: E402  # only where numba is

Array = np.ndarray[Any, np.dtype[Any]]

NAMES = sorted(mathematics.BOUNDS)
SINGLE, DOUBLE = np.finfo(np.float32), np.finfo(np.float64)


def over(function: Callable[[Any], Any]) -> Callable[[Array], Array]:
    """Make a loop over an array, which the compiler turns into vectors."""

    @numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
    def loop(x: Any, y: Any) -> None:
        for i in range(x.size):
            y[i] = function(x[i])

    def apply(x: Array) -> Array:
        y = np.full_like(x, 7.0)
        loop(x, y)
        return y

    return apply


LOOPS = {name: over(getattr(mathematics, name)) for name in NAMES}


def check_singles(name: str, x: Array) -> None:
    """Compare with NumPy's double-precision function, rounded nowhere near as soon."""
    with np.errstate(all="ignore"):
        exact = getattr(np, name)(x.astype(np.float64))
        rounded = exact.astype(np.float32)
    found = LOOPS[name](x)
    assert found.dtype == np.float32
    assert np.array_equal(np.isnan(found), np.isnan(rounded))
    normal = np.isfinite(rounded) & (np.abs(rounded) >= SINGLE.tiny) & np.isfinite(found)
    off = np.abs(found[normal] - exact[normal]) / np.abs(exact[normal])
    assert off.max() * 2.0**24 <= mathematics.BOUNDS[name]
    tiny = np.abs(rounded) < SINGLE.tiny
    assert np.abs(found[tiny] - exact[tiny]).max(initial=0.0) <= 2 * SINGLE.smallest_subnormal
    top = (np.isinf(rounded) | np.isinf(found)) & ~np.isnan(
        found
    )  # one may round over the edge where the other does not
    largest = np.float64(SINGLE.max)
    assert np.all(np.isclose(np.clip(found[top], -largest, largest), np.clip(exact[top], -largest, largest), rtol=1e-6))


@pytest.mark.parametrize("name", NAMES)
def test_float32_over_every_exponent(name: str) -> None:
    every = np.arange(0, 1 << 32, 4099, dtype=np.uint64).astype(np.uint32).view(np.float32)
    check_singles(name, every)


@pytest.mark.parametrize("name", NAMES)
def test_float32_where_results_change_most(name: str) -> None:
    ends = [0.0, 1.0, -1.0, 0.5, 88.72284, -87.33655, -103.97208, 9.01, -9.01, 1.4142135, 0.70710677, 17.33]
    edges: Array = np.array(ends, np.float32).view(np.int32)
    near = edges[:, np.newaxis] + np.arange(-500, 500, dtype=np.int32)
    halves = np.arange(-300, 300, dtype=np.float32) * np.float32(0.34657359)
    spread = np.linspace(-110, 110, 200_001, dtype=np.float32)
    check_singles(name, np.concatenate([near.astype(np.int32).view(np.float32).ravel(), halves, spread]))


def exact(name: str, x: float) -> Decimal:
    """Compute with far more digits than a double has."""
    d = Decimal(x)
    if name == "exp":
        return d.exp()
    if name == "expm1":
        return d.exp() - 1
    if name == "tanh":
        e = (2 * d).exp()
        return (e - 1) / (e + 1)
    return d.ln() if name == "log" else (1 + d).ln()


@pytest.mark.parametrize("name", NAMES)
def test_float64_over_every_exponent(name: str) -> None:
    rng = np.random.default_rng(5)
    exponents = np.concatenate([np.arange(-1022, 1024), np.repeat(np.arange(-40, 11), 40)])
    x = np.ldexp(rng.uniform(1, 2, len(exponents)), exponents) * rng.choice([-1.0, 1.0], len(exponents))
    if name.startswith("log"):
        x = np.abs(x) if name == "log" else np.where(x > -1, x, -x)
    with np.errstate(all="ignore"):
        rounded = getattr(np, name)(x)
    found = LOOPS[name](x)
    assert np.array_equal(np.isinf(found), np.isinf(rounded))
    normal = np.isfinite(rounded) & (np.abs(rounded) >= DOUBLE.tiny) & (np.abs(x) > 1e-30)
    with localcontext() as context:
        context.prec = 60
        worst = 0.0
        for given, got in zip(x[normal], found[normal], strict=True):
            want = exact(name, max(-1e3, min(given, 1e3)) if name in ("expm1", "tanh") else given)
            worst = max(worst, float(abs((Decimal(got) - want) / want)))
    assert worst * 2.0**53 <= mathematics.BOUNDS[name]
    assert np.allclose(found, rounded, rtol=1e-15, atol=2 * DOUBLE.smallest_subnormal)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_number_and_the_ends_are_those_of_numpy(name: str, dtype: str) -> None:
    limits = np.finfo(dtype)
    ends = [
        np.nan,
        np.inf,
        -np.inf,
        0.0,
        -0.0,
        -1.0,
        1.0,
        limits.max,
        -limits.max,
        limits.tiny,
        limits.smallest_subnormal,
    ]
    x = np.array(ends * 3, dtype)
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(x)
    assert np.allclose(LOOPS[name](x), expected, rtol=4 * limits.eps, atol=limits.smallest_subnormal, equal_nan=True)


@pytest.mark.parametrize("name", ["exp", "expm1", "tanh"])
def test_a_loop_is_made_of_vectors(name: str) -> None:
    function: Any = getattr(mathematics, name)

    @numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
    def loop(x: Any, y: Any) -> None:
        for i in range(x.size):
            y[i] = function(x[i])

    loop(np.ones(64, np.float32), np.ones(64, np.float32))
    (code,) = loop.inspect_llvm().values()
    assert " x float>" in code
    assert f"@{name}f(" not in code
