"""What the value of an option may be, on the command line and where a checkpoint remembers it."""

from math import isnan
from pathlib import Path
from typing import Any

import click

from nn_model.data.csv_options import check_options
from nn_model.errors import DataError

__all__ = ["COUNT", "NAME", "SEPARATOR", "File", "Number"]

MAX_COUNT = 10**9
MAX_NAME = 1_000
"""Letters of a column's name."""


class Number(click.FloatRange):
    """A number within bounds, which NaN is not: no comparison keeps it out."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Give the number."""
        number = super().convert(value, param, ctx)
        if isnan(number):
            self.fail("nan is not a number.", param, ctx)
        return number


class Count(click.IntRange):
    """A number of things: at least 1, and one that can be reckoned with."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Give the number."""
        count = super().convert(value, param, ctx)
        if count > MAX_COUNT:
            self.fail(f"more than {MAX_COUNT:,} cannot be reckoned with.", param, ctx)
        return count


class Name(click.types.StringParamType):
    """The name or number of a column."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Give the text."""
        if len(value) > MAX_NAME:
            self.fail(f"a column is named in at most {MAX_NAME:,} letters; these are {len(value):,}.", param, ctx)
        return value


class File(click.Path):
    """The name of a file or folder. An empty one, as of a variable that is not set, is none: it would mean `.`."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Give the path."""
        if value == "":
            self.fail("an empty text names no file.", param, ctx)
        return super().convert(value, param, ctx)


class Separator(click.types.StringParamType):
    r"""A character between cells; a tab may be typed as it is written, `\t`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Give the character."""
        character = value.replace("\\t", "\t")
        try:
            check_options(None, None, character, "float32", None, (1, 1, 1))
        except DataError as error:
            self.fail(f"{error}.", param, ctx)
        return character


COUNT = Count(min=1)
NAME = Name()
SEPARATOR = Separator()
