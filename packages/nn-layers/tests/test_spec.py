"""Specs: frozen values, strictly validated when they are made."""

import copy
import dataclasses
import math
import pickle
from dataclasses import fields
from typing import Annotated, Any

import numpy as np
import pytest
from pydantic import Field, TypeAdapter, ValidationError

import nn_layers
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
    Glorot,
    He,
    LayerNorm,
    LeakyReLU,
    LeCun,
    MaxPool2D,
    MeanTokens,
    Normal,
    Patches,
    PositionalEncoding,
    ReLU,
    Residual,
    SelfAttention,
    Sigmoid,
    Softmax,
    Standardize,
    Tanh,
    Uniform,
    Zeros,
)
from nn_layers.spec import spec

# One example with no argument at its default, of every public spec.
EXAMPLES: list[Any] = [
    Dense(3, 2, Glorot("uniform"), ElasticNet(0.1, 0.2)),
    Dropout(0.25),
    ELU(0.5),
    Flatten(),
    GELU("tanh"),
    LeakyReLU(0.2),
    ReLU(),
    SELU(1.5, 1.1),
    Sigmoid(),
    Softmax(),
    Standardize(),
    Tanh(),
    Glorot("uniform"),
    He("uniform"),
    LeCun("uniform"),
    Normal(0.5, 0.1),
    Uniform(-2.0, 3.0),
    Zeros(),
    L1(0.1),
    AlphaDropout(0.1),
    AvgPool2D((2, 3), 1, "same", count_include_pad=False),
    BatchNorm(8, 0.2, 1e-3),
    Conv2D(2, 4, 3, 2, (1, 0), LeCun(), L2(0.1), dilation=(1, 2), groups=2, bias=False),
    GlobalAvgPool2D(),
    LayerNorm(8, 1e-3),
    MaxPool2D(3, (2, 1), 1),
    MeanTokens(),
    Patches((2, 4)),
    PositionalEncoding(trainable=False),
    Residual([Dense(3, 3), Residual([ReLU()])]),
    SelfAttention(8, 2, True, LeCun(), L1(0.1)),
    L2(0.1),
    ElasticNet(0.1, 0.2),
]
every_spec = pytest.mark.parametrize("example", EXAMPLES, ids=repr)

WHOLE, NUMBER, FINITE = "valid integer", "valid number", "finite number"
PAIR = "give a whole number of at least 1, or two of them (down, right)"
ABOVE_0, AT_LEAST_0, BELOW_1 = "greater than 0", "greater than or equal to 0", "less than 1"

