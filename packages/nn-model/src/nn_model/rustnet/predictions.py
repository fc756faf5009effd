"""The table of predictions that RustNet leaves behind."""

from pathlib import Path
from typing import Any

from nn_layers import ShapeError
from nn_model.arrays import as_numbers, check_finite
from nn_model.disk.atomic import check_target, write_whole
from nn_model.disk.opening import PathLike
from nn_model.errors import DataError
from nn_model.rustnet.border import FLOAT64
from nn_model.rustnet.texts import shortest

__all__ = ["export_predictions"]


def export_predictions(path: PathLike, predicted: Any, actual: Any) -> None:
    """Write predictions beside what they should be, as a CSV file: whole or not at all.

    The header is `predicted value,actual value`, and a line follows for every number, row by row.

    Parameters
    ----------
    path
        The file; replaced if it exists.
    predicted, actual
        Numbers of one shape: what `predict` gives, and the targets.

    Raises
    ------
    ShapeError, DataError
        Other shapes, numbers that are not finite, or a path that cannot be written; what was there is unchanged.

    Notes
    -----
    RustNet's `train` writes such a `predictions.csv` into the current folder, of the first output only, and from before
    its last update. This writes what it is given, where it is told to.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     export_predictions(f"{folder}/a.csv", [[0.25], [0.875]], [[0], [1]])
    ...     print(Path(folder, "a.csv").read_text(), end="")
    predicted value,actual value
    0.25,0
    0.875,1
    """
    guesses, truths = as_numbers(predicted, "predicted", FLOAT64), as_numbers(actual, "actual", FLOAT64)
    if guesses.shape != truths.shape:
        raise ShapeError(f"predicted and actual must have the same shape; got {guesses.shape} and {truths.shape}")
    check_finite(guesses, "predicted")
    check_finite(truths, "actual")
    lines = [f"{shortest(guess)},{shortest(truth)}\n" for guess, truth in zip(guesses.flat, truths.flat, strict=True)]
    content = "".join(["predicted value,actual value\n", *lines]).encode()
    check_target(Path(path), DataError)
    write_whole(Path(path), lambda file: file.write(content), DataError)
