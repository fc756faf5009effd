"""`nn export`: a network as an ONNX model."""

from pathlib import Path

import click

from nn_layers.protocol import rows_of
from nn_model.cli import options
from nn_model.cli.faults import say
from nn_model.cli.kinds import COUNT
from nn_model.cli.outputs import check_apart, check_output
from nn_model.errors import ShapeError
from nn_model.loading import load


@options.command(
    "Write a network as an ONNX model.",
    "nn export --checkpoint-path ckpt/best.safetensors --onnx-path model.onnx",
    "nn export --checkpoint-path ckpt/best.safetensors --onnx-path model.onnx --opset 22 --scores",
)
@click.option(
    "--checkpoint-path",
    type=options.FILE,
    required=True,
    help="The network: a .safetensors or .json file, or one of another program.",
)
@click.option("--onnx-path", type=options.FILE, required=True, help="The file to write; it ends in .onnx.")
@click.option("--input-channels", type=COUNT, help="Checked against the network, which knows its own.")
@click.option("--input-height", type=COUNT, help="Likewise.")
@click.option("--input-width", type=COUNT, help="Likewise.")
@click.option(
    "--opset", type=click.IntRange(13, 26), default=17, show_default=True, help="The version of ONNX's operators."
)
@click.option("--scores", is_flag=True, help="Let the model give scores, and not probabilities.")
@options.force("Replace the model if it is there.")
def export(
    checkpoint_path: Path,
    onnx_path: Path,
    input_channels: int | None,
    input_height: int | None,
    input_width: int | None,
    opset: int,
    scores: bool,
    force: bool,
) -> None:
    """Write a network as an ONNX model, which takes any number of raw rows at a time."""
    check_apart([onnx_path], checkpoint_path)
    check_output(onnx_path, force=force)
    nn = load(checkpoint_path)
    check_input({"channels": input_channels, "height": input_height, "width": input_width}, nn.core.layout.input_shape)
    nn.export_onnx(onnx_path, opset=opset, probabilities=False if scores else None)
    say(f"ONNX model saved to {onnx_path}")


def check_input(said: dict[str, int | None], shape: tuple[int, ...]) -> None:
    """Check what was said of the images against those that the network takes.

    Raises
    ------
    ShapeError
        It takes others, or none.
    """
    for axis, (name, size) in enumerate(said.items()):
        if size is None:
            continue
        if len(shape) != len(said):
            raise ShapeError(
                f"--input-{name} is for networks of images, and this one takes {rows_of(shape)}; leave it out"
            )
        if size != shape[axis]:
            raise ShapeError(
                f"--input-{name} is {size}, and the network takes {rows_of(shape)}; give {shape[axis]}, or leave it out"
            )
