"""`nn train`: teaches a network."""

from math import isnan
from pathlib import Path
from typing import Any

import click

from nn_model.cli import options
from nn_model.cli.models import OPTIMIZERS
from nn_model.cli.settings import Settings
from nn_model.cli.training import Files, train_network

POSITIVE = click.IntRange(min=1)


def number(context: click.Context, parameter: click.Parameter, value: float) -> float:
    """Refuse NaN, which no range keeps out."""
    del context, parameter
    if isnan(value):
        raise click.BadParameter("nan is not a number.")
    return value


@options.command(
    "Teach a network, and save it.",
    "nn train -d mnist --nb-epochs 3 --checkpoint-folder ckpt",
    "nn train -d mnist --model nn-rs --optimizer-name nadam --patience 3 --plot curves.png",
    "nn train -d cats.csv --label kind --model small --checkpoint-folder cats",
    "nn train -d mnist --nb-epochs 20 --checkpoint-folder ckpt --resume",
)
@click.option(
    "--train-data-dir",
    "-d",
    type=options.FILE,
    required=True,
    help="A folder with IDX files named as MNIST's, or a CSV file.",
)
@click.option(
    "--model",
    default="mlp",
    show_default=True,
    metavar="PRESET|FILE",
    shell_complete=options.models,
    help=f"The layers: {options.PRESET_WORDS}; or a spec in JSON, as nn summary --json prints it.",
)
@click.option(
    "--optimizer-name",
    type=click.Choice(list(OPTIMIZERS), case_sensitive=False),
    default="adam",
    show_default=True,
    help="The optimizer.",
)
@click.option(
    "--learning-rate",
    type=click.FloatRange(min=0, max=1e6),
    callback=number,
    default=0.001,
    show_default=True,
    help="The optimizer's rate.",
)
@click.option("--batch-size", type=POSITIVE, default=128, show_default=True, help="Rows of a batch.")
@click.option("--nb-epochs", type=POSITIVE, default=10, show_default=True, help="Epochs, with those of a resumed run.")
@click.option(
    "--validation-split",
    type=click.FloatRange(0, 1, max_open=True),
    callback=number,
    default=0.1,
    show_default=True,
    help="Share of the training rows that judges every epoch; 0 for none.",
)
@click.option(
    "--validation-order",
    type=click.Choice(["stratified", "last"]),
    default="stratified",
    show_default=True,
    help="Which rows these are: of every class its share, or the last ones.",
)
@click.option("--patience", type=POSITIVE, help="Stop after so many epochs without an improvement.")
@click.option(
    "--min-delta",
    type=click.FloatRange(min=0, max=1e6),
    callback=number,
    default=0.0,
    show_default=True,
    help="What counts as an improvement of the validation loss.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of everything random.")
@click.option(
    "--checkpoint-folder",
    type=options.FILE,
    default=Path("checkpoints"),
    show_default=True,
    help="Where last.safetensors and best.safetensors go; made if need be.",
)
@click.option(
    "--checkpoint-stride", type=POSITIVE, default=1, show_default=True, help="Save the last state every so many epochs,"
)
@click.option("--checkpoint-steps", type=POSITIVE, help="and every so many steps.")
@click.option(
    "--loss-csv-path",
    type=options.FILE,
    help="The log, a line for every epoch. [default: loss.csv in the checkpoint folder]",
)
@click.option("--plot", type=options.FILE, help="Draw the curves of the log into this file (.png, .svg, .pdf).")
@click.option(
    "--resume",
    is_flag=True,
    help="Go on from last.safetensors, with its settings; name the data as before.",
)
@click.option(
    "--weights-only",
    type=options.FILE,
    metavar="CHECKPOINT",
    help="Begin a new run with the weights of this file, without its optimizer and run.",
)
@options.table()
@click.option(
    "--task",
    type=click.Choice(["classification", "regression"]),
    help="CSV: whether labels are classes or values; else found out.",
)
@options.force("Replace files that are there; with --resume, go on even with other data or settings.")
@click.pass_context
def train(
    context: click.Context,
    /,
    train_data_dir: Path,
    checkpoint_folder: Path,
    loss_csv_path: Path | None,
    plot: Path | None,
    resume: bool,
    weights_only: Path | None,
    force: bool,
    **chosen: Any,
) -> None:
    """Train a network, and save it: the last state and the best one.

    In a terminal a bar shows how far an epoch is; its line is printed at the end. If there are test files beside the
    training files, the best network is judged by them. Ctrl-C ends training after the step under way; --resume goes
    on there, as if it had never been ended.
    """
    if resume and weights_only is not None:
        raise click.UsageError("--resume goes on with a run, --weights-only begins a new one; give one of the two.")
    default = click.core.ParameterSource.DEFAULT
    given = frozenset(name for name in chosen if context.get_parameter_source(name) is not default)
    log = loss_csv_path or checkpoint_folder / "loss.csv"
    files = Files(train_data_dir, checkpoint_folder, log, plot)
    train_network(files, Settings(**chosen), given, resume=resume, weights=weights_only, force=force)
