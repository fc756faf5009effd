"""A network that has a name."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from nn_layers import Propagate, ShapeError
from nn_layers.protocol import rows_of
from nn_loss import CrossEntropy, Loss
from nn_model.presets.layers import Layers
from nn_model.presets.recipe import Recipe

if TYPE_CHECKING:
    from nn_model.network import NN

__all__ = ["Preset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A network that has a name; only the sizes of input and output come from the data.

    Parameters
    ----------
    name
        The name.
    about
        A few words for people: what it is, and where it comes from.
    layers
        What makes its layers.
    loss
        Its loss for classes.
    images
        Whether it wants rows that are images, `(channels, height, width)`, and not numbers side by side.
    task
        As `NN` takes it: a loss of values with labels needs to be told.
    document
        The settings of the program or paper it comes from, if it has a source.
    recommended
        Settings that were measured to work well, if any were.

    Examples
    --------
    >>> from nn_model.data import load_digits
    >>> from nn_model.presets import PRESETS
    >>> x, y, x_test, y_test = load_digits()
    >>> preset = PRESETS["mlp"]
    >>> nn = preset.network(x.shape, 10, preset.recommended, seed=1)
    >>> nn.optimizer
    Adam(lr=OneCycle(0.003, 210))
    >>> history = preset.recommended.fit(nn, x, y, verbose=False)
    >>> nn.evaluate(x_test, y_test).accuracy > 0.95
    True
    """

    name: str
    about: str
    layers: Layers
    loss: Loss = field(default_factory=CrossEntropy)
    images: bool = False
    task: Literal["classification", "regression"] | None = None
    document: Recipe | None = None
    recommended: Recipe | None = None

    def layers_for(self, shape: tuple[int, ...], outputs: int, recipe: Recipe | None = None) -> Sequence[Propagate]:
        """Make the layers for inputs of this shape, with what the recipe changes in them.

        Raises
        ------
        ShapeError
            Rows that are no images, where it wants images.
        """
        if self.images and len(shape) != 3:
            raise ShapeError(
                f"{self.name} takes images, rows of shape (channels, height, width); got {rows_of(shape)}; "
                "write x.reshape(-1, 1, 28, 28), with the size of yours"
            )
        make = self.layers if recipe is None or recipe.layers is None else recipe.layers
        return make(shape, outputs)

    def network(
        self, shape: tuple[int, ...], outputs: int, recipe: Recipe, *, loss: Loss | None = None, **options: Any
    ) -> "NN":
        """Make the network, ready for `recipe.fit`.

        Parameters
        ----------
        shape
            Of the training data, `(rows, ...)`, those rows that will be held out among them.
        outputs
            How many classes or values.
        recipe
            The settings: `document`, `recommended`, or others.
        loss
            In the place of the preset's own.
        options
            Any other argument of `NN`: `seed`, `classes`, `dtype`.
        """
        from nn_model.network import NN  # noqa: PLC0415  # the table is read where no network is made

        layers = self.layers_for(shape[1:], outputs, recipe)
        options = {"task": self.task} | options
        return NN(layers, loss or self.loss, recipe.optimizer_for(shape[0]), input_shape=shape[1:], **options)
