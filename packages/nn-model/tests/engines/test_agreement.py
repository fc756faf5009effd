"""Twins do what kernels do: whole training steps, of every part that a network can have, by both, from one start."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba")

from nn_layers import (
    ELU,
    GELU,
    L1,
    L2,
    SELU,
    AlphaDropout,
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    ElasticNet,
    Flatten,
    GlobalAvgPool2D,
    He,
    LayerNorm,
    LeakyReLU,
    MaxPool2D,
    MeanTokens,
    Patches,
    PositionalEncoding,
    Propagate,
    ReLU,
    Residual,
    SelfAttention,
    Sigmoid,
    Softmax,
    Standardize,
    Tanh,
)
from nn_layers.calls import Call
from nn_loss import MAE, MSE, BinaryCrossEntropy, CrossEntropy, Huber
from nn_model import NN
from nn_model.engines.numba.registry import callable_from_python
from nn_model.engines.numba.source import address, calls_of
from nn_model.engines.twinned import TWINS, twin_module, untwinned
from nn_model.program import Program
from nn_optim import (
    SGD,
    AdaGrad,
    Adam,
    AdaMax,
    AdamW,
    ClipNorm,
    ClipValue,
    Momentum,
    Nadam,
    Nesterov,
    RMSProp,
)

Array = np.ndarray[Any, np.dtype[Any]]
ROWS, FEATURES, OUTPUTS = 12, 6, 3


def by_kernels(calls: list[Call]) -> None:
    with np.errstate(all="ignore"):
        for kernel, args in calls:
            kernel(*args)


@cache
def python_twin(kernel: Any) -> Any:
    return callable_from_python(getattr(import_module(f"{TWINS}.{twin_module(kernel)}"), kernel.__name__))


def by_twins(calls: list[Call]) -> None:
    """Run calls as the driver does, without compiling one for every network."""
    for kernel, args in calls:
        python_twin(kernel)(*(address(arg) if isinstance(arg, np.random.Generator) else arg for arg in args))


def trained(run: Callable[[list[Call]], None], part: dict[str, Any], dtype: Any) -> tuple[NN, Program]:
    """Make the network of a row of the table and train it for four steps."""
    options: dict[str, Any] = {"loss": MSE(), "optimizer": SGD(), "shape": (FEATURES,), "weighted": False} | part
    weighted, shape = options.pop("weighted"), options.pop("shape")
    rng = np.random.default_rng(3)
    nn = NN(**options, input_shape=shape, seed=1, dtype=dtype)
    x = rng.standard_normal((ROWS, *shape)).astype(dtype)
    if any(isinstance(layer, Standardize) for layer in nn.layers):
        nn.adapt(x)
    program = nn.core.trainer.program(ROWS, weighted=weighted)
    weights = rng.uniform(0, 2, ROWS).astype(dtype) if weighted else None
    program.feed(x, nn.core.given(x, targets(nn, rng)), weights)
    nn.core.update.set_rates(0.01, 0, 4)
    assert list(untwinned(program)) == []
    for _ in range(4):
        run(calls_of(program))
    run(program.measure.calls)
    return nn, program


def targets(nn: NN, rng: np.random.Generator) -> Array:
    shape = nn.core.body.out_shape
    if nn.task == "regression":
        return np.asarray(rng.standard_normal((ROWS, *shape)).astype(nn.theta.dtype))
    if isinstance(nn.loss, BinaryCrossEntropy) and shape[-1] > 1:
        return rng.integers(0, 2, (ROWS, *shape))
    return rng.integers(0, max(shape[-1], 2), (ROWS, *shape[:-1]))


def dense(*layers: Propagate, outputs: int = OUTPUTS, penalty: Any = None) -> list[Propagate]:
    return [Dense(FEATURES, 5, He(), penalty), *layers, Dense(5, outputs)]


IMAGE, TOKENS = (2, 8, 8), (4, FEATURES)
CONVOLUTIONS = [
    *(Conv2D(2, 4, 3, padding=1), BatchNorm(), MaxPool2D(2), Conv2D(4, 4, 3), AvgPool2D(2)),
    *(Flatten(), Dense(4, 3)),
]
ATTENTION = Residual([LayerNorm(), SelfAttention(FEATURES)])
CLIPS = (ClipNorm(0.1), ClipNorm(1e6), ClipValue(0.01), ClipValue(1e6))
ENTROPY = {"loss": CrossEntropy()}
PARTS: dict[str, dict[str, Any]] = {
    **{repr(a): {"layers": dense(a)} for a in (ReLU(), LeakyReLU(0.1), ELU(), ELU(0.5), SELU(), GELU(), GELU("tanh"))},
    **{repr(a): {"layers": dense(a)} for a in (Sigmoid(), Tanh(), Softmax(), Dropout(0.4), AlphaDropout(0.3))},
    "standardize": {"layers": [Dense(FEATURES, 5), Standardize(), Dense(5, 3)]},
    "residual": {"layers": [Dense(FEATURES, 5), Residual([Dense(5, 5), Tanh()]), Dense(5, 3)]},
    "norms": {"layers": dense(BatchNorm(), LayerNorm())},
    "convolutions": {"layers": CONVOLUTIONS, "shape": IMAGE},
    "overlapping": {
        "layers": [Conv2D(2, 3, 2, stride=2), MaxPool2D(3, stride=1), GlobalAvgPool2D(), Dense(3, 3)],
        "shape": IMAGE,
    },
    "attention": {
        "layers": [PositionalEncoding(), ATTENTION, Dense(FEATURES, 3), MeanTokens()],
        "shape": TOKENS,
    },
    "patches": {"layers": [Patches(4), Dense(32, 3), MeanTokens()], "shape": IMAGE},
    "tokens": {"layers": [Dense(FEATURES, 3)], "shape": TOKENS, **ENTROPY},
    **{
        f"tokens, {loss!r}, weighted": {"layers": [Dense(FEATURES, 3)], "shape": TOKENS, "loss": loss, "weighted": True}
        for loss in (MSE(), MAE(), Huber(0.5), CrossEntropy(), CrossEntropy(0.1, (1.0, 2.0, 0.5)))
    },
    **{
        f"{loss!r}, weighted {w}": {"layers": dense(), "loss": loss, "weighted": w}
        for loss in (MSE(), MAE(), Huber(0.5), CrossEntropy(), BinaryCrossEntropy(), CrossEntropy(0.1))
        for w in (False, True)
    },
    "class weights": {"layers": dense(), "loss": CrossEntropy(0.1, (1.0, 2.0, 0.5)), "weighted": True},
    "class weights, equal rows": {"layers": dense(), "loss": CrossEntropy(class_weights=(1.0, 2.0, 0.5))},
    "positive weight": {"layers": dense(outputs=1), "loss": BinaryCrossEntropy(2.0)},
    "positive weights": {"layers": dense(), "loss": BinaryCrossEntropy((2.0, 0.5, 1.0)), "weighted": True},
    "labels by squares": {"layers": dense(), "task": "classification"},
    "two classes by squares": {"layers": dense(outputs=1), "task": "classification"},
    **{repr(p): {"layers": dense(penalty=p)} for p in (L1(0.01), L2(0.01), ElasticNet(0.01, 0.02))},
    **{repr(c): {"layers": dense(), "clip": c} for c in CLIPS},
    **{
        repr(o): {"layers": dense(), "optimizer": o}
        for o in (
            Momentum(0.01), Nesterov(0.01), AdaGrad(0.01), AdaGrad(0.01, eps_inside_sqrt=True), RMSProp(0.01),
            RMSProp(0.01, eps_inside_sqrt=True), Adam(0.01), AdamW(0.01), AdaMax(0.01), Nadam(0.01),
            Nadam(0.01, momentum_decay=None),
        )
    },
}  # fmt: skip


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-5), ("float64", 1e-12)])
@pytest.mark.parametrize("name", PARTS)
def test_twins_train_as_kernels_do(name: str, dtype: str, tolerance: float) -> None:
    (one, program), (other, again) = (trained(run, PARTS[name], dtype) for run in (by_kernels, by_twins))
    assert np.ptp(one.theta) > 0
    assert again.value == pytest.approx(program.value, rel=tolerance)
    assert again.correct == pytest.approx(program.correct, nan_ok=True)
    for mine, theirs in ((other.theta, one.theta), (other.grad, one.grad), (other.state, one.state)):
        scale = max(1.0, float(np.abs(theirs).max(initial=0.0)))
        assert np.allclose(mine, theirs, rtol=0, atol=tolerance * scale)
    for slot, theirs in one.core.update.frame.slots.items():
        assert np.allclose(other.core.update.frame.slots[slot], theirs, rtol=0, atol=tolerance)


def test_a_driver_takes_tuples_of_numbers_with_a_fraction() -> None:
    x = np.linspace(-2, 2, 4 * FEATURES, dtype=np.float32).reshape(4, FEATURES)
    one, other = (NN(dense(GELU()), MSE(), SGD(), engine=engine) for engine in ("numpy", "numba"))
    assert other.train_step(x, x[:, :3])[0] == pytest.approx(one.train_step(x, x[:, :3])[0], rel=1e-5)
    assert np.allclose(one.theta, other.theta, rtol=0, atol=1e-6)
