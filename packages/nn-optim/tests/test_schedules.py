"""Schedules against their closed formulas, and what all of them promise."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn_optim import SGD, Constant, Cosine, ExponentialDecay, OneCycle, Schedule, StepDecay, Warmup, rate

ALL: list[Schedule] = [
    Constant(0.1),
    StepDecay(0.1, 10),
    ExponentialDecay(0.1, 0.99),
    Cosine(0.1, 30, 0.01),
    OneCycle(0.1, 40),
    Warmup(7, Cosine(0.1, 30)),
]


@pytest.mark.parametrize("step", [0, 1, 9, 10, 11, 99, 100_000])
def test_formulas_of_decay(step: int) -> None:
    assert Constant(0.1)(step) == 0.1
    assert StepDecay(0.1, 10, 0.5)(step) == pytest.approx(0.1 * 0.5 ** (step // 10), rel=1e-12)
    assert ExponentialDecay(0.1, 0.9)(step) == pytest.approx(0.1 * 0.9**step, rel=1e-12)
    assert ExponentialDecay(0.1, 0.5, steps=10)(step) == pytest.approx(0.1 * 0.5 ** (step / 10), rel=1e-12)


def test_cosine_falls_along_half_a_cosine_and_stays() -> None:
    schedule = Cosine(0.3, 40, 0.1)
    for step in range(41):
        assert schedule(step) == pytest.approx(0.1 + 0.2 * (1 + math.cos(math.pi * step / 40)) / 2, rel=1e-12)
    assert schedule(41) == schedule(10**9) == 0.1


def test_warmup_climbs_in_even_steps_and_hands_over_step_0() -> None:
    inner = StepDecay(0.8, 5, 0.5)
    schedule = Warmup(7, inner)
    assert [schedule(step) for step in range(8)] == pytest.approx([0.1 * (step + 1) for step in range(8)], rel=1e-12)
    assert [schedule(7 + step) for step in range(30)] == [inner(step) for step in range(30)]


def test_warmups_can_be_stacked() -> None:
    schedule = Warmup(1, Warmup(1, Constant(0.4)))
    assert [schedule(step) for step in range(4)] == pytest.approx([0.1, 0.2, 0.4, 0.4], rel=1e-12)


def test_one_cycle_climbs_falls_and_stays() -> None:
    schedule = OneCycle(1.0, 101, pct_start=0.2, div_factor=10.0, final_div_factor=100.0)
    peak, last = 0.2 * 101 - 1, 100
    for step in range(20):
        want = 1.0 + (0.1 - 1.0) * (1 + math.cos(math.pi * step / peak)) / 2
        assert schedule(step) == pytest.approx(want, rel=1e-12)
    for step in range(20, 101):
        want = 0.001 + (1.0 - 0.001) * (1 + math.cos(math.pi * (step - peak) / (last - peak))) / 2
        assert schedule(step) == pytest.approx(want, rel=1e-12)
    assert schedule(101) == schedule(10**6) == pytest.approx(0.001, rel=1e-12)


@pytest.mark.parametrize(("steps", "pct_start"), [(1, 0.0), (1, 0.3), (2, 0.5), (10, 0.0), (10, 0.1), (10, 0.99)])
def test_one_cycle_of_any_length_has_rates_within_its_bounds(steps: int, pct_start: float) -> None:
    schedule = OneCycle(1.0, steps, pct_start=pct_start)
    rates = [schedule(step) for step in range(steps + 1)]
    assert min(rates) >= 4e-6 * (1 - 1e-9)
    assert max(rates) <= 1.0
    assert rates[-1] == pytest.approx(4e-6, rel=1e-6)


@given(st.sampled_from(ALL), st.integers(0, 10**12))
def test_every_rate_is_a_float_from_0_to_the_highest(schedule: Schedule, step: int) -> None:
    value = schedule(step)
    assert type(value) is float
    assert 0.0 <= value <= 0.1 * (1 + 1e-12)


def test_rate_is_the_number_or_the_schedules() -> None:
    assert rate(0.25, 10**6) == 0.25
    assert rate(StepDecay(0.5, 100, 0.5), 250) == 0.125
    assert rate(lambda step: 1.0 / (1 + step), 3) == 0.25
    assert isinstance(Constant(0.1), Schedule)


BAD: list[tuple[Any, dict[str, Any], str]] = [
    (Constant, {"lr": -0.1}, "greater than or equal to 0"),
    (Constant, {"lr": math.nan}, "finite"),
    (StepDecay, {"lr": 0.1, "step_size": 0}, "greater than 0"),
    (StepDecay, {"lr": 0.1, "step_size": 2.0}, "valid integer"),
    (StepDecay, {"lr": 0.1, "step_size": True}, "valid integer"),
    (StepDecay, {"lr": 0.1, "step_size": 5, "gamma": 1.1}, "less than or equal to 1"),
    (ExponentialDecay, {"lr": 0.1, "gamma": 0.0}, "greater than 0"),
    (ExponentialDecay, {"lr": 0.1}, "gamma"),
    (Cosine, {"lr": 0.1, "steps": 10, "lr_min": 0.2}, "lr_min must not be above lr, got lr_min=0.2 and lr=0.1"),
    (Cosine, {"lr": 0.1, "steps": "10"}, "valid integer"),
    (OneCycle, {"lr_max": 0.1, "steps": 10, "pct_start": 1.0}, "less than 1"),
    (OneCycle, {"lr_max": 0.1, "steps": 10, "div_factor": 0.0}, "greater than 0"),
    (Warmup, {"steps": 0, "schedule": Constant(0.1)}, "greater than 0"),
    (Warmup, {"steps": 5, "schedule": 0.1}, "schedule"),
    (Warmup, {"steps": 5, "schedule": SGD()}, "SGD"),
]


@pytest.mark.parametrize(("schedule", "arguments", "message"), BAD)
def test_bad_arguments_are_refused(schedule: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        schedule(**arguments)
