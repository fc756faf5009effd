"""Files that a command writes: looked at before the work begins."""

import json
from pathlib import Path
from typing import Any

import click

from nn_model.checkpoint import check_writable
from nn_model.errors import DataError
from nn_model.extras import need
from nn_model.plot import save

__all__ = ["check_output", "check_picture", "print_json", "save_picture"]


def check_output(path: Path, *, force: bool) -> None:
    """Check that a file can be written, and would replace none.

    Raises
    ------
    DataError
        It is there already, without `--force`.
    CheckpointError
        It cannot be written.
    """
    if path.is_file() and not force:
        raise DataError(f"{path}: is there already; give --force to replace it, or another name")
    check_writable(path)


def check_picture(path: Path, *, force: bool) -> None:
    """Check that a picture can be drawn and written.

    Raises
    ------
    DataError
        It is there already, or its suffix is no format.
    MissingExtraError
        matplotlib is not installed.
    """
    kinds = need("matplotlib.backends.backend_agg", "plot").FigureCanvasAgg.filetypes
    if path.suffix.lower().removeprefix(".") not in kinds:
        raise DataError(f"{path}: the suffix must name a format; got {path.suffix!r}; use .png, .svg or .pdf")
    check_output(path, force=force)


def save_picture(figure: Any, path: Path) -> None:
    """Write a figure and say so."""
    save(figure, path)
    click.echo(f"Picture saved to {path}", err=True)


def print_json(value: Any) -> None:
    """Print a value as JSON, which has no NaN."""
    click.echo(json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False))
