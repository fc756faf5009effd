"""Settings to train a network with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from nn_model.presets.layers import Layers
from nn_model.train.division import rows_held_out
from nn_optim import Optimizer

if TYPE_CHECKING:
    from nn_model.data.augmentation import Augmentation
    from nn_model.network import NN
    from nn_model.train import Callback, History
    from nn_model.train.callbacks.monitor import Monitor

__all__ = ["Recipe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Settings to train a network with: an optimizer, and what `NN.fit` takes.

    Parameters
    ----------
    about
        A few words for people.
    optimizer
        Gives the optimizer of a training of so many updates: a schedule of the rate needs to know.
    epochs, batch_size
        Passes over the training rows, and rows of an update, each at least 1.
    validation_split
        Share of the rows that judges every epoch, in (0, 1), or `None`.
    validation_order
        Which rows these are: of every class its share, or the last ones.
    patience, min_delta
        End after so many epochs in which `monitor` was not better than the best by more than this; `None`: never.
    monitor
        What is watched; where no rows are held out, it is the training loss.
    shuffle
        Whether every epoch takes the rows in another order.
    augment
        What is done to images in training, if anything.
    layers
        What makes the layers, where they are not the preset's own: dropout belongs to settings too.

    Examples
    --------
    >>> from nn_optim import Adam, OneCycle
    >>> recipe = Recipe(
    ...     about="one cycle", epochs=10, batch_size=64, optimizer=lambda steps: Adam(lr=OneCycle(0.003, steps))
    ... )
    >>> recipe.steps(60_000)  # 10 times 843 batches of 64 and one of 48: 54,000 rows are not held out
    8440
    >>> recipe.optimizer_for(60_000)
    Adam(lr=OneCycle(0.003, 8440))
    """

    about: str
    optimizer: Callable[[int], Optimizer]
    epochs: int
    batch_size: int
    validation_split: float | None = 0.1
    validation_order: Literal["stratified", "last"] = "stratified"
    patience: int | None = None
    min_delta: float = 0.0
    monitor: "Monitor" = "val_loss"
    shuffle: bool = True
    augment: "Augmentation | None" = None
    layers: Layers | None = None

    def steps(self, rows: int) -> int:
        """Count the updates of the whole training on so many rows, those that are held out among them.

        Raises
        ------
        PartError
            The share leaves no row to train on or to judge with.
        """
        if self.validation_split is not None:
            rows -= rows_held_out(rows, self.validation_split, self.validation_order)
        return self.epochs * -(-rows // self.batch_size)

    def optimizer_for(self, rows: int) -> Optimizer:
        """Give the optimizer of a training on so many rows."""
        return self.optimizer(self.steps(rows))

    def fit(self, nn: "NN", x: Any, y: Any, callbacks: Sequence["Callback"] = (), **options: Any) -> "History":
        """Train a network with these settings.

        Parameters
        ----------
        nn
            A network whose optimizer is `optimizer_for(len(x))`, as `Preset.network` makes it.
        x, y
            Inputs and targets.
        callbacks
            What listens, beside early stopping if there is a `patience`.
        options
            Any other argument of `NN.fit`.
        """
        from nn_model.train import EarlyStopping  # noqa: PLC0415  # only training needs it

        listening = list(callbacks)
        if self.patience is not None:
            monitor: Monitor = "train_loss" if self.validation_split is None else self.monitor
            listening.append(EarlyStopping(monitor, self.patience, self.min_delta))
        return nn.fit(
            x,
            y,
            epochs=self.epochs,
            batch_size=self.batch_size,
            validation_split=self.validation_split,
            validation_order=self.validation_order,
            shuffle=self.shuffle,
            augment=self.augment,
            callbacks=listening,
            **options,
        )
