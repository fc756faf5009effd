"""The command `nn` and its subcommands."""

import sys
import warnings
from typing import Any, NoReturn

import click

from nn_model import __version__
from nn_model.cli import faults
from nn_model.cli.convert import convert
from nn_model.cli.data import data
from nn_model.cli.explain import explain
from nn_model.cli.export import export
from nn_model.cli.importing import import_
from nn_model.cli.options import Session, debug
from nn_model.cli.plot import plot
from nn_model.cli.run import run
from nn_model.cli.summary import summary
from nn_model.cli.test import test
from nn_model.cli.train import train


class App(click.Group):
    """A group of commands whose faults are one line on standard error, and an exit code."""

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run a command and raise `SystemExit` with its code."""
        session = Session()
        with warnings.catch_warnings():
            warnings.showwarning = faults.show_warning
            try:
                code = super().main(*args, **{**extra, "standalone_mode": False, "obj": session})
            except Exception as error:  # noqa: BLE001  # what is no fault of a person is raised again there
                code = faults.tell(error, debug=session.debug)
        sys.exit(code or 0)


EPILOG = """
\b
Examples:
  nn data mnist mnist
  nn train -d mnist --nb-epochs 3 --checkpoint-folder ckpt
  nn test --checkpoint ckpt/best.safetensors -d mnist
  nn run --checkpoint ckpt/best.safetensors --image-path digit.png

\b
Completion of commands, options and files in bash (or zsh, fish):
  eval "$(_NN_COMPLETE=bash_source nn)"

\b
Exit codes: 0 success, 1 a fault of data, model or files, 2 wrong usage,
130 SIGINT (Ctrl-C), 143 SIGTERM, 129 SIGHUP.
"""


@click.group(cls=App, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="nn")
@debug
def app() -> None:
    """Train small neural networks on NumPy, judge them, ask them, and see what they do.

    Results go to standard output, everything else to standard error.
    """


for command in (train, test, run, summary, explain, convert, export, import_, plot, data):
    app.add_command(command)
