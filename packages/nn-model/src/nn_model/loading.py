"""`nn_model.load`: a network from a file."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nn_model.network import NN


def load(path: str | os.PathLike[str], *, custom: Iterable[type] = (), engine: str = "auto") -> "NN":
    """Make the network that `NN.save` wrote, ready to predict and to go on training exactly where it stood.

    Parameters
    ----------
    path
        A `.safetensors` or `.json` file.
    custom
        Classes of your own that the file may name: layers, losses, optimizers. A file never imports anything.
    engine
        What runs the training program; it is no part of the file.

    Raises
    ------
    CheckpointError
        Anything wrong with the file; it is never believed before it is checked.
    ShapeError
        Arrays that do not fit the layers, or layers that do not fit each other.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from nn_layers import Dense
    >>> from nn_loss import CrossEntropy
    >>> from nn_model import NN
    >>> from nn_optim import Adam
    >>> nn = NN([Dense(4, 3)], CrossEntropy(), Adam())
    >>> with TemporaryDirectory() as folder:
    ...     nn.save(Path(folder, "model.safetensors"))
    ...     again = load(Path(folder, "model.safetensors"))
    >>> bool((again.theta == nn.theta).all()), again.layers
    (True, (Dense(4, 3),))
    """
    from nn_model.checkpoint import read, revive  # noqa: PLC0415  # who never loads never pays for it

    return revive(read(path, custom), engine)
