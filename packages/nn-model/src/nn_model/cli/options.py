"""Options that several commands have."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from nn_model.cli.kinds import NAME, SEPARATOR, File
from nn_model.presets import PRESETS

F = TypeVar("F", bound=Callable[..., Any])

FILE = File()

PRESET_WORDS = ", ".join(f"{name} ({preset.about})" for name, preset in PRESETS.items())


@dataclass(slots=True)
class Session:
    """What one start of `nn` keeps beside its commands."""

    debug: bool = False


def _note(context: click.Context, parameter: click.Parameter, value: bool) -> None:  # noqa: ARG001  # click's signature
    if value:
        context.ensure_object(Session).debug = True


def debug(function: F) -> F:
    """Add `--debug`."""
    return click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_note,
        help="Show where in the program a fault arose.",
    )(function)


def command(about: str, *examples: str) -> Callable[[Callable[..., None]], click.Command]:
    """Make a command from a function: a few words for the list of commands; its help ends with these examples."""
    epilog = "\n".join(["\b", f"Example{'s' if len(examples) > 1 else ''}:", *(f"  {line}" for line in examples)])

    def make(function: Callable[..., None]) -> click.Command:
        return click.command(epilog=epilog, short_help=about)(debug(function))

    return make


def force(help: str) -> Callable[[F], F]:  # noqa: A002  # click's own word for it
    """Add `--force`."""
    return click.option("--force", is_flag=True, help=help)


def table(label: str | None = "-1") -> Callable[[F], F]:
    """Add the options that say how a CSV file is laid out; `label` is the column of labels if none is named."""

    def add(function: F) -> F:
        for option in reversed(
            (
                click.option(
                    "--label",
                    type=NAME,
                    default=label,
                    help="CSV: the column of labels, by its name or number; negative from the right."
                    + (" The last, if left out." if label else " There is none, if left out."),
                ),
                click.option(
                    "--header/--no-header", default=None, help="CSV: whether line 1 names the columns; else found out."
                ),
                click.option(
                    "--delimiter",
                    type=SEPARATOR,
                    default=",",
                    show_default=True,
                    help="CSV: the character between cells.",
                ),
            )
        ):
            function = option(function)
        return function

    return add


def checkpoint(function: F) -> F:
    """Add `--checkpoint`, which must be given."""
    words = "The network: a .safetensors or .json file, or one of another program."
    return click.option("--checkpoint", type=FILE, required=True, help=words)(function)


def models(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the names of presets, and files."""
    del context, parameter
    found = [CompletionItem(name, help=preset.about) for name, preset in PRESETS.items() if name.startswith(incomplete)]
    return [*found, CompletionItem(incomplete, type="file")]


def network(function: F) -> F:
    """Add `--checkpoint` and `--model`, one of which must be given."""
    function = click.option(
        "--model", metavar="PRESET|FILE", shell_complete=models, help=f"{PRESET_WORDS}; or a spec in JSON."
    )(function)
    words = "A .safetensors or .json file, or one of another program."
    return click.option("--checkpoint", type=FILE, help=words)(function)
