"""What is said when layers, or data, do not fit."""

import re
from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, Dropout, Flatten, He, LayerError, ReLU, ShapeError, Softmax, Stack, Tanh
from nn_layers.layout import check_rows, make_layout

IMAGE = (1, 28, 28)
SINGLE = "got rows that are single numbers"
GIVE = "give input_shape=(n_features,), of images (channels, height, width)"
TAKES = "layers[0]: Flatten() takes x of shape"

LAYERS: list[tuple[list[Any], Any, str]] = [
    (
        [Flatten(), ReLU(), Dense(1500, 10)],
        (2, 28, 28),
        "layers[2]: Dense(1500, 10) got rows of 1568 numbers from ReLU; write Dense(1568, 10)",
    ),
    (
        [ReLU(), Flatten(), Dense(1500, 10)],
        (2, 28, 28),
        "layers[2]: Dense(1500, 10) got rows of 1568 numbers from Flatten; write Dense(1568, 10)",
    ),
    ([Dense(4, 3), Dense(2, 1)], None, "layers[1]: Dense(2, 1) got rows of 3 numbers from Dense; write Dense(3, 1)"),
    ([Dense(4, 3)], (1,), "layers[0]: Dense(4, 3) got rows of 1 number from input_shape; write Dense(1, 3)"),
    (
        [Dense(4, 3)],
        (5, 6),
        "layers[0]: Dense(4, 3) got rows of shape (5, 6) from input_shape; write Dense(6, 3)",
    ),
    (
        [ReLU(), Dense(2, 3)],
        (8, 26, 26),
        "layers[1]: Dense(2, 3) got rows of shape (8, 26, 26) from ReLU; put Flatten() in front, or write Dense(26, 3)",
    ),
    (
        [Dense(None, 3)],
        (),
        f"layers[0]: Dense(None, 3) {SINGLE} from input_shape; give rows an axis of features: input_shape=(1,)",
    ),
    (
        [Softmax()],
        (),
        f"layers[0]: Softmax() {SINGLE} from input_shape; put a Dense layer before Softmax",
    ),
    ([], None, "a network needs at least one layer; got none"),
    (
        [Flatten(), Dense(None, 3)],
        None,
        f"layers[1]: Dense(None, 3) does not say how large the input is; {GIVE}",
    ),
    (
        [ReLU(), Tanh()],
        None,
        f"no layer says how large the input is; {GIVE}",
    ),
]


