"""Parts that do not make a network: refused when it is made, with the layer and the right number."""

import copy
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from nn_layers import ELU, L1, Dense, Dropout, Flatten, Propagate, Sigmoid, Softmax, Tanh
from nn_loss import MSE, BinaryCrossEntropy, CrossEntropy, Huber, Loss
from nn_model import NN
from nn_model.errors import LayerError, PartError, ShapeError, TargetError
from nn_optim import SGD, Adam, AdamW, ClipNorm, Momentum, RateError

LAYERS: list[Propagate] = [Dense(4, 8), Tanh(), Dense(8, 3)]

LAYER_FAULTS: list[tuple[Any, dict[str, Any], type[Exception], str]] = [
    ([], {}, ShapeError, "a network needs at least one layer; got none"),
    (Dense(4, 3), {}, LayerError, r"layers must be a list of layers; write \[Dense\(4, 3\)\]"),
    ([Dense], {}, LayerError, r"layers\[0\] is the class Dense, not a layer; write Dense\(...\)"),
    ([Dense(4, 3), 5], {}, LayerError, r"layers\[1\] must be a layer, an object with plan, .*; got 5"),
    (
        [Dense(4, 8), ELU(), Dense(7, 3)],
        {},
        ShapeError,
        r"layers\[2\]: Dense\(7, 3\) got rows of 8 numbers from ELU; write Dense\(8, 3\)",
    ),
    (
        [Flatten(), Dense(1500, 10)],
        {"input_shape": (28, 56)},
        ShapeError,
        r"layers\[1\]: Dense\(1500, 10\) got rows of 1568 numbers from Flatten; write Dense\(1568, 10\)",
    ),
    (LAYERS, {"input_shape": (5,)}, ShapeError, r"layers\[0\]: Dense\(4, 8\) got rows of 5 numbers from input_shape"),
    (LAYERS, {"input_shape": 4}, ShapeError, "input_shape must be positive whole numbers, .* got 4"),
    (LAYERS, {"input_shape": (0,)}, ShapeError, r"input_shape must be positive whole numbers, .* got \(0,\)"),
    (
        [Dense(None, 3)],
        {},
        ShapeError,
        r"layers\[0\]: Dense\(None, 3\) does not say how large the input is; give input_s",
    ),
    ([Tanh()], {}, ShapeError, "no layer says how large the input is; give input_shape"),
]


