"""Orders drawn by compiled code, against NumPy's own."""

import numpy as np
import pytest

pytest.importorskip("numba")

from nn_layers.vectors import ROLES, entropy, generator
from nn_model.engines.numba.registry import callable_from_python
from nn_model.engines.numba.shuffling import shuffle

SEEDS = [0, 1, 2**32 - 1, 2**32, 2**64 + 7, 2**128 - 1, 2**200 + 3]


@pytest.fixture(scope="module")
def compiled() -> object:
    return callable_from_python(shuffle)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 64, 65, 1000, 70_000])
def test_the_order_is_that_of_numpy(compiled: object, seed: int, count: int) -> None:
    words, pool = entropy(seed, "shuffle"), np.zeros(4, np.uint64)
    for epoch in [0, 1, 2, 3, 1000, 2**32 - 1]:
        wanted, found = np.arange(count), np.arange(count)
        generator(seed, "shuffle", (epoch,)).shuffle(wanted)
        compiled(words, epoch, pool, found)  # type: ignore[operator]  # a dispatcher
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("role", ROLES)
def test_what_a_generator_is_made_from(seed: int, role: str) -> None:
    wanted = generator(seed, role, (5, 6)).integers(2**63, size=3)
    found = np.random.default_rng(np.random.SeedSequence([*entropy(seed, role).tolist(), 5, 6])).integers(2**63, size=3)
    np.testing.assert_array_equal(found, wanted)
