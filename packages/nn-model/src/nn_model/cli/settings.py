"""What a run is trained with, as the command line says it; a resumed run finds it in its checkpoint."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from nn_model.cli.datasets import Layout
from nn_model.cli.kept import KEPT, checked
from nn_model.errors import CheckpointError
from nn_model.presets import PRESETS, Recipe
from nn_model.train.events import Event
from nn_model.train.run import Run

__all__ = ["Remembered", "Settings"]


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
    recommended: bool
    seed: int
    threads: int | None
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
        remembered = checked(run)
        if self.recommended and not remembered.get("recommended"):
            raise CheckpointError(
                "the run was started without --recommended, and its network stays as it is; leave --recommended out, "
                "or leave --resume out to start anew"
            )
        if "model" not in given and remembered.get("preset"):
            remembered["model"] = remembered["preset"]
        remembered.pop("preset", None)
        return replace(self, **{name: value for name, value in remembered.items() if name not in given})

    @property
    def recipe(self) -> Recipe | None:
        """The recommended settings, if these are asked for."""
        preset = PRESETS.get(self.model)
        return preset.recommended if preset is not None and self.recommended else None

    def as_recommended(self, recipe: Recipe, given: frozenset[str]) -> "Settings":
        """Give these settings, but with those of the recipe where the command line is silent."""
        defaults: dict[str, Any] = {
            "batch_size": recipe.batch_size,
            "nb_epochs": recipe.epochs,
            "validation_split": recipe.validation_split or 0.0,
            "validation_order": recipe.validation_order,
            "patience": recipe.patience,
            "min_delta": recipe.min_delta,
        }
        return replace(self, **{name: value for name, value in defaults.items() if name not in given})

    def put_into(self, recipe: Recipe) -> Recipe:
        """Give the recipe with these settings, from which the steps of its schedule are counted."""
        return replace(
            recipe,
            epochs=self.nb_epochs,
            batch_size=self.batch_size,
            validation_split=self.share,
            validation_order=self.validation_order,
        )


@dataclass(frozen=True, slots=True)
class Remembered:
    """A callback that does nothing but keep the settings in checkpoints.

    Attributes
    ----------
    settings
        What a resumed run takes over.
    log
        The log's path, for people to read, where it is not in the checkpoint folder.
    """

    settings: Settings
    log: str | None = None

    def __call__(self, event: Event) -> None:
        """Let it happen."""

    def state(self) -> dict[str, Any]:
        """Give what a resumed run takes over."""
        kept = {name: value for name, value in asdict(self.settings).items() if name in KEPT}
        preset = self.settings.model if self.settings.model in PRESETS else None
        return {**kept, "preset": preset, "log": self.log}

    def restore(self, state: dict[str, Any]) -> None:
        """Nothing to do: the settings were taken over before training began."""
