"""Networks nobody would write: whatever is drawn, it trains, its gradient is right, and its answers agree."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nn_layers import (
    ELU,
    GELU,
    L1,
    L2,
    SELU,
    Dense,
    Dropout,
    ElasticNet,
    Glorot,
    He,
    LeakyReLU,
    LeCun,
    Propagate,
    ReLU,
    Sigmoid,
    Softmax,
    Standardize,
    Tanh,
)
from nn_loss import MAE, MSE, BinaryCrossEntropy, CrossEntropy, Huber, Loss
from nn_model import NN
from nn_model.errors import DivergedError
from nn_optim import SGD, AdaGrad, Adam, AdaMax, AdamW, ClipNorm, Momentum, Nadam, Nesterov, Optimizer, RMSProp

Array = np.ndarray[Any, np.dtype[Any]]
SMOOTH: list[Propagate] = [GELU(), GELU("tanh"), Sigmoid(), Tanh(), Softmax(), Dropout(0.3), Standardize()]
BENT: list[Propagate] = [ReLU(), LeakyReLU(), ELU(), ELU(2.0), SELU()]
LOSSES: list[Loss] = [MSE(), MAE(), Huber(), CrossEntropy(), CrossEntropy(label_smoothing=0.2), BinaryCrossEntropy()]
RULES: list[Optimizer] = [SGD(), Momentum(), Nesterov(), AdaGrad(), RMSProp(), Adam(), AdamW(), AdaMax(), Nadam()]
INITS: list[He | LeCun | Glorot] = [He(), He("uniform"), LeCun(), Glorot("uniform")]
quick = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass
class Drawn:
    """A network's parts and a batch for it."""

    layers: list[Propagate]
    loss: Loss
    options: dict[str, Any]
    x: Array
    y: Array
    weights: Array | None

    def network(self, optimizer: Optimizer, **options: Any) -> NN:
        nn = NN(self.layers, self.loss, optimizer, **self.options, **options)
        kept = {name: array for name, array in nn.weights().items() if name.endswith(("mean", "scale"))}
        nn.set_weights({name: np.full_like(array, 1.5) for name, array in kept.items()})
        return nn


@st.composite
def networks(draw: st.DrawFn, activations: list[Propagate], losses: list[Loss]) -> Drawn:
    """Draw depth, widths, activations, initialisation, penalty, loss, task, and a batch."""
    width, loss = draw(st.integers(1, 6)), draw(st.sampled_from(losses))
    layers: list[Propagate] = []
    penalty = draw(st.sampled_from([None, L1(0.01), L2(0.01), ElasticNet(0.01, 0.02)]))
    for i in range(draw(st.integers(0, 3))):
        init = draw(st.sampled_from(INITS))
        layers += [
            Dense(None if i else width, draw(st.integers(1, 6)), init, penalty),
            draw(st.sampled_from(activations)),
        ]
    outputs = draw(st.integers(2 if loss.targets == "labels" else 1, 4))
    layers.append(Dense(None if layers else width, outputs))
    rows = draw(st.integers(1, 9))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    task = draw(st.sampled_from([None, "classification"]))
    classify = task == "classification" or loss.link is not None
    y: Array
    if not classify:
        y = rng.standard_normal((rows, outputs))
    elif loss.link == "sigmoid" and outputs > 1:
        y = rng.integers(0, 2, (rows, outputs))
    else:
        y = rng.integers(0, max(outputs, 2), rows)
    weights = 0.1 + rng.random(rows) if draw(st.booleans()) else None
    options = {"task": task, "seed": draw(st.integers(0, 99))}
    return Drawn(layers, loss, options, rng.standard_normal((rows, width)), y, weights)


@quick
@given(networks(SMOOTH + BENT, LOSSES), st.sampled_from(RULES), st.booleans())
def test_thirty_steps_stay_finite_or_say_so(drawn: Drawn, optimizer: Optimizer, clip: bool) -> None:
    nn = drawn.network(optimizer, clip=ClipNorm(1.0) if clip else None)
    for _ in range(30):
        try:
            loss, accuracy = nn.train_step(drawn.x, drawn.y, drawn.weights)
        except DivergedError:  # plain descent may run away from a single row, and says so
            assert not clip
            assert isinstance(optimizer, SGD | Momentum | Nesterov)
            return
        assert np.isfinite(loss)
        assert accuracy is None if nn.task == "regression" else accuracy is not None and 0 <= accuracy <= 1
    assert np.isfinite(nn.theta).all()
    assert nn.test_step(drawn.x, drawn.y)[0] >= 0


@quick
@given(drawn=networks(SMOOTH, [MSE(), CrossEntropy(), CrossEntropy(label_smoothing=0.2), BinaryCrossEntropy()]))
def test_the_gradient_is_right(drawn: Drawn, still: Optimizer, assert_gradient: Callable[..., None]) -> None:
    def step(theta: Array | None) -> NN:
        nn = drawn.network(still, dtype="float64")
        nn.theta[...] = np.random.default_rng(5).normal(0, 0.7, nn.theta.size) if theta is None else theta
        return nn

    nn = step(None)
    nn.train_step(drawn.x, drawn.y, drawn.weights)
    assert_gradient(
        lambda: step(nn.theta).train_step(drawn.x, drawn.y, drawn.weights)[0], nn.theta, nn.grad, directions=2
    )


@quick
@given(networks(SMOOTH + BENT, [CrossEntropy(), BinaryCrossEntropy()]))
def test_answers_are_the_most_probable_classes(drawn: Drawn) -> None:
    nn = drawn.network(Adam())
    p, answers = nn.predict_proba(drawn.x), nn.predict(drawn.x)
    assert ((p >= 0) & (p <= 1)).all()
    if drawn.y.ndim == 2:
        sure = p != 0.5
        assert np.array_equal(answers[sure], (p > 0.5)[sure])
        return
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
    # Rounding may make scores that differ equal as probabilities: the answer is then one of the largest.
    assert (p[np.arange(len(p)), answers] == p.max(axis=1)).all()
    report = nn.evaluate(drawn.x, drawn.y)
    assert report.to_dict()["accuracy"] == pytest.approx(np.mean(answers == drawn.y))