@pytest.mark.parametrize(("layers", "options", "error", "message"), LAYER_FAULTS)
def test_layers_that_do_not_fit(layers: Any, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        NN(layers, CrossEntropy(), Adam(), **options)


PART_FAULTS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"loss": CrossEntropy}, PartError, r"loss is the class CrossEntropy; write CrossEntropy\(...\)"),
    ({"loss": "mse"}, PartError, "loss must be one of nn_loss's, or an object of its protocol; got 'mse'"),
    ({"optimizer": Adam}, PartError, r"optimizer is the class Adam; write Adam\(...\)"),
    ({"optimizer": 0.1}, PartError, "optimizer must be one of nn_optim's, or an object of its protocol; got 0.1"),
    ({"clip": 1.0}, PartError, r"clip must be ClipNorm\(...\), ClipValue\(...\) or None; got 1.0"),
    ({"clip": ClipNorm}, PartError, r"clip must be ClipNorm\(...\), .* got <class"),
    ({"clip": MSE()}, PartError, r"clip must be ClipNorm\(...\), .* got MSE\(\)"),
    ({"clip": Adam()}, PartError, r"clip must be ClipNorm\(...\), .* got Adam\(\)"),
    ({"seed": -1}, ValueError, "seed must be a whole number of at least 0; got -1"),
    ({"seed": True}, ValueError, "seed must be a whole number of at least 0; got True"),
    ({"seed": 1.0}, ValueError, "seed must be a whole number of at least 0; got 1.0"),
    ({"dtype": "float16"}, ValueError, "dtype must be 'float32' or 'float64'; got 'float16'"),
    ({"engine": "torch"}, ValueError, "engine must be .* got 'torch'"),
    ({"task": "ranking"}, ValueError, "task must be 'classification' or 'regression'; got 'ranking'"),
    ({"task": "regression"}, ValueError, r"CrossEntropy\(\) is a loss for classification; for regression take MSE\(\)"),
    ({"loss": MSE(), "classes": list("abc")}, ValueError, r"classes are for classification; MSE\(\) does regression"),
    ({"classes": ["a", "b"]}, ShapeError, "classes has 2 names, the last layer tells 3 classes apart; make them equal"),
    ({"classes": ["a", "b", "a"]}, ValueError, r"classes must all differ; got \['a', 'b', 'a'\]"),
    ({"classes": [0.5, 1.0, 2.0]}, ValueError, r"a list of names, .*; got \[0.5, 1.0, 2.0\]"),
    ({"classes": "abc"}, ValueError, "a list of names, .*; got 'abc'"),
    ({"classes": 3}, PartError, r"a list of names, .*; got 3; leave classes out where they are just numbered"),
    ({"classes": 3.0}, PartError, r"a list of names, .*; got 3.0"),
    ({"classes": {"a", "b", "c"}}, PartError, r"a list of names, .*; got \{.*; a set has no order"),
    ({"classes": frozenset({1, 2, 3})}, PartError, r"a list of names, .*; a set has no order"),
    ({"classes": b"abc"}, PartError, r"a list of names, .*; got b'abc'"),
    ({"classes": {"a": 1, "b": 2, "c": 3}}, PartError, r"a list of names, .*; got \{'a': 1"),
    ({"layers": [Dense(4, 1)]}, ShapeError, r"gives \(1,\); for two classes from one score take BinaryCrossEntropy"),
    (
        {"loss": BinaryCrossEntropy(), "layers": [Dense(4, 1)], "input_shape": (2, 4)},
        ShapeError,
        r"BinaryCrossEntropy\(\) classifies rows of scores; the last layer gives the shape \(2, 1\); add Flatten\(\)",
    ),
    (
        {"loss": MSE(), "task": "classification", "input_shape": (2, 4)},
        ShapeError,
        r"MSE\(\) classifies rows of scores; the last layer gives the shape \(2, 3\); add Flatten\(\)",
    ),
    (
        {"loss": CrossEntropy(class_weights=(1.0, 2.0))},
        TargetError,
        "class_weights needs one number per class, got 2 f",
    ),
    (
        {"loss": BinaryCrossEntropy(positive_weight=(1.0, 2.0))},
        TargetError,
        "positive_weight needs one number per output, got 2",
    ),
    (
        {"loss": BinaryCrossEntropy(), "layers": [*LAYERS, Softmax()]},
        ValueError,
        r"layers\[3\]: Softmax\(\) does not go with BinaryCrossEntropy\(\), .* own sigmoid; .* take CrossEntropy",
    ),
    (
        {"layers": [*LAYERS, Sigmoid()]},
        ValueError,
        r"layers\[3\]: Sigmoid\(\) does not go with CrossEntropy\(\), .* own softmax; .* take BinaryCrossEntropy",
    ),
    (
        {"layers": [Softmax()], "input_shape": (3,)},
        ValueError,
        r"layers\[0\]: Softmax\(\) is the only layer and part of CrossEntropy\(\); put a layer with parameters before",
    ),
]


