"""What goes wrong, as one line on standard error and an exit code."""

import sys
import traceback
from typing import TextIO

import click
from pydantic import ValidationError

from nn_model.errors import CallbackError

INTERRUPTED = 130


def tell(error: Exception, *, debug: bool) -> int:
    """Say what went wrong, and give the exit code. What no person could have caused is raised again.

    With `debug` the traceback comes before the line.
    """
    error = _cause(error)
    if isinstance(error, BrokenPipeError):  # whoever read our output has gone, and wants to hear no more
        return 1
    if debug and not isinstance(error, click.exceptions.Abort):
        traceback.print_exception(error)
    if isinstance(error, click.UsageError):
        error.show()
        return error.exit_code
    if isinstance(error, click.exceptions.Abort):
        say("Interrupted")
        return INTERRUPTED
    if not isinstance(error, click.ClickException | ValueError | RuntimeError | OSError | MemoryError):
        raise error
    say(f"Error: {sentence(error)}")
    return 1


def _cause(error: Exception) -> Exception:
    """Look through a callback's failure to a stream or file that could not be written."""
    return error.__cause__ if isinstance(error, CallbackError) and isinstance(error.__cause__, OSError) else error


def sentence(error: Exception) -> str:
    """Give an error's message, for people."""
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False)[0]
        where = ".".join(map(str, (error.title, *fault["loc"][:1])))  # what follows are names of pydantic's
        return f"{where}: {fault['msg'].removeprefix('Value error, ')}; got {fault['input']!r}"
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'output'}: {error.strerror}"
    return str(error) or ("not enough memory" if isinstance(error, MemoryError) else type(error).__name__)


def say(text: str) -> None:
    """Write one line to standard error, whatever the text holds."""
    click.echo(printable(text), err=True)


def printable(text: str) -> str:
    """Write out what would break the line or command the terminal: a file name may hold anything."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Write a warning as one line, above a progress bar if there is one."""
    del category, filename, lineno, file, line  # where in the library it came from is nothing to a person
    text = printable(f"Warning: {message}")
    tqdm = sys.modules.get("tqdm")
    if tqdm is None:
        click.echo(text, err=True)
    else:
        tqdm.tqdm.write(text, file=sys.stderr)
