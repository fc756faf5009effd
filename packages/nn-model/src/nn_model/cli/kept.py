"""Options that a checkpoint remembers, and what each may be; what a file says of them is not believed."""

from dataclasses import dataclass
from typing import Any

import click

from nn_model.checkpoint.strict_json import cut
from nn_model.cli.kinds import COUNT, NAME, SEPARATOR, Number
from nn_model.errors import CheckpointError
from nn_model.presets import PRESETS
from nn_model.train.run import Run

__all__ = ["KEPT", "Kept", "checked", "remembered_by"]


@dataclass(frozen=True, slots=True)
class Kept:
    """An option that a resumed run takes over where the command line is silent.

    Attributes
    ----------
    type
        Of the value.
    option
        What the value may be: the very object that judges the command line.
    optional
        Whether there may be none.
    """

    type: type
    option: "click.ParamType[Any]"
    optional: bool = False

    def check(self, name: str, value: object) -> None:
        """Check a value that a file remembers.

        Raises
        ------
        CheckpointError
            The option does not take it.
        """
        if value is None and self.optional:
            return
        if type(value) is not self.type:
            raise never_written(name, value)
        try:
            self.option.convert(value, None, None)
        except click.BadParameter as error:
            raise never_written(name, value, f": {error.message}") from None


def never_written(name: str, value: object, reason: str = "") -> CheckpointError:
    """Give the error that says so of a value that a file remembers."""
    return CheckpointError(f"the run remembers {name} as {cut(value)}, which nn train never wrote{reason}")


# No file is among these: a checkpoint must not make anybody read or write what it names.
KEPT = {
    "batch_size": Kept(int, COUNT),
    "nb_epochs": Kept(int, COUNT),
    "validation_split": Kept(float, Number(0, 1, max_open=True)),
    "validation_order": Kept(str, click.Choice(["stratified", "last"])),
    "patience": Kept(int, COUNT, optional=True),
    "min_delta": Kept(float, Number(0, 1e6)),
    "recommended": Kept(bool, click.BOOL),
    "preset": Kept(str, click.Choice(list(PRESETS)), optional=True),
    "threads": Kept(int, COUNT, optional=True),
    "checkpoint_stride": Kept(int, COUNT),
    "checkpoint_steps": Kept(int, COUNT, optional=True),
    "label": Kept(str, NAME),
    "header": Kept(bool, click.BOOL, optional=True),
    "delimiter": Kept(str, SEPARATOR),
    "task": Kept(str, click.Choice(["classification", "regression"]), optional=True),
}


def checked(run: Run) -> dict[str, Any]:
    """Give the options that a run remembers.

    Raises
    ------
    CheckpointError
        One is not what the command line would take.
    """
    remembered = {name: value for name, value in remembered_by(run).items() if name != "log"}
    for name, value in remembered.items():
        if name not in KEPT:
            raise never_written(name, value)
        KEPT[name].check(name, value)
    return remembered


def remembered_by(run: Run) -> dict[str, Any]:
    """Give what `Remembered` has left in a checkpoint; its values are not looked at yet."""
    remembered: object = run.remembered.get("Remembered", {})
    if not isinstance(remembered, dict):
        raise never_written("settings", remembered)
    return remembered
