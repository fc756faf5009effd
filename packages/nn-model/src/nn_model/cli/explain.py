"""`nn explain`: what a network computes in one training step."""

from pathlib import Path

import click

from nn_model.cli import options
from nn_model.cli.summary import named


@options.command(
    "Show what one training step computes.",
    "nn explain --model nn-rs",
    "nn explain --checkpoint ckpt/best.safetensors --rows 1",
)
@options.network
@click.option("--rows", type=click.IntRange(1, 1_000_000), default=64, show_default=True, help="Rows of the batch.")
def explain(checkpoint: Path | None, model: str | None, rows: int) -> None:
    """Print the program of one training step: a line for every formula, with the shapes it works on."""
    click.echo(named(checkpoint, model).explain(rows))
