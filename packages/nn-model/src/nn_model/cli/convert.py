"""`nn convert`: a network from one program's file to another's."""

from pathlib import Path

import click

from nn_model.cli import options
from nn_model.cli.outputs import check_apart, check_output
from nn_model.formats import FORMATS, read, write
from nn_model.formats.conversion import format_for
from nn_model.formats.nn_rs import ACTIVATIONS
from nn_model.formats.recognise import recognise

WORDS = "; ".join(f"{name}: {about}" for name, about in FORMATS.items())


@options.command(
    "Convert a network from one program's file to another's.",
    "nn convert mnist_model.bin mnist.safetensors",
    "nn convert ckpt/best.safetensors mnist_cnn_model.bin",
    "nn convert mnist.safetensors model.json --to rustnet",
    "nn convert weights mnist.onnx --activation relu    (a folder of nn-rs)",
)
@click.argument("source", type=options.FILE)
@click.argument("target", type=options.FILE)
@click.option("--to", "format_", type=click.Choice(list(FORMATS)), help=f"The target's format. {WORDS}.")
@click.option(
    "--activation",
    type=click.Choice(list(ACTIVATIONS)),
    help="What stands between the layers of nn-rs' files, which do not say it; left out, elu with a warning.",
)
@options.force("Replace the target if it is there.")
def convert(source: Path, target: Path, format_: str | None, activation: str | None, force: bool) -> None:
    """Read a network from SOURCE, whose format is found out, and write it to TARGET.

    The suffix says the target's format: .safetensors and .json for nn's own, .onnx, .bin for Rust-Neural-Networks, none
    for a folder of nn-rs; the others are named with --to. Optimizer and training state stay behind in all but nn's own;
    ONNX keeps layers, weights, loss, task and names of classes, the others layers and weights only.
    """
    check_apart([target], source)
    name = format_ or format_for(target)
    if not target.is_dir():
        check_output(target, force=force)
    elif name == "nn-rs" and (target / "w0.csv").exists() and not force:
        raise click.UsageError(f"{target} holds weights already; give --force to replace them, or another folder.")
    kind = recognise(source)
    if activation is not None and kind != "nn-rs":
        raise click.UsageError("--activation is for folders of nn-rs; all other files say their layers.")
    choice = {} if activation is None else {"activation": ACTIVATIONS[activation]}
    write(read(source, kind, **choice), target, name)
    click.echo(f"Network saved to {target}", err=True)
