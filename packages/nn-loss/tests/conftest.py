"""The table of losses that most tests go through, and batches for them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nn_loss import MAE, MSE, BinaryCrossEntropy, CrossEntropy, Huber, Loss, LossFrame

Array = np.ndarray[Any, np.dtype[Any]]
K = 4

LOSSES: tuple[Loss, ...] = (
    MSE(),
    MAE(),
    Huber(),
    Huber(delta=0.3),
    CrossEntropy(),
    CrossEntropy(label_smoothing=0.1),
    CrossEntropy(class_weights=(0.5, 2.0, 0.0, 1.0)),
    CrossEntropy(label_smoothing=0.2, class_weights=(0.5, 2.0, 0.25, 1.0)),
    BinaryCrossEntropy(),
    BinaryCrossEntropy(positive_weight=3.0),
    BinaryCrossEntropy(positive_weight=(0.5, 2.0, 7.0, 1.0)),
)


@pytest.fixture(params=LOSSES, ids=repr)
def loss(request: pytest.FixtureRequest) -> Loss:
    """Give every loss in turn; those with a number per class or output have four."""
    made: Loss = request.param
    return made


@pytest.fixture
def batch() -> Callable[..., tuple[Array, Array, Array]]:
    """Return a maker of scores, targets and weights that fit a loss."""

    def make(
        loss: Loss, shape: tuple[int, ...] = (7, K), dtype: str = "float64", seed: int = 0
    ) -> tuple[Array, Array, Array]:
        rng = np.random.default_rng(seed)
        scores = (2.0 * rng.standard_normal(shape)).astype(dtype)
        targets: Array
        if loss.targets == "labels":
            targets = rng.integers(0, shape[-1], shape[:-1])
        elif loss.link == "sigmoid":
            targets = rng.choice([0.0, 1.0, 0.3], shape).astype(dtype)
        else:
            targets = rng.standard_normal(shape).astype(dtype)
        return scores, targets, rng.uniform(0.1, 3.0, shape[0]).astype(dtype)

    return make


@pytest.fixture
def bind() -> Callable[..., LossFrame]:
    """Return a maker of frames, as an engine makes them: arrays of its own, scratch filled with rubbish."""

    def make(
        loss: Loss, scores: Array, targets: Array, weights: Array | None = None, *, grad: bool = True
    ) -> LossFrame:
        rows = len(scores)
        work = loss.scratch(scores.shape[1:])
        return LossFrame(
            scores=scores,
            targets=targets,
            weights=weights,
            denominator=np.array([rows if weights is None else weights.sum(dtype=float)], dtype=float),
            value=np.full(1, np.nan),
            dscores=np.full_like(scores, np.nan) if grad else None,
            s={name: np.full((rows, *a.shape), -77, a.dtype or scores.dtype) for name, a in work.items()},
        )

    return make
