"""MNIST and the sets that took over its file names: Fashion-MNIST, KMNIST, and the bundled digits."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn_model.data.idx import read_idx
from nn_model.data.source import PathLike
from nn_model.data.split import Split
from nn_model.errors import DataError

__all__ = ["NAMES", "load_mnist", "read_four", "read_mnist", "scaled"]

Array = NDArray[Any]

NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def read_mnist(folder: PathLike) -> Split:
    """Read the four IDX files of MNIST, or of another set with the same file names, as they are stored.

    Parameters
    ----------
    folder : path
        Holds ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``, ``t10k-images-idx3-ubyte`` and
        ``t10k-labels-idx1-ubyte``. Each may be spelt with a dot (``train-images.idx3-ubyte``), end in ``.gz``,
        and lie in a folder of its own name, as in the archive from Kaggle.

    Returns
    -------
    Split
        Images uint8 of shape (n, height, width), any size; labels of shape (n,), as stored.

    Raises
    ------
    DataError
        A file is missing or bad (see `read_idx`), images and labels are swapped or of different counts, or
        training and test images differ in size.

    Examples
    --------
    >>> from nn_model.data import write_idx
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     for part, n in ("train", 5), ("t10k", 2):
    ...         write_idx(Path(folder, f"{part}-images-idx3-ubyte.gz"), np.ones((n, 8, 8), np.uint8))
    ...         write_idx(Path(folder, f"{part}-labels-idx1-ubyte.gz"), np.ones(n, np.uint8))
    ...     read_mnist(folder).x_train.shape
    (5, 8, 8)
    """
    folder = Path(folder)
    return read_four([find(folder, name) for name in NAMES])


def load_mnist(folder: PathLike, flatten: bool = True) -> Split:
    """Read MNIST as a network takes it: float32 in [0, 1], and whole-number labels.

    Parameters
    ----------
    folder : path
        As for `read_mnist`.
    flatten : bool
        True gives rows of shape (n, height * width) for dense layers, False images of shape
        (n, 1, height, width) for convolutions.

    Returns
    -------
    Split
        x float32, the bytes divided by 255; y int64 of shape (n,).

    Raises
    ------
    DataError
        As for `read_mnist`.

    Examples
    --------
    >>> from nn_model.data import write_idx
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     for part, n in ("train", 5), ("t10k", 2):
    ...         write_idx(Path(folder, f"{part}-images-idx3-ubyte"), np.full((n, 28, 28), 255, np.uint8))
    ...         write_idx(Path(folder, f"{part}-labels-idx1-ubyte"), np.ones(n, np.uint8))
    ...     mnist = load_mnist(folder)
    >>> mnist.x_train.shape, float(mnist.x_train.max()), mnist.y_test.tolist()
    ((5, 784), 1.0, [1, 1])
    """
    return scaled(read_mnist(folder), 255, flatten=flatten)


def read_four(paths: Sequence[Path]) -> Split:
    """Read images and labels of both parts from four files in the order of `NAMES`, and check them together."""
    x_train, y_train = read_pair(paths[0], paths[1])
    x_test, y_test = read_pair(paths[2], paths[3])
    if x_train.shape[1:] != x_test.shape[1:]:
        raise DataError(
            f"{paths[2]}: training and test images must have one size; found {x_train.shape[1:]} and "
            f"{x_test.shape[1:]}; take both from one set"
        )
    return Split(x_train, y_train, x_test, y_test)


def scaled(raw: Split, full: int, *, flatten: bool) -> Split:
    """Divide images by the value of a full pixel, shape them for a network, and make labels int64."""

    def images(x: Array) -> Array:
        shape = (len(x), -1) if flatten else (len(x), 1, *x.shape[1:])
        return np.divide(x, full, dtype=np.float32).reshape(shape)

    return Split(images(raw.x_train), raw.y_train.astype(np.int64), images(raw.x_test), raw.y_test.astype(np.int64))


def find(folder: Path, name: str) -> Path:
    try:
        for path in spellings(folder, name):
            if path.is_file():
                return path
        there = sorted(entry.name for entry in folder.iterdir())
    except OSError as error:
        raise DataError(f"{folder}: the folder cannot be read: {error.strerror}; check the path") from None
    listed = ", ".join(there[:10]) + ("..." if len(there) > 10 else "")
    raise DataError(
        f"{folder}: a file {name} is needed (or with .idx, or .gz); found {listed or 'nothing'}; "
        "name the folder that holds all four files"
    )


def spellings(folder: Path, name: str) -> Iterator[Path]:
    for spelt in (name, name.replace("-idx", ".idx")):
        for ending in ("", ".gz"):
            yield folder / (spelt + ending)
            yield folder / spelt / (spelt + ending)


def read_pair(images_path: Path, labels_path: Path) -> tuple[Array, Array]:
    images, labels = read_idx(images_path), read_idx(labels_path)
    if (images.ndim, labels.ndim) == (1, 3):
        raise DataError(f"{images_path}: holds labels, and {labels_path} images; they look swapped; exchange the names")
    if images.ndim != 3 or images.dtype != np.uint8:
        swapped = "; labels, by the look of it: swapped?" if images.ndim == 1 else ""
        raise DataError(
            f"{images_path}: images are uint8 of shape (n, height, width); found {images.dtype} of shape "
            f"{images.shape}{swapped}; use the file of images"
        )
    if labels.ndim != 1 or labels.dtype.kind == "f":
        swapped = "; images, by the look of it: swapped?" if labels.ndim == 3 else ""
        raise DataError(
            f"{labels_path}: labels are whole numbers of shape (n,); found {labels.dtype} of shape "
            f"{labels.shape}{swapped}; use the file of labels"
        )
    if len(images) != len(labels):
        raise DataError(
            f"{labels_path}: every image needs a label; found {len(images)} images and {len(labels)} labels; "
            "take both files from one set"
        )
    return images, labels
