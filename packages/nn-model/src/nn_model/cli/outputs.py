"""Files that a command writes: looked at before the work begins."""

import json
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from nn_model.cli.datasets import files_of
from nn_model.disk.atomic import check_writable
from nn_model.errors import DataError
from nn_model.extras import need
from nn_model.plot import save

__all__ = ["check_apart", "check_output", "check_picture", "print_json", "save_picture"]


def check_apart(written: Iterable[Path], *read: Path) -> None:
    """Check that nothing is written to a file that is read, or to one that another is written to as well.

    Raises
    ------
    DataError
        Two are the same file, whatever `--force` says.
    """
    seen = [(file, "the command reads it") for path in read for file in files_of(path)]
    for target in written:
        for other, why in seen:
            if is_same(target, other):
                raise DataError(f"{target}: cannot be written to: {why}; name another file")
        seen.append((target, "something else is written there"))


def is_same(one: Path, other: Path) -> bool:
    """Whether two paths are one file, be it there or not."""
    with suppress(OSError):
        return one.samefile(other)
    return one.absolute() == other.absolute()


def check_output(path: Path, *, force: bool, to_come: Collection[Path] = ()) -> None:
    """Check that a file can be written, and would replace none.

    Parameters
    ----------
    path
        The file.
    force
        Whether it may replace one.
    to_come
        Folders that are not there yet, and will be.

    Raises
    ------
    DataError
        It is there already, without `--force`, or cannot be written.
    """
    if path.is_file() and not force:
        raise DataError(f"{path}: is there already; give --force to replace it, or another name")
    if path.parent.absolute() not in to_come:
        check_writable(path, DataError)


def check_picture(path: Path, *, force: bool, to_come: Collection[Path] = ()) -> None:
    """Check that a picture can be drawn and written; see `check_output`.

    Raises
    ------
    DataError
        It is there already, it cannot be written, or its suffix is no format.
    MissingExtraError
        matplotlib is not installed.
    """
    kinds = need("matplotlib.backends.backend_agg", "plot").FigureCanvasAgg.filetypes
    if path.suffix.lower().removeprefix(".") not in kinds:
        raise DataError(f"{path}: the suffix must name a format; got {path.suffix!r}; use .png, .svg or .pdf")
    check_output(path, force=force, to_come=to_come)


def save_picture(figure: Any, path: Path) -> None:
    """Write a figure and say so."""
    save(figure, path)
    click.echo(f"Picture saved to {path}", err=True)


def print_json(value: Any) -> None:
    """Print a value as JSON, which has no NaN."""
    click.echo(json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False))
