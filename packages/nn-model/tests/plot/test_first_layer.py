"""Pictures of weights: every weight at its place, on a scale with 0 in the middle."""

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from nn_layers import Dense, ReLU, Standardize
from nn_loss import CrossEntropy
from nn_model import NN
from nn_model.errors import DataError
from nn_model.plot import first_layer
from nn_optim import SGD


def draw(given: Any, *args: Any, **options: Any) -> Any:
    return first_layer(given, *args, **options)


def random(*shape: int) -> Any:
    return np.random.default_rng(0).normal(size=shape)


def tiles(figure: Any, height: int, width: int) -> list[Any]:
    """Cut the mosaic into its pictures, empty places left out."""
    mosaic = np.ma.filled(figure.axes[0].images[0].get_array(), np.nan)
    found = [
        mosaic[i : i + height, j : j + width]
        for i in range(0, mosaic.shape[0], height + 1)
        for j in range(0, mosaic.shape[1], width + 1)
    ]
    return [tile for tile in found if not np.isnan(tile).all()]


@pytest.mark.parametrize("units", [1, 2, 7, 10, 64])
def test_every_unit_is_a_picture_of_its_weights(units: int) -> None:
    w = random(20, units)
    found = tiles(draw(w, (4, 5)), 4, 5)
    assert len(found) == units
    for unit, tile in enumerate(found):
        np.testing.assert_array_equal(tile, w[:, unit].reshape(4, 5))


def test_of_many_units_the_first_are_drawn() -> None:
    w = random(9, 65)
    figure = draw(w)
    np.testing.assert_array_equal(np.stack(tiles(figure, 3, 3)), w.T[:64].reshape(64, 3, 3))
    assert figure.axes[0].get_title() == "First 64 of 65 units of the first layer, 3 x 3 weights each"


def test_filters_of_a_convolution() -> None:
    w = random(4, 1, 5, 3)
    figure = draw(w)
    np.testing.assert_array_equal(np.stack(tiles(figure, 5, 3)), w[:, 0])
    assert figure.axes[0].get_title() == "4 filters of the first layer, 5 x 3 weights each"
    colours = draw(random(2, 3, 3, 3))
    assert len(tiles(colours, 3, 3)) == 6
    assert colours.axes[0].get_title() == "6 filter channels of the first layer, 3 x 3 weights each"


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_zero_is_the_middle_of_the_scale(scale: float) -> None:
    image = draw(scale * (random(16, 8) + 1)).axes[0].images[0]
    low, high = image.get_clim()
    assert low == -high
    assert np.quantile(np.abs(scale * (random(16, 8) + 1)), 0.995) == pytest.approx(high)
    white = image.cmap(image.norm(0.0))
    assert min(white[:3]) > 0.95
    red, blue = image.cmap(image.norm(high)), image.cmap(image.norm(low))
    assert red[0] > red[2]
    assert blue[2] > blue[0]


@pytest.mark.parametrize("weights", [np.zeros((4, 3)), np.eye(400)[:, :40]])
def test_weights_that_are_mostly_zero_have_a_scale(weights: Any, assert_inside: Any) -> None:
    figure = draw(weights)
    assert figure.axes[0].images[0].get_clim() == (-1, 1)
    assert_inside(figure)


def test_a_network_shows_its_first_weights(assert_inside: Any) -> None:
    nn = NN([Standardize(), Dense(64, 12), ReLU(), Dense(12, 3)], CrossEntropy(), SGD(), input_shape=(64,))
    figure = draw(nn)
    np.testing.assert_array_equal(
        np.stack(tiles(figure, 8, 8)), nn.weights()["layers.1.w"].T.reshape(12, 8, 8).astype(float)
    )
    assert_inside(figure)


def test_axes_are_labelled() -> None:
    axes, bar = draw(random(9, 6)).axes
    assert axes.get_xlabel() == "Unit, counted from the first of its row"
    assert axes.get_ylabel() == "First unit of the row"
    columns = len(axes.get_xticklabels())
    assert [text.get_text() for text in axes.get_xticklabels()] == [f"+{i}" for i in range(columns)]
    assert [text.get_text() for text in axes.get_yticklabels()] == [str(i) for i in range(0, 6, columns)]
    assert bar.get_ylabel() == "Weight"
    assert draw(random(9, 1)).axes[0].get_title() == "1 unit of the first layer, 3 x 3 weights each"


@pytest.mark.parametrize(
    ("inputs", "units", "shape"),
    [(784, 512, None), (784, 1, None), (34, 12, (17, 2)), (34, 12, (2, 17)), (34, 64, (34, 1)), (34, 64, (1, 34))],
)
def test_any_shape_fits_the_picture(assert_inside: Any, inputs: int, units: int, shape: tuple[int, int] | None) -> None:
    figure = draw(random(inputs, units), shape)
    assert_inside(figure)
    width, height = figure.get_size_inches()
    assert max(width, height) < 9


def test_drawing_into_given_axes() -> None:
    figure: Any = Figure()
    left, right = figure.subplots(1, 2)
    assert draw(random(9, 4), ax=left) is figure
    assert len(left.images) == 1
    assert right.images[:] == []


BAD: list[tuple[Any, Any, str]] = [
    (random(34, 5), None, r"a place for each of 34 inputs; 34 inputs are no square; pass shape=\(height, width\)"),
    (random(34, 5), (4, 8), "a place for each of 34 inputs; 4 x 8 is 32; pass shape"),
    (random(34, 5), (-2, -17), r"shape must be \(height, width\), two whole numbers above 0; got \(-2, -17\)"),
    (random(34, 5), (17.0, 2), r"two whole numbers above 0; got \(17\.0, 2\)"),
    (random(34, 5), 34, "two whole numbers above 0; got 34"),
    (random(34), None, r"weights must be \(inputs, units\), or .*; got \(34,\); pass a network"),
    (random(2, 3, 4), None, r"got \(2, 3, 4\)"),
    ([[float("inf")]], None, "weights must be finite"),
    (np.zeros((9, 0)), None, "weights must hold at least one value"),
    ("model.safetensors", None, "weights must be real numbers"),
    (
        NN([ReLU()], CrossEntropy(), SGD(), input_shape=(3,)),
        None,
        "this network has no array of two dimensions; add a Dense",
    ),
]


@pytest.mark.parametrize(("given", "shape", "message"), BAD, ids=range(len(BAD)))
def test_bad_input(given: Any, shape: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        draw(given, shape)
