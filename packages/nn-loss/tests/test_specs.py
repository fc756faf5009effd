"""Losses as values: made, compared, printed, written to JSON and read back; bad parameters are refused."""

import subprocess
import sys
from dataclasses import FrozenInstanceError
from typing import Annotated, Any

import numpy as np
import pytest
from pydantic import Field, TypeAdapter, ValidationError

import nn_loss
from nn_loss import MAE, MSE, BinaryCrossEntropy, CrossEntropy, Huber, Loss

Members = Annotated[MSE | MAE | Huber | CrossEntropy | BinaryCrossEntropy, Field(discriminator="kind")]


def test_round_trip_through_json(loss: Loss) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(Members)
    text = adapter.dump_json(loss)
    assert adapter.validate_json(text) == loss
    assert type(loss).__name__.encode() in text


def test_repr_is_the_call(loss: Loss) -> None:
    names = {cls.__name__: cls for cls in (MSE, MAE, Huber, CrossEntropy, BinaryCrossEntropy)}
    assert eval(repr(loss), names) == loss  # noqa: S307  # our own repr
    assert hash(eval(repr(loss), names)) == hash(loss)  # noqa: S307  # our own repr


def test_what_each_loss_says_of_itself(loss: Loss) -> None:
    labels = isinstance(loss, CrossEntropy)
    assert isinstance(loss, Loss)
    assert loss.targets == ("labels" if labels else "values")
    assert loss.link == ("softmax" if labels else "sigmoid" if isinstance(loss, BinaryCrossEntropy) else None)


@pytest.mark.parametrize(
    ("cls", "arguments", "message"),
    [
        (MSE, {"reduction": "sum"}, "Unexpected keyword"),
        (MSE, {"kind": "MAE"}, "Input should be 'MSE'"),
        (Huber, {"delta": 0.0}, "greater than 0"),
        (Huber, {"delta": -1.0}, "greater than 0"),
        (Huber, {"delta": float("nan")}, "finite"),
        (Huber, {"delta": float("inf")}, "finite"),
        (Huber, {"delta": 1e40}, "less than or equal to 10{30} "),
        (Huber, {"delta": "1"}, "valid number"),
        (Huber, {"delta": True}, "valid number"),
        (CrossEntropy, {"label_smoothing": 1.0}, "less than 1"),
        (CrossEntropy, {"label_smoothing": -0.1}, "greater than or equal to 0"),
        (CrossEntropy, {"class_weights": (1.0, -1.0)}, "greater than or equal to 0"),
        (CrossEntropy, {"class_weights": (0.0, 0.0)}, "at least one class weight must be above 0"),
        (CrossEntropy, {"class_weights": (1.0,)}, "at least 2 items"),
        (CrossEntropy, {"class_weights": "12"}, "valid tuple"),
        (CrossEntropy, {"class_weights": {1.0, 2.0}}, "valid tuple"),
        (CrossEntropy, {"class_weights": np.ones((2, 2))}, "valid tuple"),
        (CrossEntropy, {"class_weights": ["1", 2.0]}, "valid number"),
        (CrossEntropy, {"class_weights": [True, 2.0]}, "valid number"),
        (CrossEntropy, {"class_weights": np.array([True, False])}, "valid number"),
        (CrossEntropy, {"class_weights": np.array(["1", "2"])}, "valid number"),
        (CrossEntropy, {"class_weights": [np.nan, 2.0]}, "finite"),
        (BinaryCrossEntropy, {"positive_weight": [1.0, True]}, "valid number"),
        (BinaryCrossEntropy, {"positive_weight": np.array([1.0, 0.0])}, "greater than 0"),
        (CrossEntropy, {"class_weights": (1.0, float("nan"))}, "finite"),
        (BinaryCrossEntropy, {"positive_weight": 0.0}, "greater than 0"),
        (BinaryCrossEntropy, {"positive_weight": ()}, "at least 1 item"),
        (BinaryCrossEntropy, {"positive_weight": (1.0, float("inf"))}, "finite"),
    ],
)
def test_bad_parameters_are_refused(cls: type[Any], arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        cls(**arguments)


@pytest.mark.parametrize(
    "given", [[1, 2.0], (np.float32(1), 2), np.array([1, 2]), np.array([1.0, 2.0], "f4"), [np.int8(1), np.float64(2)]]
)
def test_numbers_for_each_class_may_be_a_list_or_a_flat_array(given: Any) -> None:
    loss = CrossEntropy(class_weights=given)
    assert loss == CrossEntropy(class_weights=(1.0, 2.0))
    assert hash(loss) == hash(CrossEntropy(class_weights=(1.0, 2.0)))
    assert repr(loss) == "CrossEntropy(class_weights=(1.0, 2.0))"
    assert repr(BinaryCrossEntropy(given)) == "BinaryCrossEntropy(positive_weight=(1.0, 2.0))"


@pytest.mark.parametrize("real", [np.float32, np.float64, np.int64])
def test_numpys_numbers_are_numbers(real: Any) -> None:
    assert Huber(real(2)) == Huber(delta=real(2)) == Huber(2.0)
    assert type(Huber(real(2)).delta) is float
    with pytest.raises(ValidationError, match="valid number"):
        Huber(np.bool_(True))  # type: ignore[arg-type]  # the point


def test_a_class_in_the_place_of_a_value_is_named() -> None:
    with pytest.raises(ValueError, match=r"^delta is the class MSE; write MSE\(\)$"):
        Huber(MSE)  # type: ignore[arg-type]  # the point


def test_a_spec_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'delta'"):
        Huber().delta = 2.0  # type: ignore[misc]  # the point


def test_too_many_arguments() -> None:
    arguments: tuple[Any, ...] = (1.0, 2.0)
    with pytest.raises(TypeError, match=r"Huber takes 1 argument.* \(delta\), got 2"):
        Huber(*arguments)


def test_public_names() -> None:
    assert set(nn_loss.__all__) <= set(dir(nn_loss))
    assert all(getattr(nn_loss, name) for name in nn_loss.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'NLL'"):
        _ = nn_loss.NLL


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, nn_loss; print(sorted(m for m in sys.modules if m.split('.')[0] in ('nn_loss', 'pydantic')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "['nn_loss']"
