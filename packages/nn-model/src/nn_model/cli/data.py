"""`nn data`: data sets from the network."""

from pathlib import Path

import click

from nn_model.cli import options
from nn_model.data.download import MIRRORS, download_mnist


@click.group(short_help="Fetch data sets.")
@options.debug
def data() -> None:
    """Fetch data sets."""


@options.command("Fetch MNIST.", "nn data mnist mnist")
@click.argument("folder", type=options.FILE)
@click.option(
    "--mirror",
    "mirrors",
    multiple=True,
    default=MIRRORS,
    metavar="URL",
    help="An address to fetch the files from, in place of those that are known; more than one may be given.",
)
def mnist(folder: Path, mirrors: tuple[str, ...]) -> None:
    """Fetch MNIST, 70,000 handwritten digits in four files of 12 MB, into FOLDER, and print its name.

    Every file is checked by its sha256. Files that are there already are not fetched again.
    """
    click.echo(str(download_mnist(folder, mirrors, progress=True)))


data.add_command(mnist)
