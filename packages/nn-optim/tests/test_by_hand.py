"""`init` and `update`: what is checked, what is allocated, what is kept, and optimizers that users write."""

import copy
import math
import tracemalloc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from nn_optim import (
    SGD,
    AdaGrad,
    Adam,
    AdaMax,
    AdamW,
    Cosine,
    Momentum,
    Nadam,
    Nesterov,
    Optimizer,
    OptimizerFrame,
    OptimizerState,
    RateError,
    RMSProp,
    Slot,
    VectorError,
    Warmup,
    by_hand,
)

Array = np.ndarray[Any, np.dtype[Any]]

LR = Warmup(3, Cosine(0.1, 50))
RULES: list[Optimizer] = [
    SGD(LR),
    Momentum(LR),
    Nesterov(LR),
    AdaGrad(LR),
    RMSProp(LR),
    Adam(LR),
    AdamW(LR),
    AdaMax(LR),
    Nadam(LR),
    Nadam(LR, momentum_decay=None),
]
IDS = [repr(rule) for rule in RULES]


def vectors(size: int = 6, dtype: str = "f4") -> tuple[Array, Array]:
    rng = np.random.default_rng(2)
    return rng.standard_normal(size).astype(dtype), rng.standard_normal(size).astype(dtype)


def go(rule: Optimizer, theta: Array, state: OptimizerState, steps: range) -> None:
    for step in steps:
        rule.update(theta, np.random.default_rng(step).standard_normal(theta.size).astype(theta.dtype), state)


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_each_rule_is_an_optimizer_and_hashable(rule: Optimizer) -> None:
    assert isinstance(rule, Optimizer)
    assert len({rule, replace(rule)}) == 1  # type: ignore[type-var]  # all of them are dataclasses


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_resuming_from_slots_and_step_is_bit_identical(rule: Optimizer) -> None:
    theta, _ = vectors()
    state = rule.init(theta)
    go(rule, theta, state, range(7))
    saved = theta.copy(), {name: slot.copy() for name, slot in state.slots.items()}, state.step
    go(rule, theta, state, range(7, 12))

    resumed, slots, step = saved
    fresh = rule.init(resumed)
    for name, slot in slots.items():
        fresh.slots[name][...] = slot
    fresh.step = step
    go(rule, resumed, fresh, range(7, 12))
    assert np.array_equal(resumed, theta)
    assert all(np.array_equal(fresh.slots[name], state.slots[name]) for name in slots)


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_slots_put_in_place_of_others_are_used(rule: Optimizer) -> None:
    theta, grad = vectors()
    twin = theta.copy()
    state, other = rule.init(theta), rule.init(twin)
    rule.update(theta, grad, state)
    rule.update(twin, grad, other)
    for name, slot in state.slots.items():
        other.slots[name] = slot.copy()
    rule.update(theta, grad, state)
    rule.update(twin, grad, other)
    assert np.array_equal(theta, twin)
    assert all(np.array_equal(other.slots[name], slot) for name, slot in state.slots.items())


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_the_gradient_is_not_written(rule: Optimizer) -> None:
    theta, grad = vectors()
    grad.flags.writeable = False
    start, before, state = theta.copy(), grad.copy(), rule.init(theta)
    for _ in range(3):
        rule.update(theta, grad, state)
    assert np.array_equal(grad, before)
    assert not np.array_equal(theta, start)


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_a_second_update_allocates_nothing_of_the_parameters_size(rule: Optimizer) -> None:
    theta, grad = vectors(407_050)
    state = rule.init(theta)
    rule.update(theta, grad, state)
    tracemalloc.start()
    rule.update(theta, grad, state)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * 1024


def test_a_copy_of_the_state_goes_its_own_way() -> None:
    theta, grad = vectors()
    rule = Adam()
    state = rule.init(theta)
    rule.update(theta, grad, state)
    other, moved, before = copy.deepcopy(state), theta.copy(), theta.copy()
    rule.update(moved, grad, other)
    assert np.array_equal(theta, before)
    assert (state.step, other.step) == (1, 2)
    rule.update(theta, grad, state)
    assert np.array_equal(theta, moved)


def test_new_arrays_are_bound_and_the_memory_goes_on() -> None:
    theta, grad = vectors()
    one, other = theta.copy(), theta.copy()
    rule = Adam()
    state, two = rule.init(one), rule.init(other)
    for _ in range(3):
        rule.update(one, grad, state)
        moved = other.copy()  # another array at every step
        rule.update(moved, grad.copy(), two)
        other = moved
    assert np.array_equal(one, other)


def test_a_rate_given_to_one_update_is_used_for_it_alone() -> None:
    theta, grad, state = np.zeros(1), np.ones(1), SGD(0.5).init(np.zeros(1))
    SGD(0.5).update(theta, grad, state, lr=2.0)
    assert theta.item() == -2.0
    SGD(0.5).update(theta, grad, state)
    assert theta.item() == -2.5
    SGD(0.5).update(theta, grad, state, lr=0.0)
    assert theta.item() == -2.5