@pytest.mark.parametrize(("parts", "error", "message"), PART_FAULTS)
def test_parts_that_do_not_go_together(parts: dict[str, Any], error: type[Exception], message: str) -> None:
    whole: dict[str, Any] = {"layers": LAYERS, "loss": CrossEntropy(), "optimizer": Adam()} | parts
    with pytest.raises(error, match=message):
        NN(**whole)


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("make", "name", "rule"),
    [
        (lambda: Adam(lr=NAN), "lr", "finite number"),
        (lambda: Adam(lr=INF), "lr", "finite number"),
        (lambda: Adam(lr=-1.0), "lr", "greater than or equal to 0"),
        (lambda: Adam(betas=(0.9, 1.0)), "betas", "less than 1"),
        (lambda: Adam(betas=(-0.1, 0.9)), "betas", "greater than or equal to 0"),
        (lambda: Adam(eps=0.0), "eps", "greater than 0"),
        (lambda: Momentum(momentum=1.0), "momentum", "less than 1"),
        (lambda: AdamW(weight_decay=-0.1), "weight_decay", "greater than or equal to 0"),
        (lambda: ClipNorm(0.0), "max_norm", "greater than 0"),
        (lambda: Dropout(1.0), "rate", "less than 1"),
        (lambda: L1(-1.0), "l1", "greater than or equal to 0"),
        (lambda: Huber(0.0), "delta", "greater than 0"),
        (lambda: CrossEntropy(label_smoothing=1.0), "label_smoothing", "less than 1"),
        (lambda: Dense(0, 10), "in_features", "greater than 0"),
        (lambda: Dense("784", 10), "in_features", "valid integer"),  # type: ignore[arg-type]  # the fault on trial
        (lambda: Dense(True, 10), "in_features", "valid integer"),
    ],
)
def test_hyper_parameters_out_of_range(make: Any, name: str, rule: str) -> None:
    with pytest.raises(ValidationError) as caught:
        make()
    assert caught.value.errors()[0]["loc"][0] == name
    assert rule in str(caught.value)


def test_a_rate_of_zero_warns() -> None:
    with pytest.warns(UserWarning, match="lr=0: no parameter will move"):
        optimizer = SGD(lr=0.0)
    nn = NN(LAYERS, CrossEntropy(), optimizer)
    before = nn.theta.copy()
    nn.train_step(np.ones((2, 4)), [0, 1])
    assert np.array_equal(nn.theta, before)


def test_a_network_is_not_copied_by_accident() -> None:
    nn = NN(LAYERS, CrossEntropy(), Adam())
    for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(RuntimeError, match=r"cannot be copied or pickled.*call set_weights\(nn.weights\(\)\)"):
            attempt(nn)


class Descent:
    """A schedule of a user that goes below 0."""

    def __call__(self, step: int) -> float:
        return 0.1 - 0.1 * step


def test_a_rate_below_0_of_a_schedule_is_refused_before_the_step(still: Any) -> None:
    nn = NN(LAYERS, CrossEntropy(), replace(still, lr=Descent()))
    for _ in range(2):
        nn.train_step(np.ones((2, 4)), [0, 1])
    with pytest.raises(RateError, match=r"lr must be a finite number of at least 0; the schedule gives -0.1 at step 2"):
        nn.train_step(np.ones((2, 4)), [0, 1])
    assert nn.step == 2


@pytest.mark.parametrize("name", ["loss", "optimizer", "clip", "seed", "step", "layers", "task", "classes"])
def test_parts_are_given_once(name: str) -> None:
    nn = NN(LAYERS, CrossEntropy(), Adam())
    with pytest.raises(AttributeError):
        setattr(nn, name, getattr(nn, name))


@pytest.mark.parametrize(
    ("layers", "loss"),
    [
        ([Dense(4, 3), Softmax(), Flatten()], CrossEntropy()),
        ([Dense(4, 1), Sigmoid(), Dropout(0.0)], BinaryCrossEntropy()),
    ],
)
def test_a_link_is_found_behind_views(layers: list[Propagate], loss: Loss) -> None:
    x = np.random.default_rng(0).standard_normal((6, 4))
    hidden, plain = NN(layers, loss, Adam(), seed=3), NN(layers[:1], loss, Adam(), seed=3)
    assert np.array_equal(hidden.predict_proba(x), plain.predict_proba(x))
    assert hidden.train_step(x, [0, 1, 0, 1, 0, 1]) == plain.train_step(x, [0, 1, 0, 1, 0, 1])


def test_dropout_of_probabilities_is_refused() -> None:
    with pytest.raises(
        PartError, match=r"layers\[2\]: Dropout\(\) would drop probabilities; put it before Softmax\(\)"
    ):
        NN([Dense(4, 3), Softmax(), Dropout()], CrossEntropy(), Adam())
