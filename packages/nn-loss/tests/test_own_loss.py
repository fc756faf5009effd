"""A loss of a user: any object with the members of the protocol works by hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pytest

from nn_loss import Loss, LossFrame, Scratch, TargetError, value_and_grad

Array = np.ndarray[Any, np.dtype[Any]]


def logcosh(scores: Array, targets: Array, value: Array, d: Array) -> None:
    np.subtract(scores, targets, out=d)
    value[0] = np.mean(np.logaddexp(d, -d) - np.log(2.0))


def tanh_over_size(d: Array, dscores: Array) -> None:
    np.tanh(d, out=dscores)
    np.divide(dscores, d.size, out=dscores)


@dataclass(frozen=True)
class LogCosh:
    targets: Literal["labels", "values"] = "values"
    link: Literal["softmax", "sigmoid"] | None = None

    def scratch(self, shape: tuple[int, ...]) -> Mapping[str, Scratch]:
        return {"d": Scratch(shape)}

    def calls(self, f: LossFrame) -> Any:
        yield logcosh, f.scores, f.targets, f.value, f.s["d"]
        if f.dscores is not None:
            yield tanh_over_size, f.s["d"], f.dscores

    def value_and_grad(
        self, scores: Array, targets: Array, out: Array | None = None, weights: Array | None = None
    ) -> float:
        return value_and_grad(self, scores, targets, out, weights)


def test_own_loss_has_the_right_gradient(assert_gradient: Callable[..., None]) -> None:
    rng = np.random.default_rng(0)
    scores, targets, gradient = rng.standard_normal((5, 3)), rng.standard_normal((5, 3)), np.empty((5, 3))
    loss = LogCosh()
    assert isinstance(loss, Loss)
    value = loss.value_and_grad(scores, targets, out=gradient)
    assert value == pytest.approx(np.mean(np.log(np.cosh(scores - targets))))
    assert_gradient(lambda: loss.value_and_grad(scores, targets), scores, gradient)


def test_own_loss_gets_the_same_checks() -> None:
    with pytest.raises(TargetError, match="LogCosh: targets must have the scores' shape"):
        LogCosh().value_and_grad(np.ones((2, 1)), np.ones(2))


def test_what_is_no_loss() -> None:
    assert not isinstance(object(), Loss)