def test_a_schedule_counts_from_the_states_step() -> None:
    rule = SGD(Cosine(1.0, 2))
    theta, state = np.zeros(1), rule.init(np.zeros(1))
    moves = []
    for _ in range(4):
        before = theta.item()
        rule.update(theta, np.ones(1), state)
        moves.append(before - theta.item())
    assert moves == pytest.approx([1.0, 0.5, 0.0, 0.0])


def test_weight_decay_by_hand_takes_all_of_theta_or_the_ranges() -> None:
    rule = AdamW(lr=0.1, weight_decay=1.0)
    for decay, want in ((None, [0.9] * 4), (((0, 1), (2, 3)), [0.9, 1.0, 0.9, 1.0]), ((), [1.0] * 4)):
        theta = np.ones(4)
        state = rule.init(theta, decay=decay)
        rule.update(theta, np.zeros(4), state)
        assert theta.tolist() == want


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_a_gradient_with_nan_reaches_theta_and_is_not_hidden(rule: Optimizer) -> None:
    theta, grad = vectors()
    grad[2] = math.nan
    state = rule.init(theta)
    rule.update(theta, grad, state)
    assert math.isnan(theta[2])
    assert np.isfinite(np.delete(theta, 2)).all()


# ---- what is refused ----

FIXED = np.zeros(6)
FIXED.flags.writeable = False
BAD_ARRAYS: list[tuple[Any, Any, str]] = [
    ([0.0] * 6, np.zeros(6), "theta must be a numpy array, got list"),
    (np.zeros((2, 3)), np.zeros(6), r"theta must be one flat vector, got shape \(2, 3\)"),
    (np.zeros(12)[::2], np.zeros(6), "theta must be contiguous, got a stride of 16 bytes"),
    (np.zeros(6, "i8"), np.zeros(6), "theta must be float32 or float64, got int64"),
    (np.zeros(6, "f2"), np.zeros(6), "theta must be float32 or float64, got float16"),
    (np.zeros(6, ">f8"), np.zeros(6), "theta must be float32 or float64, got >f8"),
    (FIXED, np.zeros(6), "theta is updated in place and must be writeable"),
    (np.zeros(7), np.zeros(6), "theta must have 6 elements of float64 as the state has, got 7 of float64"),
    (np.zeros(6, "f4"), np.zeros(6), "theta must have 6 elements of float64 as the state has, got 6 of float32"),
    (np.zeros(6), np.zeros(5), "grad must have 6 elements"),
    (np.zeros(6), np.zeros((6, 1)), "grad must be one flat vector"),
    (np.zeros(6), np.zeros(6, "f4"), "grad must have 6 elements of float64"),
    (np.zeros(6), None, "grad must be a numpy array, got NoneType"),
]


@pytest.mark.parametrize(("theta", "grad", "message"), BAD_ARRAYS)
def test_arrays_that_do_not_fit_are_refused_before_anything_moves(theta: Any, grad: Any, message: str) -> None:
    rule = Adam()
    state = rule.init(np.zeros(6))
    with pytest.raises(VectorError, match=message):
        rule.update(theta, grad, state)
    assert state.step == 0
    assert not state.slots["m"].any()


@pytest.mark.parametrize("theta", [[0.0], np.zeros((2, 2)), np.zeros(4, int), np.zeros(8)[::2]])
def test_init_refuses_what_update_would(theta: Any) -> None:
    with pytest.raises(VectorError, match="theta must be"):
        SGD().init(theta)


@pytest.mark.parametrize(
    "decay", [((0, 7),), ((-1, 3),), ((3, 2),), ((0, 4), (2, 6)), ((4, 6), (0, 2)), ((0.0, 2.0),), (3,), ((1, 2, 3),)]
)
def test_bad_ranges_are_refused(decay: Any) -> None:
    with pytest.raises(VectorError, match="decay must be"):
        AdamW().init(np.zeros(6), decay=decay)


def test_ranges_assigned_later_take_effect() -> None:
    rule, theta = AdamW(lr=0.5, weight_decay=1.0), np.ones(2)
    state, grad = rule.init(theta), np.zeros(2)
    rule.update(theta, grad, state)
    state.decay = ((0, 1),)
    rule.update(theta, grad, state)
    assert theta.tolist() == [0.25, 0.5]
    ranges: Any = [[1, 2]]
    state.decay = ranges
    rule.update(theta, grad, state)
    assert theta.tolist() == [0.25, 0.25]
    assert state.decay == ((1, 2),)
    state.decay = ((0, 3),)
    with pytest.raises(VectorError, match="within the 2 parameters"):
        rule.update(theta, grad, state)
    assert theta.tolist() == [0.25, 0.25]