# Class, arguments, the argument that is wrong, its value as the message shows it, the rule in the message.
BAD: list[tuple[Any, tuple[Any, ...], str, str, str]] = [
    (Dense, (0, 2), "in_features", "0", ABOVE_0),
    (Dense, (-3, 2), "in_features", "-3", ABOVE_0),
    (Dense, ("784", 2), "in_features", "'784'", WHOLE),
    (Dense, (True, 2), "in_features", "True", WHOLE),
    (Dense, (3.0, 2), "in_features", "3.0", WHOLE),
    (Dense, (math.nan, 2), "in_features", "nan", WHOLE),
    (Dense, (3, 0), "out_features", "0", ABOVE_0),
    (Dense, (3, None), "out_features", "None", WHOLE),
    (Dense, (3, "2"), "out_features", "'2'", WHOLE),
    (Dense, (3, True), "out_features", "True", WHOLE),
    (Dense, (3, 2.5), "out_features", "2.5", WHOLE),
    (Dense, (3, 2, "he"), "init", "'he'", "valid dictionary or object"),
    (Dense, (3, 2, L1(0.1)), "init", "L1(0.1)", "'He', 'LeCun', 'Glorot', 'Uniform', 'Normal', 'Zeros'"),
    (Dense, (3, 2, He(), 0.1), "regularization", "0.1", "valid dictionary or object"),
    (Dense, (3, 2, He(), He()), "regularization", "He()", "'L1', 'L2', 'ElasticNet'"),
    (Dropout, (1.0,), "rate", "1.0", BELOW_1),
    (Dropout, (1.7,), "rate", "1.7", BELOW_1),
    (Dropout, (-0.1,), "rate", "-0.1", AT_LEAST_0),
    (Dropout, (math.nan,), "rate", "nan", FINITE),
    (Dropout, ("0.5",), "rate", "'0.5'", NUMBER),
    (Dropout, (True,), "rate", "True", NUMBER),
    (ELU, (-1.0,), "alpha", "-1.0", AT_LEAST_0),
    (ELU, (math.inf,), "alpha", "inf", FINITE),
    (ELU, (1e7,), "alpha", "10000000.0", "less than or equal to 1000000"),
    (SELU, (1e7,), "alpha", "10000000.0", "less than or equal to 1000000"),
    (SELU, (1.0, 1e7), "scale", "10000000.0", "less than or equal to 1000000"),
    (Dropout, (np.float32("nan"),), "rate", "nan", FINITE),
    (Dense, (np.int64(0), 2), "in_features", "0", ABOVE_0),
    (Dense, (np.bool_(True), 2), "in_features", "True", WHOLE),
    (Dense, (np.float64(3.0), 2), "in_features", "3.0", WHOLE),
    (LeakyReLU, (1.0,), "alpha", "1.0", BELOW_1),
    (LeakyReLU, (-0.01,), "alpha", "-0.01", AT_LEAST_0),
    (SELU, (-1.0,), "alpha", "-1.0", AT_LEAST_0),
    (SELU, (1.0, 0.0), "scale", "0.0", ABOVE_0),
    (SELU, (1.0, math.inf), "scale", "inf", FINITE),
    (GELU, ("fast",), "approximate", "'fast'", "'none' or 'tanh'"),
    (He, ("cauchy",), "distribution", "'cauchy'", "'normal' or 'uniform'"),
    (LeCun, (None,), "distribution", "None", "'normal' or 'uniform'"),
    (Glorot, (1,), "distribution", "1", "'normal' or 'uniform'"),
    (Uniform, (0.5, 0.5), "low", "", "low must be below high, got low=0.5, high=0.5"),
    (Uniform, (1.0, -1.0), "high", "", "low must be below high, got low=1.0, high=-1.0"),
    (Uniform, (-math.inf, 0.0), "low", "-inf", FINITE),
    (Uniform, (0.0, math.nan), "high", "nan", FINITE),
    (Normal, (-0.1,), "std", "-0.1", AT_LEAST_0),
    (Normal, (math.inf,), "std", "inf", FINITE),
    (Normal, (0.1, math.nan), "mean", "nan", FINITE),
    (L1, (-1e-4,), "l1", "-0.0001", AT_LEAST_0),
    (L1, (math.nan,), "l1", "nan", FINITE),
    (L2, (-1.0,), "l2", "-1.0", AT_LEAST_0),
    (L2, ("1e-4",), "l2", "'1e-4'", NUMBER),
    (ElasticNet, (-1.0, 0.0), "l1", "-1.0", AT_LEAST_0),
    (ElasticNet, (0.0, -1.0), "l2", "-1.0", AT_LEAST_0),
    (AlphaDropout, (1.0,), "rate", "1.0", BELOW_1),
    (AvgPool2D, (0,), "kernel", "0", PAIR),
    (BatchNorm, (0,), "features", "0", ABOVE_0),
    (BatchNorm, (8, 1.5), "momentum", "1.5", "less than or equal to 1"),
    (BatchNorm, (8, 0.1, 0.0), "eps", "0.0", ABOVE_0),
    (Conv2D, (1, 8, 0), "kernel", "0", PAIR),
    (Conv2D, (1, 8, "3"), "kernel", "'3'", PAIR),
    (Conv2D, (1, 8, (3, 3, 3)), "kernel", "(3, 3, 3)", PAIR),
    (Conv2D, (1, 8, True), "kernel", "True", PAIR),
    (Conv2D, (1, 8, 3, 1, "valid"), "padding", "'valid'", "(down, right), or 'same'"),
    (LayerNorm, (8, -1.0), "eps", "-1.0", ABOVE_0),
    (MaxPool2D, (2, 0), "stride", "0", PAIR),
    (Patches, (0,), "size", "0", PAIR),
    (PositionalEncoding, (1,), "trainable", "1", "valid boolean"),
    (Residual, ([5],), "layers", "5", "must be a layer"),
    (SelfAttention, (8, 0), "heads", "0", ABOVE_0),
]


def test_the_examples_are_all_public_specs() -> None:
    public = {c for name in nn_layers.__all__ if hasattr(c := getattr(nn_layers, name), "__pydantic_fields__")}
    assert {type(example) for example in EXAMPLES} == public
    with_arguments = {cls for cls in public if len(cls.__pydantic_fields__) > 1}
    assert {cls for cls, *_ in BAD} == with_arguments


