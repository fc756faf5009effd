"""`nn run`: what a network answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np

from nn_model.arrays import Array
from nn_model.cli import datasets, options
from nn_model.cli.faults import printable
from nn_model.cli.images import read_image
from nn_model.cli.outputs import print_json
from nn_model.loading import load
from nn_model.network import NN


@options.command(
    "Ask a network about pictures or rows.",
    "nn run --checkpoint ckpt/best.safetensors --image-path digit.png",
    "nn run --checkpoint ckpt/best.safetensors --image-path digits/*.png --json",
    "nn run --checkpoint cats.safetensors --image-path new-cats.csv",
)
@options.checkpoint
@click.option(
    "--image-path",
    "files",
    type=options.FILE,
    multiple=True,
    help="A picture of the size that the network takes: PNG, JPEG, or raw bytes, one a pixel. Or a CSV file of rows.",
)
@click.argument("more", type=options.FILE, nargs=-1, metavar="[FILE]...")
@options.table(None)
@click.option("--json", "as_json", is_flag=True, help="Print a list of answers as JSON.")
def run(
    checkpoint: Path,
    files: tuple[Path, ...],
    more: tuple[Path, ...],
    label: str | None,
    header: bool | None,
    delimiter: str,
    as_json: bool,
) -> None:
    """Ask a network about pictures or rows, and print its answers.

    Pictures are grey, white on black as in MNIST; their size is checked, never changed.
    """
    if not (files or more):
        raise click.UsageError("Missing option '--image-path'.")
    nn = load(checkpoint)
    layout = datasets.Layout(label, header, delimiter)
    asked = [(path, read(path, layout, nn)) for path in (*files, *more)]
    found = [{"file": str(path), **answer} for path, x in asked for answer in answers(x, nn, rows=is_table(path))]
    if as_json:
        print_json(found)
        return
    for answer in found:
        show(answer, named=len(found) > 1)


def read(path: Path, layout: datasets.Layout, nn: NN) -> Array:
    """Read a picture as one row, or the rows of a CSV file."""
    if is_table(path):
        return datasets.rows(path, layout, nn)
    return read_image(path, nn.core.layout.input_shape)[np.newaxis]


def is_table(path: Path) -> bool:
    """Whether a file is a table of rows, and not a picture."""
    return path.suffix.lower() == ".csv"


def answers(x: Array, nn: NN, *, rows: bool) -> Iterator[dict[str, Any]]:
    """Give the answer for every row: the class and the probability of each, or the value; `rows`: and its number."""
    shares = [None] * len(x) if nn.classes is None else nn.predict_proba(x).tolist()
    for number, (answer, share) in enumerate(zip(nn.predict(x).tolist(), shares, strict=True), 1):
        found: dict[str, Any] = {"row": number} if rows else {}
        found["prediction"] = answer
        if share is not None:
            found["probabilities"] = dict(zip(map(str, nn.classes or ()), share, strict=True))
        yield found


def show(answer: dict[str, Any], *, named: bool) -> None:
    """Print one answer for people; `named`: with its file and row, being one of several."""
    if named:
        click.echo(printable(answer["file"]) + (f", row {answer['row']}" if "row" in answer else ""))
    click.echo(f"Prediction: {answer['prediction']}")
    if "probabilities" in answer:
        shares = ", ".join(f"{name}: {share:.4f}" for name, share in answer["probabilities"].items())
        click.echo(f"Output probabilities: {shares}")
