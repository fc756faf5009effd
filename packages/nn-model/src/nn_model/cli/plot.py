"""`nn plot`: training runs side by side."""

from pathlib import Path

import click

from nn_model.cli import options
from nn_model.cli.outputs import check_apart, check_picture, save_picture
from nn_model.plot import curves


@options.command("Draw training logs side by side.", "nn plot sgd/loss.csv adam/loss.csv -o comparison.png")
@click.argument("logs", type=options.FILE, nargs=-1, required=True, metavar="LOG...")
@click.option("--output", "-o", type=options.FILE, required=True, help="The picture (.png, .svg, .pdf).")
@options.force("Replace the picture if it is there.")
def plot(logs: tuple[Path, ...], output: Path, force: bool) -> None:
    """Draw loss, validation accuracy and time per epoch of training logs, one or several, into one picture.

    A log is what nn train writes (loss.csv), or one of Rust-Neural-Networks.
    """
    check_apart([output], *logs)
    check_picture(output, force=force)
    save_picture(curves(logs), output)
