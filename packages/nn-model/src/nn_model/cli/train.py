"""`nn train`: teaches a network."""

from pathlib import Path
from typing import Any

import click

from nn_model.cli import options
from nn_model.cli.kept import KEPT
from nn_model.cli.kinds import COUNT, Number
from nn_model.cli.models import OPTIMIZERS
from nn_model.cli.places import Files
from nn_model.cli.settings import Settings
from nn_model.cli.training import train_network
from nn_model.presets import PRESETS

RECOMMENDED = "; ".join(f"{name}: {preset.recommended.about}" for name, preset in PRESETS.items() if preset.recommended)


@options.command(
    "Teach a network, and save it.",
    "nn train -d mnist --nb-epochs 3 --checkpoint-folder ckpt",
    "nn train -d mnist --model nn-rs --optimizer-name nadam --patience 3 --plot curves.png",
    "nn train -d cats.csv --label kind --model small --checkpoint-folder cats",
    "nn train -d mnist --recommended --checkpoint-folder best-mlp",
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
    type=Number(0, 1e6),
    default=0.001,
    show_default=True,
    help="The optimizer's rate, the same at every step.",
)
@click.option(
    "--recommended",
    is_flag=True,
    help=f"Begin with the settings that work best for the preset, in the place of the defaults here ({RECOMMENDED}). "
    "What is given beside it comes first: a rate takes the place of the whole schedule, an optimizer keeps it.",
)
@click.option("--batch-size", type=COUNT, default=128, show_default=True, help="Rows of a batch.")
@click.option("--nb-epochs", type=COUNT, default=10, show_default=True, help="Epochs, with those of a resumed run.")
@click.option(
    "--validation-split",
    type=KEPT["validation_split"].option,
    default=0.1,
    show_default=True,
    help="Share of the training rows that judges every epoch; 0 for none.",
)
@click.option(
    "--validation-order",
    type=KEPT["validation_order"].option,
    default="stratified",
    show_default=True,
    help="Which rows these are: of every class its share, or the last ones.",
)
@click.option("--patience", type=COUNT, help="Stop after so many epochs without an improvement.")
@click.option(
    "--min-delta",
    type=KEPT["min_delta"].option,
    default=0.0,
    show_default=True,
    help="What counts as an improvement of the validation loss.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of everything random.")
@click.option(
    "--threads",
    type=COUNT,
    help="How many threads BLAS may use; 1 if left out.",
)
@click.option(
    "--checkpoint-folder",
    type=options.FILE,
    default=Path("checkpoints"),
    show_default=True,
    help="Where last.safetensors and best.safetensors go; made if need be.",
)
@click.option(
    "--checkpoint-stride", type=COUNT, default=1, show_default=True, help="Save the last state every so many epochs,"
)
@click.option("--checkpoint-steps", type=COUNT, help="and every so many steps.")
@click.option(
    "--loss-csv-path",
    type=options.FILE,
    help="The log, a line for every epoch. [default: loss.csv in the checkpoint folder]",
)
@click.option("--plot", type=options.FILE, help="Draw the curves of the log into this file (.png, .svg, .pdf).")
@click.option(
    "--resume",
    is_flag=True,
    help="Go on from last.safetensors, with its settings, those of a CSV file too. Only files are to be named as "
    "before: the data, the checkpoint folder, and the log if it is elsewhere.",
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
    type=KEPT["task"].option,
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
    others = [] if weights_only is None else [weights_only]
    if chosen["model"] not in PRESETS:
        others.append(Path(chosen["model"]))
    files = Files(train_data_dir, checkpoint_folder, plot, loss_csv_path, tuple(others))
    train_network(files, Settings(**chosen), given, resume=resume, weights=weights_only, force=force)