@pytest.mark.parametrize(("cls", "arguments", "name", "value", "rule"), BAD)
def test_a_bad_argument_is_named_with_its_value_and_the_rule(
    cls: Any, arguments: tuple[Any, ...], name: str, value: str, rule: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        cls(*arguments)
    text = str(caught.value)
    assert text.startswith(f"1 validation error for {cls.__name__}\n")
    assert name in text
    assert value in text
    assert rule in text
    assert caught.value.errors()[0]["loc"][:1] in {(name,), ()}


def test_several_bad_arguments_are_all_named() -> None:
    with pytest.raises(ValidationError) as caught:
        Dense(0, -1, colour="red")  # type: ignore[call-arg]  # that is the point
    assert [error["loc"] for error in caught.value.errors()] == [("in_features",), ("out_features",), ("colour",)]


def test_missing_and_unknown_arguments_are_named() -> None:
    with pytest.raises(ValidationError, match=r"out_features\n  Field required"):
        Dense(3)  # type: ignore[call-arg]  # that is the point
    with pytest.raises(ValidationError, match=r"rat\n  Unexpected keyword argument"):
        Dropout(rat=0.5)  # type: ignore[call-arg]  # that is the point
    with pytest.raises(ValidationError, match=r"kind\n  Input should be 'ReLU'"):
        ReLU(kind="Dense")  # type: ignore[arg-type]  # that is the point


@every_spec
def test_too_many_arguments_are_counted(example: Any) -> None:
    cls = type(example)
    names = [field.name for field in fields(example) if not field.kw_only]
    values = [getattr(example, name) for name in names]
    with pytest.raises(TypeError) as caught:
        cls(*values, 1, 2)
    count = len(names)
    assert str(caught.value) == f"{cls.__name__} takes {count} arguments ({', '.join(names)}), got {count + 2}"


@every_spec
def test_a_spec_is_frozen(example: Any) -> None:
    before = repr(example)
    for name in [*type(example).__pydantic_fields__, "other"]:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(example, name, 0.3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        del example.kind
    assert repr(example) == before


@every_spec
def test_equal_specs_are_equal_and_hash_alike(example: Any) -> None:
    cls = type(example)
    values = {name: getattr(example, name) for name in cls.__pydantic_fields__}
    again = cls(**values)
    assert again == example
    assert again is not example
    assert hash(again) == hash(example)
    assert [other for other in EXAMPLES if other == example] == [example]
    assert example != values


@every_spec
def test_copies_are_equal(example: Any) -> None:
    for other in (copy.copy(example), copy.deepcopy(example), pickle.loads(pickle.dumps(example))):  # noqa: S301  # ours
        assert other == example
        assert repr(other) == repr(example)


@every_spec
def test_json_round_trip_and_nothing_unknown_in_it(example: Any) -> None:
    adapter = TypeAdapter[Any](type(example))
    text = adapter.dump_json(example)
    assert adapter.validate_json(text) == example
    with pytest.raises(ValidationError, match="Unexpected keyword argument"):
        adapter.validate_json(text[:-1] + b', "colour": "red"}')


@every_spec
def test_repr_is_the_call(example: Any) -> None:
    names = {name: getattr(nn_layers, name) for name in nn_layers.__all__}
    assert eval(repr(example), names) == example  # noqa: S307  # our own specs' repr


def test_repr_leaves_defaults_out() -> None:
    assert repr(Dense(3, 2)) == "Dense(3, 2)"
    assert repr(Dense(None, 2, regularization=L2(0.5))) == "Dense(None, 2, regularization=L2(0.5))"
    assert repr(Dense(3, 2, He("uniform"))) == "Dense(3, 2, init=He(distribution='uniform'))"
    assert repr(Dropout(0.5)) == "Dropout()"


@pytest.mark.parametrize("text", ['"784"', "true", "3.5", "0", "null", "[3]", "1e400"])
def test_files_are_as_strict_as_calls(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[Any](Dense).validate_json(f'{{"in_features": 3, "out_features": {text}}}')


def test_a_changed_copy_is_validated_too() -> None:
    assert dataclasses.replace(Dense(3, 2), in_features=4) == Dense(4, 2)
    with pytest.raises(ValidationError, match="in_features"):
        dataclasses.replace(Dense(3, 2), in_features=0)


def test_numbers_become_python_floats_which_keep_the_dtype_of_arrays() -> None:
    for value in (np.float64(0.25), 0.25):
        assert type(Dropout(value).rate) is float
    assert type(L1(1).l1) is float


@pytest.mark.parametrize("whole", [np.int8, np.uint8, np.int32, np.int64, np.uint64])
def test_numpys_whole_numbers_are_whole_numbers(whole: Any) -> None:
    layer = Dense(whole(64), out_features=np.array([0, 8, 9], whole).max() + whole(1))
    assert layer == Dense(64, 10)
    assert type(layer.in_features) is type(layer.out_features) is int


@pytest.mark.parametrize("real", [np.float16, np.float32, np.float64, np.longdouble])
def test_numpys_real_numbers_are_real_numbers(real: Any) -> None:
    layers: list[Any] = [Dropout(real(0.25)), Dropout(rate=real(0.25))]
    assert layers == [Dropout(0.25)] * 2
    assert type(layers[0].rate) is float
    assert L1(np.int64(1)) == L1(1.0)  # type: ignore[arg-type]  # that is the point


def test_a_class_in_the_place_of_a_value_is_named_with_what_to_write() -> None:
    with pytest.raises(ValueError, match=r"^init is the class He; write He\(\)$"):
        Dense(3, 2, He)  # type: ignore[arg-type]  # that is the point
    with pytest.raises(ValueError, match=r"^regularization is the class L2; write L2\(\.\.\.\)$"):
        Dense(3, 2, regularization=L2)  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize("use", ["call", "file"])
def test_the_first_use_of_a_class_does_not_change_what_its_errors_say(use: str) -> None:
    @spec
    class Fresh:
        """A spec that nobody has made before."""

        size: Annotated[int, Field(gt=0)]

    if use == "file":
        assert TypeAdapter[Any](Fresh).validate_json('{"size": 3}') == Fresh(3)
    for _ in range(2):
        with pytest.raises(ValidationError, match=r"Fresh\nsize\n  Input should be greater than 0"):
            Fresh(0)
    assert repr(Fresh(2)) == "Fresh(2)"
