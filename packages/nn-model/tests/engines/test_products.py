"""Products of matrices by strips, tiles and BLAS, against NumPy's: right, and nothing written or read beside them."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba")

from nn_model.engines.numba.blas import product
from nn_model.engines.numba.registry import callable_from_python

SHAPES = [
    (m, n, k) for m in (1, 2, 7, 8, 9, 65) for n in (1, 2, 3, 10, 15, 16, 17, 33, 130) for k in (1, 2, 16, 17, 33, 600)
]
GAP = 5
"""Numbers before, after and between the lines of a factor, which are NaN."""


@pytest.fixture(scope="module")
def compiled() -> Any:
    return callable_from_python(product)


def spread(matrix: Any, width: int) -> tuple[Any, tuple[int, int]]:
    """Write a matrix into a flat array of NaN, its lines `width` apart; give that, and where it is."""
    flat = np.full(2 * GAP + len(matrix) * width, np.nan, matrix.dtype)
    flat[GAP : GAP + len(matrix) * width].reshape(len(matrix), width)[:, : matrix.shape[1]] = matrix
    return flat, (GAP, width)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("turned", ["neither", "left", "right"])
@pytest.mark.parametrize("gap", [0, GAP])
def test_products_are_those_of_numpy(compiled: Any, dtype: str, turned: str, gap: int) -> None:
    rng = np.random.default_rng(0)
    for m, n, k in SHAPES:
        left, right = rng.standard_normal((m, k)).astype(dtype), rng.standard_normal((k, n)).astype(dtype)
        given = [left.T if turned == "left" else left, right.T if turned == "right" else right]
        (a, a_at), (b, b_at) = (spread(factor, factor.shape[1] + gap) for factor in given)
        out, out_at = spread(np.zeros((m, n), dtype), n + gap)
        compiled((m, n, k), a, a_at, turned == "left", b, b_at, turned == "right", out, out_at, False)
        wanted, _ = spread(left @ right, n + gap)
        np.testing.assert_allclose(
            out, wanted, rtol=0, atol=float(np.finfo(dtype).eps) * 4 * (k + 1), err_msg=f"{m, n, k}"
        )


def test_a_number_that_is_none_spoils_its_own_line_only(compiled: Any) -> None:
    for n in (1, 10):
        left, right = np.ones((20, 30), np.float32), np.ones((30, n), np.float32)
        left[7, 29] = np.nan
        out = np.zeros((20, n), np.float32)
        compiled((20, n, 30), left.ravel(), (0, 30), False, right.ravel(), (0, n), False, out.ravel(), (0, n), False)
        assert np.isnan(out[7]).all()
        assert (np.delete(out, 7, 0) == 30).all()
