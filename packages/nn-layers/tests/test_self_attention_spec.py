"""What self-attention says of itself: parameters, errors, files."""

import math
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from nn_layers import L2, Dense, LeCun, ShapeError, Stack
from nn_layers.layers.self_attention import SelfAttention


def test_parameters_have_their_shapes_first_values_and_decay() -> None:
    plan = SelfAttention(64, 4, projection=True, init=LeCun(), regularization=L2(0.1)).plan((49, 64))
    rows = {name: (p.shape, p.fans, p.decay, p.regularization is not None) for name, p in plan.params.items()}
    assert {name: row for name, row in rows.items() if name.startswith("w")} == {
        "w": ((64, 192), (64, 64), True, True),
        "w_out": ((64, 64), (64, 64), True, True),
    }
    assert {name: (row[0], *row[2:]) for name, row in rows.items() if name.startswith("b")} == {
        "b": ((192,), False, False),
        "b_out": ((64,), False, False),
    }
    weights = Stack([SelfAttention(64, projection=True)], (49, 64)).weights()
    limit = math.sqrt(6.0 / 128.0)  # Glorot's, for each matrix by itself
    for name in ("layers.0.w", "layers.0.w_out"):
        assert 0.99 * limit < np.abs(weights[name]).max() <= limit
    assert not weights["layers.0.b"].any()
    assert not weights["layers.0.b_out"].any()


BAD: list[tuple[SelfAttention, tuple[int, ...], str]] = [
    (SelfAttention(16), (16,), "got rows of 16 numbers from input_shape; rows must be tokens: put Patches before it"),
    (SelfAttention(), (1, 28, 28), r"got rows of shape \(1, 28, 28\) .* give input_shape=\(tokens, features\)$"),
    (SelfAttention(16), (5, 12), r"got rows of shape \(5, 12\) from input_shape; write SelfAttention\(features=12\)$"),
    (
        SelfAttention(heads=5),
        (3, 12),
        "heads must divide the features: 5 does not divide 12; take 1, 2, 3, 4, 6 or 12$",
    ),
    (SelfAttention(15, 5), (3, 12), "heads must divide the features: 5 does not divide 12; take 1, 2, 3, 4, 6 or 12$"),
]


@pytest.mark.parametrize(("layer", "shape", "message"), BAD)
def test_rows_that_do_not_fit_are_refused_with_what_to_write(
    layer: SelfAttention, shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ShapeError, match=message) as caught:
        Stack([layer], shape)
    assert str(caught.value).startswith(f"layers[0]: {layer!r} got ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((12, 5), "heads must divide the features: 5 does not divide 12; take 1, 2, 3, 4, 6 or 12"),
        ((0,), "features"),
        ((12.0,), "features"),
        ((12, 0), "heads"),
        ((12, True), "heads"),
        ((12, 2, 1), "projection"),
        ((12, 2, False, "he"), "init"),
    ],
)
def test_bad_arguments_are_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SelfAttention(*arguments)


def test_features_are_taken_from_the_layer_before() -> None:
    stack = Stack([Dense(3, 8), SelfAttention(heads=2), Dense(None, 2)], (5, 3))
    assert stack.layers[1:] == (SelfAttention(8, 2), Dense(8, 2))


LAYERS = [SelfAttention(), SelfAttention(4, 4, projection=True, init=LeCun(), regularization=L2(0.02))]


@pytest.mark.parametrize("layer", LAYERS, ids=repr)
def test_repr_and_json_give_the_same_layer_back(layer: SelfAttention) -> None:
    adapter = TypeAdapter(SelfAttention)
    assert adapter.validate_json(adapter.dump_json(layer)) == layer
    assert eval(repr(layer), {"SelfAttention": SelfAttention, "L2": L2, "LeCun": LeCun}) == layer  # noqa: S307  # our own repr