SINGLE, DOUBLE = (float(np.finfo(dtype).tiny) for dtype in ("f4", "f8"))
WITH_EPS: list[tuple[Any, dict[str, Any], float]] = [
    (AdaGrad, {}, 1.0),
    (AdaGrad, {"eps_inside_sqrt": True}, 1.0),
    (RMSProp, {}, 1.0),
    (RMSProp, {"eps_inside_sqrt": True}, 1.0),
    (AdaMax, {}, 1.0),
    (Adam, {"betas": (0.9, 0.0)}, 1.0),
    *((rule, {"betas": (0.5, 1 - 2.0**-53)}, 2.0**-26.5) for rule in (Adam, AdamW, Nadam)),
    (Nadam, {"momentum_decay": None}, math.sqrt(1 - 0.999)),
]


@pytest.mark.parametrize(("rule", "arguments", "share"), WITH_EPS)
@pytest.mark.parametrize(("dtype", "tiny"), [("float32", SINGLE), ("float64", DOUBLE)])
def test_an_epsilon_that_vanishes_in_the_dtype_is_refused(
    rule: Any, arguments: dict[str, Any], share: float, dtype: str, tiny: float
) -> None:
    least, theta, grad = tiny / share, np.ones(2, dtype), np.array([0.5, 0.0], dtype)
    message = rf"^{rule.__name__}: eps must be at least {least:.3g} for theta of {dtype}, .*, got "
    with pytest.raises(VectorError, match=message):
        rule(eps=least * 0.9, **arguments).init(theta)
    fine = rule(eps=least * 1.01, **arguments)
    state = fine.init(theta)
    with pytest.raises(VectorError, match=message):
        rule(eps=least * 0.9, **arguments).update(theta, grad, state)
    assert theta.tolist() == [1.0, 1.0]
    for _ in range(3):
        fine.update(theta, grad, state)
    assert np.isfinite(theta).all()
    assert theta[1] <= 1.0  # 0 / epsilon is 0, less a decay


@pytest.mark.parametrize("lr", [-0.1, math.nan, math.inf, -math.inf])
def test_bad_rates_are_refused(lr: float) -> None:
    theta, rule = np.ones(2), SGD()
    state = rule.init(theta)
    with pytest.raises(RateError, match=r"finite number of at least 0, got .* at step 0"):
        rule.update(theta, np.ones(2), state, lr=lr)
    assert theta.tolist() == [1.0, 1.0]


def test_the_state_of_another_optimizer_is_refused() -> None:
    theta, grad = vectors()
    with pytest.raises(VectorError, match=r"Adam needs a state with the slots \['m', 'v'\], got \['b'\]"):
        Adam().update(theta, grad, Momentum().init(theta))


@pytest.mark.parametrize("wrong", [np.zeros(5, "f4"), np.zeros(6), [0.0] * 6])
def test_slots_that_do_not_fit_are_refused(wrong: Any) -> None:
    theta, grad = vectors()
    state = Adam().init(theta)
    state.slots["v"] = wrong
    with pytest.raises(VectorError, match="slot v must"):
        Adam().update(theta, grad, state)


def test_another_rule_with_the_same_slots_takes_over_with_its_own_numbers() -> None:
    theta, grad = np.zeros(1), np.ones(1)
    state = Momentum(1.0, momentum=0.5).init(theta)
    Momentum(1.0, momentum=0.5).update(theta, grad, state)
    Momentum(1.0, momentum=0.25).update(theta, grad, state)
    assert theta.item() == -1.0 - 1.25


# ---- an own optimizer ----


def lion(theta: Array, grad: Array, m: Array, s: Array, lr: Array, b1: float, b2: float) -> None:
    np.multiply(m, b1, out=s)
    s += (1 - b1) * grad
    np.sign(s, out=s)
    theta -= lr.item() * s
    m *= b2
    m += (1 - b2) * grad


@dataclass(frozen=True)
class Lion:
    """Chen et al. (2023), as somebody would write it beside this package."""

    lr: float = 0.001
    betas: tuple[float, float] = (0.9, 0.99)
    blocks: int = 0

    @property
    def slots(self) -> Mapping[str, Slot]:
        return {"m": Slot(), "s": Slot()}

    def calls(self, f: OptimizerFrame) -> Iterator[tuple[Any, ...]]:
        yield lion, f.theta, f.grad, f.slots["m"], f.slots["s"], f.lr, *self.betas

    init, update = by_hand.init, by_hand.update


def test_an_own_optimizer_works_like_the_others() -> None:
    rule: Optimizer = Lion(lr=0.25)
    assert isinstance(rule, Optimizer)
    theta = np.array([1.0, -1.0])
    state = rule.init(theta)
    for _ in range(4):
        rule.update(theta, np.array([3.0, -0.2]), state)
    assert theta.tolist() == [0.0, 0.0]
    assert state.slots["m"] == pytest.approx([3 * (1 - 0.99**4), -0.2 * (1 - 0.99**4)])
