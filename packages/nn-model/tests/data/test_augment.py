"""Augmented images against SciPy, one by one, and against what NumPy does to whole pixels."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import ndimage, stats

from nn_layers import ShapeError
from nn_model.data import Augment, Augmentation, AugmentationFrame, augment, warp

Array = np.ndarray[Any, np.dtype[Any]]
RNG = np.random.default_rng(0)


def frame(spec: Augment, x: Array, seed: int = 0) -> AugmentationFrame:
    """Give a frame whose scratch is full of NaN, or of numbers of no pixel."""
    arrays = {}
    for name, wanted in spec.scratch(x.shape[1:]).items():
        shape = (len(x), *wanted.shape) if wanted.per_row else wanted.shape
        dtype = np.dtype(wanted.dtype or x.dtype)
        arrays[name] = np.full(shape, np.nan if dtype.kind == "f" else -(2**40), dtype)
    return AugmentationFrame(x, np.random.default_rng(seed), arrays)


def augmented(spec: Augment, x: Array, seed: int = 0) -> Array:
    """Give what the calls make of a copy of these images."""
    f = frame(spec, x.copy(), seed)
    for kernel, *args in spec.calls(f):
        kernel(*args)
    return f.x


def moved(x: Array, angle: float, growth: float, down: float, right: float) -> Array:
    """Move all images alike, by amounts that are given."""
    f = frame(Augment(), x.copy())
    (_, *calls) = Augment().calls(f)
    f.s["amounts"][...] = np.radians(angle), growth, down, right
    for kernel, *args in calls:
        kernel(*args)
    return f.x


def by_scipy(spec: Augment, x: Array, seed: int) -> Array:
    """Move every channel of every image with SciPy, in float64, by the same random numbers."""
    made = np.empty(x.shape)
    centre = (np.array(x.shape[2:]) - 1) / 2
    for i, draws in enumerate(np.random.default_rng(seed).random((len(x), 4))):
        turn, growth, down, right = 2 * draws - 1
        angle = np.deg2rad(spec.rotate * turn)
        # From old to new, with lines counted downwards; SciPy wants the way back.
        forward = (1 + spec.scale * growth) * np.array(
            [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        )
        back = np.linalg.inv(forward)
        offset = centre - back @ (centre + spec.shift * np.array([down, right]))
        for channel, image in enumerate(x[i].astype("f8")):
            # "constant" would cut the border off where "grid-constant" lets it fade into the zeros.
            made[i, channel] = ndimage.affine_transform(image, back, offset, order=1, mode="grid-constant")
    return made


@given(
    shift=st.floats(0, 0.99),
    rotate=st.floats(0, 180),
    scale=st.floats(0, 0.95),
    shape=st.tuples(st.integers(1, 3), st.integers(1, 12), st.integers(1, 12)),
    block=st.sampled_from([1, 60, 65536]),
    seed=st.integers(0, 2**32),
)
@settings(deadline=None)
def test_every_image_is_as_scipy_makes_it(
    shift: float, rotate: float, scale: float, shape: tuple[int, ...], block: int, seed: int
) -> None:
    spec = Augment(shift * min(shape[1:]), rotate, scale)
    x = np.random.default_rng(seed).standard_normal((5, *shape))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(augment, "BLOCK", block)
        made = augmented(spec, x, seed)
    assert np.abs(made - by_scipy(spec, x, seed)).max() < 1e-9


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 9, 14), (2, 200, 150)])
def test_in_float32_places_are_as_good_as_its_digits(shape: tuple[int, ...]) -> None:
    spec, x = Augment(2, 30, 0.3), RNG.random((70, *shape), dtype="f4")
    made = augmented(spec, x)
    assert made.dtype == x.dtype
    assert np.abs(made - by_scipy(spec, x, 0)).max() < 4e-7 * max(shape)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 7, 10), (1, 1, 1), (2, 1, 5)])
def test_without_amounts_nothing_changes(shape: tuple[int, ...], dtype: str) -> None:
    x = RNG.standard_normal((9, *shape)).astype(dtype)
    assert np.array_equal(augmented(Augment(), x), x)


@pytest.mark.parametrize(("down", "right"), [(2, -1), (-3, 0), (0, 4), (6, 6), (-7, 1), (50, 0)])
def test_whole_pixels_are_a_roll_with_zeros(down: int, right: int) -> None:
    x = RNG.standard_normal((3, 2, 7, 9)).astype("f4")
    room = np.pad(x, ((0, 0), (0, 0), (60, 60), (60, 60)))
    rolled = np.roll(room, (down, right), (2, 3))[:, :, 60:-60, 60:-60]
    assert np.array_equal(moved(x, 0, 0, down, right), rolled)


def test_an_angle_turns_against_the_clock() -> None:
    x = RNG.standard_normal((3, 2, 8, 8))
    assert moved(x, 90, 0, 0, 0) == pytest.approx(np.rot90(x, 1, (2, 3)), abs=1e-12)
    assert moved(x, -90, 0, 0, 0) == pytest.approx(np.rot90(x, -1, (2, 3)), abs=1e-12)


def test_growth_makes_what_is_seen_larger() -> None:
    x = np.zeros((1, 1, 21, 21))
    x[..., 8:13, 8:13] = 1.0
    assert moved(x, 0, 0.5, 0, 0).sum() == pytest.approx(25 * 1.5**2, rel=0.05)
    assert moved(x, 0, -0.4, 0, 0).sum() == pytest.approx(25 * 0.6**2, rel=0.05)


def test_half_a_pixel_is_the_mean_of_two_and_fades_at_the_border() -> None:
    x = np.array([[[[2.0, 4.0, 8.0]]]])
    assert moved(x, 0, 0, 0, 0.5).tolist() == [[[[1.0, 3.0, 6.0]]]]
    assert moved(x, 0, 0, 0, -0.5).tolist() == [[[[3.0, 6.0, 4.0]]]]
    assert moved(x, 0, 0, 0.25, 0).tolist() == [[[[1.5, 3.0, 6.0]]]]


def test_amounts_are_uniform_and_independent() -> None:
    amounts = np.empty((20_000, 4))
    reach = np.array([np.pi, 0.2, 3.0, 3.0])
    warp.draw(np.random.default_rng(1), reach, amounts)
    assert (np.abs(amounts) <= reach).all()
    for column, most in zip(amounts.T, reach, strict=True):
        assert stats.kstest(column, stats.uniform(-most, 2 * most).cdf).pvalue > 0.001
    assert np.abs(np.corrcoef(amounts.T) - np.eye(4)).max() < 0.03


def test_the_amounts_of_the_spec_are_those_drawn() -> None:
    spec, x = Augment(shift=2, rotate=90, scale=0.25), RNG.random((4000, 1, 3, 3))
    f = frame(spec, x)
    kernel, *args = next(spec.calls(f))
    kernel(*args)
    assert np.abs(f.s["amounts"]).max(0) == pytest.approx([np.pi / 2, 0.25, 2, 2], rel=0.01)


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"shift": -1}, "greater than or equal to 0"),
        ({"shift": float("nan")}, "finite number"),
        ({"shift": float("inf")}, "finite number"),
        ({"rotate": -1e-9}, "greater than or equal to 0"),
        ({"rotate": 181}, "less than or equal to 180"),
        ({"scale": 1}, "less than 1"),
        ({"scale": -0.1}, "greater than or equal to 0"),
        ({"shift": "2"}, "valid number"),
        ({"rotate": True}, "valid number"),
        ({"flip": True}, "[Uu]nexpected"),
    ],
)
def test_amounts_out_of_range_are_refused(given_: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Augment(**given_)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((784,), r"takes images, rows of shape \(C, H, W\); got rows of 784 numbers; .*begin with Flatten\(\)$"),
        ((28, 28), r".*got rows of shape \(28, 28\); .*, and the network input_shape=\(1, H, W\) for one channel$"),
        ((2, 3, 4, 5), r".*got rows of shape \(2, 3, 4, 5\); give x of that shape, .*input_shape=\(C, H, W\)$"),
        ((2, 1, 128), r"could shift images of 1 x 128 pixels out of sight; give a shift of less than 1"),
        ((1, 5000, 5000), r"takes images of less than 16,777,216 pixels; got 5000 x 5000; make them smaller"),
    ],
)
def test_rows_that_cannot_be_augmented_are_refused(shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError, match=r"Augment\(shift=1.0\) " + message):
        Augment(shift=1).scratch(shape)


def test_it_is_a_value_of_the_protocol() -> None:
    assert isinstance(Augment(), Augmentation)
    assert Augment(2) == Augment(shift=2.0)
    assert repr(Augment(2, scale=0.1)) == "Augment(shift=2.0, scale=0.1)"
    assert not isinstance(object(), Augmentation)
