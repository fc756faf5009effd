"""Every rule against its formula, written out as sums over all gradients so far, in plain Python floats."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from nn_optim import (
    BLOCK,
    SGD,
    AdaGrad,
    Adam,
    AdaMax,
    AdamW,
    Cosine,
    Momentum,
    Nadam,
    Nesterov,
    OneCycle,
    Optimizer,
    OptimizerFrame,
    RMSProp,
    Slot,
    Warmup,
    by_hand,
    rate,
)

Array = np.ndarray[Any, np.dtype[Any]]
Direction = Callable[[Any, list[float]], float]

STEPS = 20
DECAY = ((0, 2), (3, 4))
DECAYED = {0, 1, 3}


def decayed_sum(g: list[float], beta: float) -> float:
    return sum(beta ** (len(g) - 1 - i) * value for i, value in enumerate(g))


def corrected_root(g: list[float], beta: float) -> float:
    squares = [value * value for value in g]
    return math.sqrt((1 - beta) * decayed_sum(squares, beta) / (1 - beta ** len(g)))


def heavy_ball(o: Momentum, g: list[float]) -> float:
    return decayed_sum(g, o.momentum)


def nesterov(o: Nesterov, g: list[float]) -> float:
    return g[-1] + o.momentum * decayed_sum(g, o.momentum)


def over_root(g: float, square: float, eps: float, inside: bool) -> float:
    return g / math.sqrt(square + eps) if inside else g / (math.sqrt(square) + eps)


def adagrad(o: AdaGrad, g: list[float]) -> float:
    return over_root(g[-1], sum(value**2 for value in g), o.eps, o.eps_inside_sqrt)


def rmsprop(o: RMSProp, g: list[float]) -> float:
    square = (1 - o.alpha) * decayed_sum([value**2 for value in g], o.alpha)
    return over_root(g[-1], square, o.eps, o.eps_inside_sqrt)


def adam(o: Adam | AdamW, g: list[float]) -> float:
    b1, b2 = o.betas
    m_hat = (1 - b1) * decayed_sum(g, b1) / (1 - b1 ** len(g))
    return m_hat / (corrected_root(g, b2) + o.eps)


def adamax(o: AdaMax, g: list[float]) -> float:
    b1, b2 = o.betas
    u = max(b2 ** (len(g) - 1 - i) * (abs(value) + o.eps) for i, value in enumerate(g))
    return (1 - b1) * decayed_sum(g, b1) / (1 - b1 ** len(g)) / u


def nadam(o: Nadam, g: list[float]) -> float:
    b1, b2 = o.betas
    t, m = len(g), (1 - b1) * decayed_sum(g, b1)
    if o.momentum_decay is None:
        ahead = (b1 * m + (1 - b1) * g[-1]) / (1 - b1**t)
    else:
        mu = [b1 * (1 - 0.5 * 0.96 ** (i * o.momentum_decay)) for i in range(1, t + 2)]
        ahead = mu[t] * m / (1 - math.prod(mu)) + (1 - mu[t - 1]) * g[-1] / (1 - math.prod(mu[:t]))
    return ahead / (corrected_root(g, b2) + o.eps)


CASES: list[tuple[Any, Direction]] = [
    (SGD(), lambda _, g: g[-1]),
    (SGD(lr=0.5), lambda _, g: g[-1]),
    (Momentum(), heavy_ball),
    (Momentum(lr=0.1, momentum=0.5), heavy_ball),
    (Momentum(lr=Cosine(0.1, 15, 0.01), momentum=0.99), heavy_ball),
    (Nesterov(), nesterov),
    (Nesterov(lr=OneCycle(0.1, STEPS), momentum=0.0), nesterov),
    (AdaGrad(), adagrad),
    (AdaGrad(lr=0.1, eps=0.01), adagrad),
    (AdaGrad(lr=0.1, eps=0.01, eps_inside_sqrt=True), adagrad),
    (RMSProp(), rmsprop),
    (RMSProp(lr=0.1, alpha=0.9, eps=0.01), rmsprop),
    (RMSProp(lr=0.1, alpha=0.9, eps=0.01, eps_inside_sqrt=True), rmsprop),
    (Adam(), adam),
    (Adam(lr=0.1, betas=(0.5, 0.9), eps=0.01), adam),
    (Adam(lr=Warmup(5, Cosine(0.1, 15)), betas=(0.0, 0.0)), adam),
    (AdamW(), adam),
    (AdamW(lr=Warmup(5, Cosine(0.1, 15)), weight_decay=0.5), adam),
    (AdaMax(), adamax),
    (AdaMax(lr=0.1, betas=(0.8, 0.7), eps=0.01), adamax),
    (Nadam(), nadam),
    (Nadam(lr=0.1, betas=(0.8, 0.95), eps=0.01, momentum_decay=1.0), nadam),
    (Nadam(lr=0.0005, eps=1e-7, momentum_decay=None), nadam),
    (Nadam(lr=OneCycle(0.1, STEPS), betas=(0.0, 0.9)), nadam),
]
NAMES = [repr(rule) for rule, _ in CASES]


def gradients(size: int, dtype: str = "f8") -> Array:
    rng = np.random.default_rng(7)
    return (rng.standard_normal((STEPS, size)) * 10.0 ** rng.integers(-3, 3, size)).astype(dtype)


def expected(rule: Any, direction: Direction, start: Array, grads: Array) -> Array:
    """Return the parameters after each step: one parameter after the other, each from its own list of gradients."""
    path = np.empty_like(grads)
    for i, p in enumerate(start.tolist()):
        for t in range(STEPS):
            lr = rate(rule.lr, t)
            if i in DECAYED:
                p *= 1 - lr * getattr(rule, "weight_decay", 0.0)  # noqa: PLW2901  # p is the parameter as it moves
            p -= lr * direction(rule, grads[: t + 1, i].tolist())  # noqa: PLW2901  # as above
            path[t, i] = p
    return path


def found(rule: Optimizer, start: Array, grads: Array) -> Array:
    theta, path = start.copy(), np.empty_like(grads)
    state = rule.init(theta, decay=DECAY)
    for t, grad in enumerate(grads):
        rule.update(theta, grad, state)
        path[t] = theta
    assert state.step == len(grads)
    return path


def gap(rule: Optimizer, formula: Any, direction: Direction) -> float:
    """Check how far the rule is from a formula after any step, relative to the parameters."""
    grads = gradients(5)
    start = np.array([1.0, -2.0, 0.5, 3.0, -1.5])
    want = expected(formula, direction, start, grads)
    return float(np.max(np.abs(found(rule, start, grads) - want) / np.maximum(np.abs(want), 1.0)))


@pytest.mark.parametrize(("rule", "direction"), CASES, ids=NAMES)
def test_a_rule_follows_its_formula(rule: Any, direction: Direction) -> None:
    assert gap(rule, rule, direction) <= 1e-12


# ---- the checker must tell these apart ----


@dataclass(frozen=True)
class Mutant:
    """An Adam whose arithmetic is something else: `move(theta, grad, m, v, lr, t)`."""

    move: Callable[[Array, Array, Array, Array, float, int], None]
    lr: float = 0.001
    blocks: int = 0

    @property
    def slots(self) -> Mapping[str, Slot]:
        return {"m": Slot(), "v": Slot()}

    def calls(self, f: OptimizerFrame) -> Iterator[tuple[Any, ...]]:
        yield self._run, f.theta, f.grad, f.slots["m"], f.slots["v"], f.lr, f.step

    def _run(self, theta: Array, grad: Array, m: Array, v: Array, lr: Array, step: Array) -> None:
        self.move(theta, grad, m, v, lr.item(), step.item())

    init, update = by_hand.init, by_hand.update


def sign_sgd(theta: Array, grad: Array, m: Array, v: Array, lr: float, t: int) -> None:
    del m, v, t
    theta -= lr * np.sign(grad)


def uncorrected(theta: Array, grad: Array, m: Array, v: Array, lr: float, t: int) -> None:
    del t
    m += 0.1 * (grad - m)
    v += 0.001 * (grad**2 - v)
    theta -= lr * m / (np.sqrt(v) + 1e-8)


def late_clock(theta: Array, grad: Array, m: Array, v: Array, lr: float, t: int) -> None:
    m += 0.1 * (grad - m)
    v += 0.001 * (grad**2 - v)
    theta -= lr * m / (1 - 0.9 ** (t + 1)) / (np.sqrt(v / (1 - 0.999 ** (t + 1))) + 1e-8)


MUTANTS: list[tuple[str, Any, Any, Direction]] = [
    ("sign-SGD for Adam", Mutant(sign_sgd), Adam(), adam),
    ("Adam without bias correction", Mutant(uncorrected), Adam(), adam),
    ("Adam with a clock one step late", Mutant(late_clock), Adam(), adam),
    ("Adam with its betas swapped", Adam(betas=(0.999, 0.9)), Adam(), adam),
    ("Adam for AdamW", Adam(), AdamW(weight_decay=1e-4), adam),
    ("Nadam without its schedule", Nadam(momentum_decay=None), Nadam(), nadam),
    ("Nadam with Keras's schedule", Nadam(momentum_decay=1.0), Nadam(), nadam),
    ("Adam for Nadam", Adam(lr=0.002), Nadam(), nadam),
    ("Nesterov for Momentum", Nesterov(), Momentum(), heavy_ball),
    ("epsilon inside the root", RMSProp(eps_inside_sqrt=True), RMSProp(), rmsprop),
    ("RMSProp for AdaGrad", RMSProp(alpha=0.5, eps=1e-10), AdaGrad(), adagrad),
]


@pytest.mark.parametrize(("mutant", "rule", "direction"), [row[1:] for row in MUTANTS], ids=[row[0] for row in MUTANTS])
def test_the_checker_tells_a_mutant_from_the_rule(mutant: Any, rule: Any, direction: Direction) -> None:
    assert gap(rule, rule, direction) <= 1e-12
    assert gap(mutant, rule, direction) > 1e-8  # 10,000 times what a rule is allowed


# ---- blocks and dtypes ----


@pytest.mark.parametrize("rule", [rule for rule, _ in CASES], ids=NAMES)
@pytest.mark.parametrize("size", [0, 1, 2 * BLOCK + 3])
def test_blocks_give_what_the_elements_alone_give(rule: Any, size: int) -> None:
    few = gradients(3)[:4]
    start = np.array([1.0, -2.0, 0.5])
    theta, state = np.resize(start, size), rule.init(np.resize(start, size), decay=())
    small, small_state = start.copy(), rule.init(start, decay=())
    for grad in few:
        rule.update(theta, np.resize(grad, size), state)
        rule.update(small, grad, small_state)
    np.testing.assert_allclose(theta, np.resize(small, size), rtol=1e-14)


@pytest.mark.parametrize(("rule", "direction"), CASES, ids=NAMES)
def test_float32_stays_float32_and_close_to_float64(rule: Any, direction: Direction) -> None:
    grads = gradients(5, "f4")
    start = np.array([1.0, -2.0, 0.5, 3.0, -1.5], "f4")
    path = found(rule, start, grads)
    want = expected(rule, direction, start, grads.astype("f8"))
    state = rule.init(start)
    assert path.dtype == np.float32
    assert all(slot.dtype == np.float32 for name, slot in state.slots.items() if name != "product")
    np.testing.assert_allclose(path, want, rtol=1e-4, atol=1e-4 * float(np.abs(want - start).max()))


@pytest.mark.parametrize("rule", [rule for rule, _ in CASES], ids=NAMES)
def test_a_gradient_of_nothing_but_zeros_moves_nothing_but_the_decay(rule: Any) -> None:
    theta = np.array([1.0, -2.0, 3.0], "f4")
    start, state = theta.copy(), rule.init(theta, decay=())
    for _ in range(3):
        rule.update(theta, np.zeros(3, "f4"), state)
    assert np.array_equal(theta, start)
