"""`nn import`: an ONNX model as a network."""

from pathlib import Path
from typing import Literal

import click

from nn_model.checkpoint.files import check_suffix
from nn_model.cli import options
from nn_model.cli.faults import say
from nn_model.cli.outputs import check_apart, check_output
from nn_model.errors import CheckpointError, OnnxError
from nn_model.formats import FORMATS
from nn_model.formats.onnx import read
from nn_model.formats.recognise import recognise


@options.command(
    "Make a network of an ONNX model.",
    "nn import model.onnx model.safetensors",
    "nn import model.onnx model.json --class cat --class dog",
)
@click.argument("model", type=options.FILE, metavar="MODEL.onnx")
@click.argument("checkpoint", type=options.FILE, metavar="CHECKPOINT")
@click.option(
    "--task",
    type=click.Choice(["classification", "regression"]),
    help="What the network is for; else as the model says, or ends.",
)
@click.option("--class", "classes", multiple=True, help="The name of a class; as many as there are, in their order.")
@click.option("--output", metavar="NAME", help="The model's output, if it has several of float numbers.")
@options.force("Replace the checkpoint if it is there.")
def import_(
    model: Path,
    checkpoint: Path,
    task: Literal["classification", "regression"] | None,
    classes: tuple[str, ...],
    output: str | None,
    force: bool,
) -> None:
    """Make a network of an ONNX model, which predicts the same, and write it as a .safetensors or .json file.

    Models of PyTorch, Keras (tf2onnx), scikit-learn (skl2onnx) and rsnet are read where layers do what their nodes do.
    """
    check_suffix(checkpoint)
    check_apart([checkpoint], model)
    check_output(checkpoint, force=force)
    try:
        nn = read(model, task=task, classes=classes or None, output=output)
    except OnnxError:
        check_onnx(model, checkpoint)
        raise
    nn.save(checkpoint)
    click.echo(nn.summary())
    say(f"Checkpoint saved to {checkpoint}")


def check_onnx(model: Path, checkpoint: Path) -> None:
    """Say of a file that could not be read what it is, if it is no ONNX model.

    Raises
    ------
    CheckpointError
        It is of another format, or of none.
    """
    if (kind := recognise(model)) != "onnx":
        raise CheckpointError(
            f"{model}: this is no ONNX model; its format is {kind} ({FORMATS[kind]}); "
            f"run: nn convert {model} {checkpoint}"
        )


import_.name = "import"  # a word of Python's, after which no function can be called
