"""What a run is trained with, as the command line says it; a resumed run finds it in its checkpoint."""

from dataclasses import asdict, dataclass, replace
from types import NoneType
from typing import Any, Literal

from nn_model.cli.datasets import Layout
from nn_model.errors import CheckpointError
from nn_model.train.events import Event
from nn_model.train.run import Run

__all__ = ["Remembered", "Settings"]

KEPT: dict[str, tuple[type, ...]] = {
    "batch_size": (int,),
    "nb_epochs": (int,),
    "validation_split": (float,),
    "validation_order": (str,),
    "patience": (int, NoneType),
    "min_delta": (float,),
}
"""What a resumed run takes over where the command line is silent, and what each may be."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of `nn train` that are no files."""

    model: str
    optimizer_name: str
    learning_rate: float
    batch_size: int
    nb_epochs: int
    validation_split: float
    validation_order: Literal["stratified", "last"]
    patience: int | None
    min_delta: float
    seed: int
    checkpoint_stride: int
    checkpoint_steps: int | None
    label: str
    header: bool | None
    delimiter: str
    task: Literal["classification", "regression"] | None

    @property
    def layout(self) -> Layout:
        """How a CSV file is laid out."""
        return Layout(self.label, self.header, self.delimiter)

    @property
    def share(self) -> float | None:
        """The share of rows held out, as `NN.fit` takes it."""
        return self.validation_split or None

    def taken_over(self, run: Run, given: frozenset[str]) -> "Settings":
        """Give these settings, but with what the run was started with where the command line is silent.

        Raises
        ------
        CheckpointError
            The file remembers settings that are none.
        """
        remembered = run.remembered.get("Remembered", {})
        for name, value in remembered.items():
            if type(value) not in KEPT.get(name, ()):
                raise CheckpointError(f"the run remembers {name} as {value!r}, which nn train never wrote")
        return replace(self, **{name: value for name, value in remembered.items() if name not in given})


@dataclass(frozen=True, slots=True)
class Remembered:
    """A callback that does nothing but keep the settings in checkpoints."""

    settings: Settings

    def __call__(self, event: Event) -> None:
        """Let it happen."""

    def state(self) -> dict[str, Any]:
        """Give what a resumed run takes over."""
        return {name: value for name, value in asdict(self.settings).items() if name in KEPT}

    def restore(self, state: dict[str, Any]) -> None:
        """Nothing to do: the settings were taken over before training began."""
