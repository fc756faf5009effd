"""The first values of parameters: their distribution, and which seed gives which."""

import math
import tracemalloc
from typing import Any

import numpy as np
import pytest

from nn_layers import ELU, Dense, Dropout, Glorot, He, LeCun, Normal, Stack, Uniform, Zeros
from nn_layers.protocol import Array

FANS = (400, 600)
HE, LECUN, GLOROT = math.sqrt(2 / 400), math.sqrt(1 / 400), math.sqrt(2 / 1000)

# Spec, mean, deviation, largest distance from the mean (None: a normal distribution has none).
TABLE: list[tuple[Any, float, float, float | None]] = [
    (He(), 0.0, HE, None),
    (He("uniform"), 0.0, HE, math.sqrt(6 / 400)),
    (LeCun(), 0.0, LECUN, None),
    (LeCun("uniform"), 0.0, LECUN, math.sqrt(3 / 400)),
    (Glorot(), 0.0, GLOROT, None),
    (Glorot("uniform"), 0.0, GLOROT, math.sqrt(6 / 1000)),
    (Uniform(), 0.0, 1 / math.sqrt(12), 0.5),
    (Uniform(1.0, 5.0), 3.0, 4 / math.sqrt(12), 2.0),
    (Normal(), 0.0, 0.01, None),
    (Normal(2.0, mean=-1.0), -1.0, 2.0, None),
    (Normal(0.0, mean=3.0), 3.0, 0.0, 0.0),
    (Zeros(), 0.0, 0.0, 0.0),
]
every_initializer = pytest.mark.parametrize(("init", "mean", "std", "limit"), TABLE, ids=repr)


def drawn(init: Any, seed: int = 0) -> Array:
    out = np.full(FANS, np.nan)
    init.draw(out, FANS, np.random.default_rng(seed))
    return out


@every_initializer
def test_mean_deviation_and_bounds(init: Any, mean: float, std: float, limit: float | None) -> None:
    values = drawn(init)
    # Five standard errors; the deviation's own is at most std / sqrt(2 n).
    allowed = 5.0 * std / math.sqrt(values.size)
    assert abs(values.mean() - mean) <= allowed
    assert abs(values.std() - std) <= allowed
    farthest = np.abs(values - mean).max()
    if limit is None:
        assert farthest > 4.0 * std  # not cut off
    else:
        assert 0.999 * limit <= farthest <= limit


@pytest.mark.parametrize("init", [He(), LeCun(), Glorot(), Normal(0.3)], ids=repr)
def test_a_normal_distribution_has_its_quantiles(init: Any) -> None:
    values = drawn(init)
    within = np.mean(np.abs(values) <= np.std(values))
    assert abs(within - math.erf(math.sqrt(0.5))) < 5.0 * math.sqrt(0.25 / values.size)


def test_one_seed_gives_the_same_numbers_and_another_gives_others() -> None:
    def theta(seed: int) -> list[float]:
        numbers: list[float] = Stack([Dense(5, 4), ELU(), Dense(4, 3)], seed=seed).theta.tolist()
        return numbers

    assert theta(1) == theta(1)
    assert theta(1) != theta(2)


def test_every_layer_draws_from_a_generator_of_its_own() -> None:
    weights = Stack([Dense(4, 4), Dense(4, 4), Dense(4, 4)]).weights()
    drawn = [weights[f"layers.{i}.w"].tobytes() for i in range(3)]
    assert len(set(drawn)) == 3


def test_a_layer_keeps_its_numbers_when_others_change_their_size() -> None:
    first = Stack([Dense(4, 4), Dense(4, 2)]).weights()["layers.0.w"]
    other = Stack([Dense(4, 4), Dense(4, 9), Dropout(0.5)]).weights()["layers.0.w"]
    assert np.array_equal(first, other)


@every_initializer
def test_float32_is_float64_rounded(init: Any, mean: float, std: float, limit: float | None) -> None:
    del mean, std, limit
    wide = Stack([Dense(30, 20, init)], dtype="float64", seed=4).theta
    assert np.array_equal(Stack([Dense(30, 20, init)], seed=4).theta, wide.astype("float32"))


@every_initializer
def test_biases_start_at_zero(init: Any, mean: float, std: float, limit: float | None) -> None:
    del mean, std, limit
    assert not Stack([Dense(30, 20, init)]).weights()["layers.0.b"].any()


def test_the_fans_of_a_dense_layer_are_its_sizes() -> None:
    w = Stack([Dense(1000, 50, He())], dtype="float64").weights()["layers.0.w"]
    assert w.std() == pytest.approx(math.sqrt(2 / 1000), rel=0.02)
    w = Stack([Dense(1000, 50, Glorot())], dtype="float64").weights()["layers.0.w"]
    assert w.std() == pytest.approx(math.sqrt(2 / 1050), rel=0.02)


def test_dropout_and_weights_do_not_share_their_numbers() -> None:
    stack = Stack([Dense(64, 1, Uniform(0.0, 1.0)), Dropout(0.5)], seed=0, dtype="float64", rows=64)
    mask_first = np.random.default_rng(np.random.SeedSequence(0, spawn_key=(1, 1))).random((64, 1))
    kept = stack.forward(np.ones((64, 64)), training=True) > 0
    assert np.array_equal(kept, mask_first + 0.5 >= 1.0)
    assert not np.array_equal(stack.weights()["layers.0.w"], mask_first)


@every_initializer
@pytest.mark.parametrize("order", ["C", "F"])
def test_the_numbers_do_not_depend_on_the_block(
    init: Any, mean: float, std: float, limit: float | None, order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    del mean, std, limit
    whole, pieces = drawn(init), np.full(FANS, np.nan, order=order)
    monkeypatch.setattr("nn_layers.initializers.BLOCK", 1000)
    init.draw(pieces, FANS, np.random.default_rng(0))
    assert np.array_equal(whole, pieces)


def test_a_stream_is_the_generators_own() -> None:
    rng = np.random.default_rng(0)
    assert np.array_equal(drawn(He()), rng.normal(0.0, HE, FANS))
    rng = np.random.default_rng(0)
    assert np.array_equal(drawn(Uniform(1.0, 5.0)), rng.uniform(1.0, 5.0, FANS))


@pytest.mark.parametrize("init", [He(), He("uniform"), Uniform(), Normal()], ids=repr)
def test_a_draw_takes_no_second_array_of_the_layers_size(init: Any) -> None:
    out, rng = np.empty((2000, 1000), "float32"), np.random.default_rng(0)
    tracemalloc.start()
    init.draw(out, out.shape, rng)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < out.nbytes / 8
