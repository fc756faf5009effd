"""The rules, the schedules and clipping against PyTorch, in float64, where it is installed."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from nn_optim import (
    SGD,
    AdaGrad,
    Adam,
    AdaMax,
    AdamW,
    ClipNorm,
    ClipValue,
    Cosine,
    ExponentialDecay,
    Momentum,
    Nadam,
    Nesterov,
    OneCycle,
    RMSProp,
    Schedule,
    StepDecay,
)

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

optim = torch.optim
schedulers = torch.optim.lr_scheduler


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    """PyTorch keeps NAdam's product of momenta in its default dtype."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


RULES: list[tuple[Any, Callable[[Any], Any]]] = [
    (SGD(), lambda p: optim.SGD(p, lr=0.01)),
    (Momentum(), lambda p: optim.SGD(p, lr=0.01, momentum=0.9)),
    (Nesterov(0.1, 0.8), lambda p: optim.SGD(p, lr=0.1, momentum=0.8, nesterov=True)),
    (AdaGrad(), optim.Adagrad),
    (AdaGrad(0.1, 1e-2), lambda p: optim.Adagrad(p, lr=0.1, eps=1e-2)),
    (RMSProp(), optim.RMSprop),
    (RMSProp(0.1, 0.9, 1e-2), lambda p: optim.RMSprop(p, lr=0.1, alpha=0.9, eps=1e-2)),
    (Adam(), optim.Adam),
    (Adam(0.1, (0.5, 0.9), 1e-2), lambda p: optim.Adam(p, lr=0.1, betas=(0.5, 0.9), eps=1e-2)),
    (AdamW(), optim.AdamW),
    (AdamW(0.1, weight_decay=0.5), lambda p: optim.AdamW(p, lr=0.1, weight_decay=0.5)),
    (AdaMax(), optim.Adamax),
    (AdaMax(0.1, (0.5, 0.9), 1e-2), lambda p: optim.Adamax(p, lr=0.1, betas=(0.5, 0.9), eps=1e-2)),
    (Nadam(), optim.NAdam),
    (
        Nadam(0.1, (0.5, 0.9), 1e-2, 0.5),
        lambda p: optim.NAdam(p, lr=0.1, betas=(0.5, 0.9), eps=1e-2, momentum_decay=0.5),
    ),
]


@pytest.mark.parametrize(("rule", "oracle"), RULES, ids=[repr(rule) for rule, _ in RULES])
def test_a_rule_follows_pytorch(rule: Any, oracle: Callable[[Any], Any]) -> None:
    rng = np.random.default_rng(3)
    theta = rng.standard_normal(40)
    tensor = torch.tensor(theta.copy(), requires_grad=True)
    state, other = rule.init(theta), oracle([tensor])
    for _ in range(50):
        grad = rng.standard_normal(40) * 10.0 ** rng.integers(-3, 3, 40)
        rule.update(theta, grad, state)
        tensor.grad = torch.tensor(grad)
        other.step()
        np.testing.assert_allclose(theta, tensor.detach().numpy(), rtol=1e-11, atol=1e-13)


SCHEDULES: list[tuple[Schedule, float, Callable[[Any], Any]]] = [
    (StepDecay(0.1, 7, 0.5), 0.1, lambda o: schedulers.StepLR(o, 7, 0.5)),
    (ExponentialDecay(0.1, 0.9), 0.1, lambda o: schedulers.ExponentialLR(o, 0.9)),
    (Cosine(0.1, 60, 0.01), 0.1, lambda o: schedulers.CosineAnnealingLR(o, 60, 0.01)),
    (OneCycle(0.1, 60), 0.1, lambda o: schedulers.OneCycleLR(o, 0.1, 60, cycle_momentum=False)),
    (
        OneCycle(0.1, 61, 0.25, 10.0, 100.0),
        0.1,
        lambda o: schedulers.OneCycleLR(
            o, 0.1, 61, pct_start=0.25, div_factor=10, final_div_factor=100, cycle_momentum=False
        ),
    ),
]


@pytest.mark.parametrize(("schedule", "lr", "oracle"), SCHEDULES, ids=[repr(row[0]) for row in SCHEDULES])
def test_a_schedule_follows_pytorch(schedule: Schedule, lr: float, oracle: Callable[[Any], Any]) -> None:
    other = optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler = oracle(other)
    for step in range(60):
        assert schedule(step) == pytest.approx(scheduler.get_last_lr()[0], rel=1e-9)
        other.step()
        scheduler.step()


@pytest.mark.parametrize("max_norm", [1e-3, 1.0, 5.0, 1e3])
def test_clipping_by_norm_follows_pytorch(max_norm: float) -> None:
    grad = np.random.default_rng(5).standard_normal(1000)
    weight, bias = torch.zeros(990, dtype=torch.float64), torch.zeros(10, dtype=torch.float64)
    weight.grad, bias.grad = torch.tensor(grad[:990]), torch.tensor(grad[990:])
    want = torch.nn.utils.clip_grad_norm_([weight, bias], max_norm)
    assert ClipNorm(max_norm).clip(grad) == pytest.approx(want.item(), rel=1e-12)
    np.testing.assert_allclose(grad, np.concatenate([weight.grad.numpy(), bias.grad.numpy()]), rtol=1e-12)


def test_clipping_by_value_follows_pytorch() -> None:
    grad = np.random.default_rng(5).standard_normal(1000)
    weight = torch.zeros(1000, dtype=torch.float64)
    weight.grad = torch.tensor(grad)
    torch.nn.utils.clip_grad_value_([weight], 0.5)
    ClipValue(0.5).clip(grad)
    assert np.array_equal(grad, weight.grad.numpy())
