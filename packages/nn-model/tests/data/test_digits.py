"""The bundled digits: the right images, in both places, written again byte for byte."""

import gzip
import subprocess
import sys
import zlib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import sklearn.datasets
from sklearn.linear_model import LogisticRegression

from nn_model.data import load_digits, read_mnist

ROOT = next(folder for folder in Path(__file__).resolve().parents if (folder / "test_data").is_dir())
FOLDER = ROOT / "test_data" / "digits"
NAMES = sorted(path.name for path in FOLDER.glob("*.gz"))


def test_shapes_dtypes_and_range() -> None:
    x, y, xt, yt = load_digits()
    assert x.shape == (1437, 64)
    assert xt.shape == (360, 64)
    assert y.shape == (1437,)
    assert yt.shape == (360,)
    assert x.dtype == xt.dtype == np.float32
    assert y.dtype == yt.dtype == np.int64
    assert (x.min(), x.max()) == (0, 1)
    square = load_digits(flatten=False)
    assert square.x_train.shape == (1437, 1, 8, 8)
    np.testing.assert_array_equal(square.x_test.reshape(360, 64), xt)


def test_they_are_the_images_of_scikit_learn_each_once() -> None:
    x, y, xt, yt = load_digits()
    theirs = sklearn.datasets.load_digits()

    ours = np.column_stack([np.concatenate([x, xt]) * 16, np.concatenate([y, yt])])
    assert sorted(ours.tolist()) == sorted(np.column_stack([theirs.data, theirs.target]).tolist())


def test_every_class_has_its_share_in_both_parts() -> None:
    split = load_digits()
    train, test = np.bincount(split.y_train), np.bincount(split.y_test)
    assert len(train) == len(test) == 10
    assert np.abs(test - (train + test) * 360 / 1797).max() < 1


def test_they_can_be_learnt() -> None:
    x, y, xt, yt = load_digits()
    assert LogisticRegression(C=0.5, max_iter=500).fit(x, y).score(xt, yt) > 0.94


def test_the_mnist_reader_reads_them() -> None:
    raw, loaded = read_mnist(FOLDER), load_digits()
    assert raw.x_train.shape == (1437, 8, 8)
    assert raw.x_train.dtype == np.uint8
    np.testing.assert_array_equal(raw.x_train.reshape(1437, 64) / np.float32(16), loaded.x_train)
    np.testing.assert_array_equal(raw.y_test, loaded.y_test)


@pytest.mark.parametrize("name", [*NAMES, "LICENSE.txt"])
def test_the_package_holds_the_same_files(name: str) -> None:
    assert len(NAMES) == 4
    packaged = files("nn_model.data") / "files" / name
    assert packaged.read_bytes() == (FOLDER / name).read_bytes()


def test_the_script_writes_them_again(tmp_path: Path) -> None:
    subprocess.run([sys.executable, FOLDER / "write.py", tmp_path], check=True)  # noqa: S603 - our own script
    assert sorted(path.name for path in tmp_path.iterdir()) == NAMES
    for name in NAMES:
        again, stored = (tmp_path / name).read_bytes(), (FOLDER / name).read_bytes()
        assert gzip.decompress(again) == gzip.decompress(stored)
        # zlib-ng compresses to other bytes.
        assert again == stored or "ng" in zlib.ZLIB_RUNTIME_VERSION
