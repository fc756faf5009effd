"""`nn test`: how good a network is."""

from pathlib import Path

import click

from nn_model.cli import datasets, options
from nn_model.cli.outputs import check_apart, check_picture, print_json, save_picture
from nn_model.loading import load
from nn_model.metrics import Report
from nn_model.plot import confusion


@options.command(
    "Judge a network on test data.",
    "nn test --checkpoint ckpt/best.safetensors -d mnist",
    "nn test --checkpoint ckpt/best.safetensors -d mnist --json > report.json",
    "nn test --checkpoint cats.safetensors -d test.csv --label kind --plot confusion.png",
)
@options.checkpoint
@click.option(
    "--data-dir",
    "-d",
    type=options.FILE,
    required=True,
    help="A folder with t10k-images-idx3-ubyte and its labels, as MNIST's, or a CSV file.",
)
@options.table()
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--plot", type=options.FILE, help="Draw the confusion matrix into this file (.png, .svg, .pdf).")
@options.force("Replace the picture if it is there.")
def test(
    checkpoint: Path,
    data_dir: Path,
    label: str,
    header: bool | None,
    delimiter: str,
    as_json: bool,
    plot: Path | None,
    force: bool,
) -> None:
    """Judge a network on data that it was not trained on, and print a report.

    For classes: the confusion matrix, and precision, recall and F1 of each; for values: MAE, RMSE and R2.
    """
    if plot is not None:
        check_apart([plot], checkpoint, data_dir)
        check_picture(plot, force=force)
    nn = load(checkpoint)
    if plot is not None and nn.classes is None:
        raise click.UsageError("--plot draws a confusion matrix, and this network gives values, not classes.")
    with datasets.about(data_dir):
        report = nn.evaluate(*datasets.for_testing(data_dir, datasets.Layout(label, header, delimiter), nn))
    if as_json:
        print_json(report.to_dict())
    else:
        click.echo(str(report))
    if plot is not None and isinstance(report, Report):
        save_picture(confusion(report), plot)
