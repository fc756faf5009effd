"""The four files of MNIST, in every spelling, and checked against each other."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_model.data import load_mnist, read_mnist, write_idx
from nn_model.errors import DataError

Array = np.ndarray[Any, np.dtype[Any]]

X, Y, XT, YT = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def images(n: int, height: int = 3, width: int = 2) -> Array:
    return (np.arange(n * height * width) % 256).astype(np.uint8).reshape(n, height, width)


GOOD: dict[str, Array] = {
    X: images(5),
    Y: np.array([3, 1, 4, 1, 5], np.uint8),
    XT: images(2) + np.uint8(100),
    YT: np.array([9, 2], np.uint8),
}


def put(folder: Path, **changed: Array) -> Path:
    for name, array in (GOOD | changed).items():
        write_idx(folder / name, array)
    return folder


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("spelt", ["-idx", ".idx"])
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_every_spelling_is_found(tmp_path: Path, spelt: str, ending: str, nested: bool) -> None:
    for name, array in GOOD.items():
        other = name.replace("-idx", spelt)
        folder = tmp_path / other if nested else tmp_path
        folder.mkdir(exist_ok=True)
        write_idx(folder / (other + ending), array)
    split = read_mnist(tmp_path)
    for found, expected in zip(split, GOOD.values(), strict=True):
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == np.uint8


def test_loading_scales_and_shapes_for_a_network(tmp_path: Path) -> None:
    put(tmp_path)
    flat, square = load_mnist(tmp_path), load_mnist(str(tmp_path), flatten=False)
    assert flat.x_train.shape == (5, 6)
    assert square.x_train.shape == (5, 1, 3, 2)
    assert flat.x_test.dtype == square.x_test.dtype == np.float32
    assert flat.y_train.dtype == np.int64
    assert flat.y_train.tolist() == [3, 1, 4, 1, 5]
    expected = np.array([(100 + i) / 255 for i in range(12)], np.float32)
    np.testing.assert_array_equal(flat.x_test, expected.reshape(2, 6))
    np.testing.assert_array_equal(flat.x_train.ravel(), square.x_train.ravel())


BAD: dict[str, tuple[dict[str, Array], str, list[str]]] = {
    "counts": ({Y: GOOD[Y][:4]}, Y, ["found 5 images and 4 labels"]),
    "test counts": ({YT: GOOD[Y]}, YT, ["found 2 images and 5 labels"]),
    "both swapped": ({X: GOOD[Y], Y: GOOD[X]}, X, ["they look swapped"]),
    "labels as images": ({X: GOOD[Y]}, X, ["uint8 of shape (5,)", "swapped?"]),
    "images as labels": ({Y: GOOD[X]}, Y, ["uint8 of shape (5, 3, 2)", "swapped?"]),
    "colour images": ({X: np.zeros((5, 3, 2, 3), np.uint8)}, X, ["(5, 3, 2, 3); use the file of images"]),
    "float images": ({X: np.zeros((5, 3, 2), np.float32)}, X, ["found float32"]),
    "float labels": ({Y: np.zeros(5)}, Y, ["found float64 of shape (5,); use the file of labels"]),
    "sizes differ": ({XT: images(2, 4)}, XT, ["found (3, 2) and (4, 2)"]),
}


@pytest.mark.parametrize(("changed", "name", "words"), BAD.values(), ids=BAD)
def test_files_that_do_not_belong_together(
    tmp_path: Path, changed: dict[str, Array], name: str, words: list[str]
) -> None:
    put(tmp_path, **changed)
    with pytest.raises(DataError) as error:
        read_mnist(tmp_path)
    assert str(error.value).startswith(f"{tmp_path / name}: ")
    for word in words:
        assert word in str(error.value)


def test_labels_may_be_any_whole_numbers(tmp_path: Path) -> None:
    put(tmp_path, **{Y: np.array([300, 1, 2, 3, 4], np.int32)})
    assert load_mnist(tmp_path).y_train.tolist() == [300, 1, 2, 3, 4]


def test_a_missing_file_is_named_beside_what_is_there(tmp_path: Path) -> None:
    put(tmp_path)
    (tmp_path / YT).rename(tmp_path / "labels")
    with pytest.raises(DataError, match=rf"a file {YT} is needed .* found labels, t10k-images"):
        read_mnist(tmp_path)


def test_a_folder_without_the_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"a file {X} is needed .* found nothing"):
        read_mnist(tmp_path)
    for i in range(12):
        (tmp_path / f"{i:02}").touch()
    with pytest.raises(DataError, match=r"09\.\.\.; name the folder"):
        read_mnist(tmp_path)
    for path, words in (tmp_path / "none", "No such file"), (tmp_path / "01", "Not a directory"):
        with pytest.raises(DataError, match=f"cannot be read: {words}"):
            read_mnist(path)
