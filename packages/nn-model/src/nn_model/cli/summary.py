"""`nn summary`: what a network consists of."""

from pathlib import Path

import click

from nn_model.checkpoint import capture
from nn_model.cli import options
from nn_model.cli.models import made, spec_to_show
from nn_model.cli.outputs import print_json
from nn_model.loading import load
from nn_model.network import NN


def named(checkpoint: Path | None, model: str | None) -> NN:
    """Give the network of a checkpoint, or of a preset or spec."""
    if (checkpoint is None) == (model is None):
        raise click.UsageError("Give either --checkpoint or --model.")
    return made(spec_to_show(model)) if checkpoint is None and model is not None else load(str(checkpoint))


@options.command(
    "Show a network's layers.",
    "nn summary --checkpoint ckpt/best.safetensors",
    "nn summary --model mlp --json > spec.json    (a start for nn train --model spec.json)",
)
@options.network
@click.option("--json", "as_json", is_flag=True, help="Print the spec: all parts, as JSON.")
def summary(checkpoint: Path | None, model: str | None, as_json: bool) -> None:
    """Print a network's layers with their shapes, parameters and memory."""
    nn = named(checkpoint, model)
    if as_json:
        print_json(capture(nn).spec.to_json())
    else:
        click.echo(nn.summary())
