"""Specs as values: JSON there and back, bad arguments, defaults, and the public names."""

import importlib
import math
import subprocess
import sys
import warnings
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

import nn_optim
from nn_optim import (
    SGD,
    AdaGrad,
    Adam,
    AdaMax,
    AdamW,
    ClipNorm,
    ClipValue,
    Constant,
    Cosine,
    ExponentialDecay,
    Momentum,
    Nadam,
    Nesterov,
    OneCycle,
    RMSProp,
    StepDecay,
    Warmup,
)

RULES: list[Any] = [SGD, Momentum, Nesterov, AdaGrad, RMSProp, Adam, AdamW, AdaMax, Nadam]
SPECS: list[Any] = [
    *(rule() for rule in RULES),
    SGD(StepDecay(0.1, 10)),
    Momentum(1, momentum=0.5),
    AdaGrad(eps_inside_sqrt=True),
    Adam(Warmup(10, Warmup(5, Cosine(0.1, 100, 0.01))), betas=(0.5, 0.6)),
    AdamW(OneCycle(0.1, 100, 0.2), weight_decay=0.0),
    Nadam(ExponentialDecay(0.1, 0.9, steps=5), momentum_decay=None),
    Warmup(5, Constant(0.1)),
    ClipNorm(1.0),
    ClipValue(0.5),
]
IDS = [repr(spec) for spec in SPECS]


@pytest.mark.parametrize("spec", SPECS, ids=IDS)
def test_a_spec_survives_json(spec: Any) -> None:
    adapter = TypeAdapter(type(spec))
    text = adapter.dump_json(spec)
    assert adapter.validate_json(text) == spec
    assert f'"kind":"{type(spec).__name__}"'.encode() in text


@pytest.mark.parametrize("spec", SPECS, ids=IDS)
def test_the_repr_makes_the_spec_again(spec: Any) -> None:
    assert eval(repr(spec), vars(nn_optim) | {name: getattr(nn_optim, name) for name in nn_optim.__all__}) == spec  # noqa: S307  # of our own text


@pytest.mark.parametrize("spec", SPECS, ids=IDS)
def test_a_spec_is_frozen(spec: Any) -> None:
    with pytest.raises(FrozenInstanceError):
        spec.kind = "other"


def test_defaults_are_pytorchs() -> None:
    assert repr([rule() for rule in RULES]) == (
        "[SGD(), Momentum(), Nesterov(), AdaGrad(), RMSProp(), Adam(), AdamW(), AdaMax(), Nadam()]"
    )
    assert (SGD().lr, Momentum().lr, Nesterov().lr, AdaGrad().lr, RMSProp().lr) == (0.01,) * 5
    assert (Adam().lr, AdamW().lr, AdaMax().lr, Nadam().lr) == (0.001, 0.001, 0.002, 0.002)
    assert (Momentum().momentum, Nesterov().momentum, RMSProp().alpha) == (0.9, 0.9, 0.99)
    assert Adam().betas == AdamW().betas == AdaMax().betas == Nadam().betas == (0.9, 0.999)
    assert (AdaGrad().eps, RMSProp().eps, Adam().eps, AdamW().eps, AdaMax().eps, Nadam().eps) == (1e-10, *[1e-8] * 5)
    assert (AdamW().weight_decay, Nadam().momentum_decay) == (0.01, 0.004)


NOT_A_RATE = "lr must be a number of at least 0 or a schedule: Constant, StepDecay"
BAD: list[tuple[Any, dict[str, Any], str]] = [
    *((rule, {"lr": -0.1}, r"lr\.number\n  Input should be greater than or equal to 0") for rule in RULES),
    *((rule, {"lr": bad}, "number") for rule in RULES for bad in (math.nan, math.inf, -math.inf)),
    *(
        (rule, {"lr": bad}, NOT_A_RATE)
        for rule in RULES
        for bad in ("0.1", None, [0.1], Adam(), {"kind": "Linear"}, {})
    ),
    *((rule, {"lr": True}, "valid number") for rule in RULES),
    *((rule, {"learning_rate": 0.1}, "learning_rate\n  Unexpected keyword argument") for rule in RULES),
    *((rule, {"momentum": 1.0}, "less than 1") for rule in (Momentum, Nesterov)),
    *((rule, {"momentum": -0.1}, "greater than or equal to 0") for rule in (Momentum, Nesterov)),
    *((rule, {"momentum": "0.9"}, "valid number") for rule in (Momentum, Nesterov)),
    *(
        (rule, {"betas": (0.9, 1.0)}, r"betas\.1\n  Input should be less than 1")
        for rule in (Adam, AdamW, AdaMax, Nadam)
    ),
    *((rule, {"betas": (-0.1, 0.9)}, r"betas\.0") for rule in (Adam, AdamW, AdaMax, Nadam)),
    *((rule, {"betas": (0.9, math.nan)}, r"betas\.1") for rule in (Adam, AdamW, AdaMax, Nadam)),
    *((rule, {"betas": (0.9,)}, "betas") for rule in (Adam, AdamW, AdaMax, Nadam)),
    *((rule, {"betas": 0.9}, "betas") for rule in (Adam, AdamW, AdaMax, Nadam)),
    *((rule, {"eps": eps}, "eps") for rule in RULES[3:] for eps in (0.0, -1e-8, math.nan, math.inf, "1e-8", True)),
    *((RMSProp, {"alpha": alpha}, "alpha") for alpha in (1.0, -0.1, math.nan, "0.9", True)),
    *((rule, {"eps_inside_sqrt": bad}, "valid boolean") for rule in (AdaGrad, RMSProp) for bad in (1, "yes")),
    *((AdamW, {"weight_decay": bad}, "weight_decay") for bad in (-0.01, math.nan, math.inf, "0.01", True)),
    *((Nadam, {"momentum_decay": bad}, "momentum_decay") for bad in (-0.01, math.nan, "0.004")),
    (Adam, {"kind": "AdamW"}, "kind"),
]


