"""What a command is given to train or judge with: a folder of IDX files, or a CSV file."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from nn_model.arrays import Array
from nn_model.data import load_mnist, read_csv
from nn_model.data.mnist import NAMES, find, read_pair, spellings
from nn_model.errors import DataError, ShapeError, TargetError
from nn_model.network import NN

__all__ = ["Data", "Layout", "about", "checked", "files_of", "fitted", "for_testing", "for_training", "rows"]

Pair = tuple[Array, Array]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a CSV file is laid out: the command line's `--label`, `--header` and `--delimiter`."""

    label: str | None
    header: bool | None
    delimiter: str

    @property
    def column(self) -> int | str | None:
        """The label column: a number where it looks like one."""
        if self.label is None:
            return None
        return int(self.label) if self.label.removeprefix("-").isdecimal() else self.label


@dataclass(frozen=True, slots=True)
class Data:
    """Rows to train on, what their labels are, and rows to test on if there are any.

    Attributes
    ----------
    path
        Where they were read from.
    x, y
        Inputs `(n, features)`, and classes or values `(n,)`.
    outputs
        How many classes; 1 for values.
    classes
        Their names, where they are not just numbers.
    task
        What `y` is.
    image
        The shape of a row as an image, `(channels, height, width)`, if rows are pixels.
    table
        Whether the features are columns of a table, each on a scale of its own.
    test
        Inputs and labels of the test files.
    """

    path: Path
    x: Array
    y: Array
    outputs: int
    classes: list[str] | None
    task: Literal["classification", "regression"]
    table: bool
    test: Pair | None = None
    image: tuple[int, ...] | None = None


def for_training(path: Path, layout: Layout, task: Literal["classification", "regression"] | None) -> Data:
    """Read rows to train on.

    Raises
    ------
    DataError
        The folder or file is missing, or not as it must be.
    """
    if path.is_dir():
        (images, y), test = _folder(path)
        x, image, outputs = images.reshape(len(images), -1), images.shape[1:], int(y.max(initial=0)) + 1
        return Data(path, x, y, outputs, None, "classification", table=False, test=test, image=image)
    table = read_csv(path, layout.column, layout.header, layout.delimiter, task=task)
    if table.y is None:
        raise AssertionError("there is always a label column to train on")
    if table.classes is None:
        return Data(path, table.x, table.y.reshape(-1, 1), 1, None, "regression", table=True)
    names = list(table.classes)
    if names == [str(i) for i in range(len(names))]:
        return Data(path, table.x, table.y, len(names), None, "classification", table=True)
    return Data(path, table.x, np.array(names)[table.y], len(names), names, "classification", table=True)


def _folder(path: Path) -> tuple[Pair, Pair | None]:
    """Read IDX files; those to test on may be missing."""
    if any(entry.name.startswith("t10k") for entry in path.iterdir()):
        x, y, x_test, y_test = load_mnist(path, flatten=False)
        return (x, y), (x_test.reshape(len(x_test), -1), y_test)
    return _read(path, NAMES[:2]), None


def _read(path: Path, names: Sequence[str]) -> Pair:
    """Read the images and labels of one part."""
    images, labels = read_pair(*(find(path, name) for name in names))
    return np.divide(images, 255, dtype=np.float32)[:, np.newaxis], labels.astype(np.int64)


def for_testing(path: Path, layout: Layout, nn: NN) -> Pair:
    """Read rows to judge a network on: a folder's test files, or all rows of a CSV file.

    Raises
    ------
    DataError
        The folder or file is missing, or not as it must be.
    """
    if path.is_dir():
        x, y = _read(path, NAMES[2:])
        return fitted(x.reshape(len(x), -1), nn, path), y
    task: Any = nn.task
    named = nn.classes is not None and isinstance(nn.classes[0], str)
    classes = nn.classes if named else None
    table = read_csv(path, layout.column, layout.header, layout.delimiter, task=task, classes=classes)
    if table.y is None:
        raise AssertionError("there is always a label column to test on")
    if table.classes is None:
        return fitted(table.x, nn, path), table.y.reshape(-1, 1)
    if not named and not table.classes[0].isdecimal():
        raise DataError(
            f"{path}: labels must be numbers, as the network's classes are; found names, such as {table.classes[0]!r}; "
            "give data with the labels that it was trained on"
        )
    return fitted(table.x, nn, path), np.array(table.classes)[table.y] if named else table.y


def rows(path: Path, layout: Layout, nn: NN) -> Array:
    """Read the rows of a CSV file to ask a network about; a label column is left out.

    Raises
    ------
    DataError
        The file is missing, or not as it must be.
    """
    return fitted(read_csv(path, layout.column, layout.header, layout.delimiter).x, nn, path)


def fitted(x: Array, nn: NN, path: Path) -> Array:
    """Give the rows of a file the shape of the network's input.

    Raises
    ------
    DataError
        They have more numbers, or fewer.
    """
    shape = nn.core.layout.input_shape
    size = int(np.prod(shape))
    if x.shape[1] != size:
        raise DataError(
            f"{path}: the network takes rows of {size} numbers; these have {x.shape[1]}; "
            "give the kind of data that it was trained on"
        )
    return x.reshape(len(x), *shape)


def checked(data: Data, nn: NN) -> Pair:
    """Give rows and labels as the network takes them.

    Raises
    ------
    DataError, ShapeError
        They do not fit it; the message names the file.
    """
    with about(data.path):
        return nn.core.checked(fitted(data.x, nn, data.path), data.y)


@contextmanager
def about(path: Path) -> Iterator[None]:
    """Let errors about data name the file that these are from."""
    try:
        yield
    except (DataError, ShapeError, TargetError) as error:
        raise error if str(error).startswith(str(path)) else type(error)(f"{path}: {error}") from None


def files_of(path: Path) -> list[Path]:
    """Give all files that may be read where data are at this path."""
    return [path, *(spelt for name in NAMES for spelt in spellings(path, name))]