@pytest.mark.parametrize(("layers", "input_shape", "message"), LAYERS)
def test_layers_that_do_not_fit(layers: list[Any], input_shape: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        make_layout(layers, input_shape)


@pytest.mark.parametrize(
    "input_shape", [(0,), (-3,), (3, 0), (2.0,), (True,), ("3",), "784", 784, (None,), {3}, np.array(3)], ids=repr
)
def test_an_input_shape_of_anything_but_positive_whole_numbers(input_shape: Any) -> None:
    expected = "input_shape must be positive whole numbers, one for each axis of a row, as in (784,); got "
    with pytest.raises(ShapeError, match=re.escape(expected + repr(input_shape))):
        make_layout([Dense(None, 3)], input_shape)


@pytest.mark.parametrize("input_shape", [(7,), [7], (np.int64(7),)])
def test_input_shapes_that_are_right(input_shape: Any) -> None:
    layout = make_layout([Dense(None, 3)], input_shape)
    assert layout.input_shape == (7,)
    assert layout.layers == (Dense(7, 3),)
    assert layout.out_shape == (3,)


NO_LAYERS: list[tuple[Any, str]] = [
    ([Dense(3, 2), ReLU], "layers[1] is the class ReLU, not a layer; write ReLU(...)"),
    ([Dense], "layers[0] is the class Dense, not a layer; write Dense(...)"),
    ([None], "layers[0] must be a layer, an object with plan, forward and backward; got None"),
    (["relu"], "layers[0] must be a layer, an object with plan, forward and backward; got 'relu'"),
    ([He()], "layers[0] must be a layer, an object with plan, forward and backward; got He()"),
    (Dense(3, 2), "layers must be a list of layers; write [Dense(3, 2)]"),
    (Dense, "layers must be a list of layers; write [Dense(...)]"),
    (5, "layers must be a list of layers, as in [Dense(4, 3), ReLU()]; got 5"),
    (None, "layers must be a list of layers, as in [Dense(4, 3), ReLU()]; got None"),
    ("relu", "layers must be a list of layers, as in [Dense(4, 3), ReLU()]; got 'relu'"),
    ({"a": ReLU()}, "layers must be a list of layers, as in [Dense(4, 3), ReLU()]; got {'a': ReLU()}"),
    (
        np.array([ReLU(), Tanh()]),
        "layers must be a list of layers, as in [Dense(4, 3), ReLU()]; got array([ReLU(), Tanh()], dtype=object)",
    ),
]


@pytest.mark.parametrize(("layers", "message"), NO_LAYERS)
def test_things_that_are_no_layers(layers: Any, message: str) -> None:
    with pytest.raises(LayerError, match=f"^{re.escape(message)}$"):
        Stack(layers)


DATA: list[tuple[tuple[int, ...], tuple[int, ...], str]] = [
    ((5, 3), (4,), f"{TAKES} (rows, 4); got (5, 3)"),
    (
        (4,),
        (4,),
        f"{TAKES} (rows, 4); got (4,); a single row needs a leading axis: x[None]",
    ),
    ((9,), (4,), f"{TAKES} (rows, 4); got (9,)"),
    ((9,), (1,), f"{TAKES} (rows, 1); got (9,); write x.reshape(-1, 1)"),
    (
        (28, 28),
        (28, 28),
        f"{TAKES} (rows, 28, 28); got (28, 28); a single row needs a leading axis: x[None]",
    ),
    (
        (5, 784),
        IMAGE,
        f"{TAKES} (rows, 1, 28, 28); got (5, 784); write x.reshape(-1, 1, 28, 28)",
    ),
    (
        (5, 28, 28),
        (784,),
        f"{TAKES} (rows, 784); got (5, 28, 28); write x.reshape(-1, 784)",
    ),
    ((0, 4), (4,), "x has no rows; give at least one, of shape (4,)"),
    ((0,), (4,), f"{TAKES} (rows, 4); got (0,)"),
    ((), (4,), f"{TAKES} (rows, 4); got ()"),
    ((), (), f"{TAKES} (rows,); got (); a single row needs a leading axis: x[None]"),
]


@pytest.mark.parametrize(("shape", "input_shape", "message"), DATA)
def test_data_that_does_not_fit(shape: tuple[int, ...], input_shape: tuple[int, ...], message: str) -> None:
    layout = make_layout([Flatten()], input_shape)
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        check_rows(np.zeros(shape), layout)
    if shape:
        with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
            Stack([Flatten()], input_shape).forward(np.zeros(shape))


def test_rows_that_are_single_numbers_are_allowed_where_layers_take_them() -> None:
    assert Stack([Tanh()], ()).forward(np.zeros(5)).shape == (5,)
    assert Stack([Flatten(), Dense(None, 2)], ()).forward(np.zeros(5)).shape == (5, 2)


def test_what_a_layout_knows() -> None:
    layout = make_layout([Dense(4, 3), Dropout(0.5), Dense(3, 2)])
    assert layout.decay_ranges() == ((0, 12), (15, 21))  # weights, not biases
    assert (layout.theta_size, layout.state_size) == (23, 0)
    assert list(layout.states()) == []
    assert [node.title for node in layout.nodes] == [
        "layers[0]: Dense(4, 3)",
        "layers[1]: Dropout()",
        "layers[2]: Dense(3, 2)",
    ]


@pytest.mark.parametrize("n", [0, -3])
@pytest.mark.parametrize("layer", [Dense(4, 3), Dense(None, 3)])
def test_no_remedy_proposes_a_size_below_1(layer: Dense, n: int) -> None:
    with pytest.raises(ShapeError, match=rf"^got rows of {n} numbers; give rows of at least 1 number$"):
        layer.plan((n,))