@pytest.mark.parametrize(("rule", "arguments", "message"), BAD)
def test_bad_arguments_are_refused(rule: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        rule(**arguments)


@pytest.mark.parametrize("rule", [Adam, AdamW, AdaMax, Nadam])
@pytest.mark.parametrize(
    "betas", [[0.5, 0.75], np.array([0.5, 0.75]), np.array([0.5, 0.75], "f4"), (np.float32(0.5), 0.75)]
)
def test_betas_may_be_a_list_or_a_flat_array(rule: Any, betas: Any) -> None:
    made = rule(betas=betas)
    assert made == rule(betas=(0.5, 0.75))
    assert repr(made) == f"{rule.__name__}(betas=(0.5, 0.75))"
    assert hash(made) == hash(rule(betas=(0.5, 0.75)))


@pytest.mark.parametrize(
    ("betas", "message"),
    [
        ([0.5], "betas.1"),
        ([0.5, 0.5, 0.5], "at most 2 items"),
        (np.array([0.5, 1.0]), "less than 1"),
        (np.full((2, 1), 0.5), "valid tuple"),
        (np.array(["0.5", "0.5"]), "valid number"),
        (["0.5", 0.5], "valid number"),
        ([False, 0.5], "valid number"),
        (np.array([False, False]), "valid number"),
        ({0.5, 0.75}, "valid tuple"),
        (0.5, "valid tuple"),
    ],
)
def test_other_betas_are_refused(betas: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Adam(betas=betas)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_numpys_numbers_are_numbers(rule: Any, real: Any) -> None:
    assert rule(real(0.25)) == rule(lr=real(0.25)) == rule(0.25)
    assert type(rule(real(0.25)).lr) is float
    assert Warmup(np.int64(5), Constant(0.1)) == Warmup(5, Constant(0.1))  # type: ignore[arg-type]  # that is the point
    with pytest.raises(ValidationError, match="lr"):
        rule(np.bool_(True))


def test_a_class_in_the_place_of_a_value_is_named() -> None:
    with pytest.raises(ValueError, match=r"^lr is the class StepDecay; write StepDecay\(\.\.\.\)$"):
        SGD(StepDecay)  # type: ignore[arg-type]  # that is the point


def test_too_many_arguments_are_refused() -> None:
    arguments: Any = (0.1, 0.9, 0.5)
    with pytest.raises(TypeError, match=r"Momentum takes 2 arguments \(lr, momentum\), got 3"):
        Momentum(*arguments)


@pytest.mark.parametrize("rule", RULES)
def test_a_rate_of_0_is_allowed_with_a_warning(rule: Any) -> None:
    rule()  # the first of its class builds the validator
    with pytest.warns(UserWarning, match="lr=0: no parameter will move") as caught:
        assert rule(lr=0.0).lr == 0.0
    assert [warning.filename for warning in caught] == [__file__]


def test_a_schedule_of_0_warns_once_and_not_again_inside_of_others() -> None:
    with pytest.warns(UserWarning, match="lr=0") as caught:
        schedule = Constant(0)
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert SGD(Warmup(3, schedule)).lr == Warmup(3, schedule)


def test_every_public_name_is_there_and_listed() -> None:
    for name in nn_optim.__all__:
        assert getattr(nn_optim, name) is not None
    assert set(nn_optim.__all__) <= set(dir(nn_optim))
    with pytest.raises(AttributeError, match="module 'nn_optim' has no attribute 'Adagrad'"):
        importlib.import_module("nn_optim").Adagrad  # noqa: B018  # reading it is the test


def test_importing_the_package_imports_neither_numpy_nor_pydantic() -> None:
    code = "import sys, nn_optim; print(sorted({'numpy', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603  # fixed text
    assert done.stdout.strip() == "[]"
