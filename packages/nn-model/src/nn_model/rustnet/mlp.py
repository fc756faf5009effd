"""RustNet's `PyNeuralNetwork`."""

import os
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from nn_layers import Dense
from nn_model.arrays import Array, as_numbers
from nn_model.checkpoint.files import check_suffix
from nn_model.errors import PartError
from nn_model.formats.rustnet import network, write
from nn_model.loading import load
from nn_model.rustnet.border import FLOAT64, binary_targets, check_same, foreign, rows
from nn_model.rustnet.descent import check_training, descend, rated
from nn_model.train.arguments import check_whole
from nn_optim import SGD

__all__ = ["PyNeuralNetwork"]


class PyNeuralNetwork:
    """RustNet's network: dense layers with ReLU, a sigmoid at the end, trained on all rows at once, in float64.

    `W -= learning_rate * clip(X^T dZ / m, -1, 1)` with `dZ = A - Y` at the output, m rows, and `b` likewise; the
    clipping is element by element and after the average.

    Parameters
    ----------
    layer_sizes
        Numbers of inputs, of each hidden layer's outputs, and of outputs, K; at least two, each at least 1.
    seed
        Of the first weights, uniform on [-0.5, 0.5); biases start at 0. The same seed gives the same network.

    Attributes
    ----------
    nn
        The `NN` that does the work, for what RustNet does not have: `evaluate`, `summary`, pictures. `train` with
        another rate than before puts a new one in its place.

    Raises
    ------
    PartError
        Sizes that are none, or a seed.

    Notes
    -----
    The gradient is that of `BinaryCrossEntropy`, which averages over K outputs where RustNet sums; so `nn` has K times
    the rate, and clips at 1 / K. A network that was never trained answers with its first random weights, as RustNet's
    does: weights are there from the start, so that nothing is missing before `train` or `load`.

    Differences: the first weights can be had again; what was a panic is an error; and no `predictions.csv` appears
    beside the caller (`export_predictions` writes one).

    Examples
    --------
    >>> inputs, targets = [[-1.0], [-0.5], [0.5], [1.0]], [[0], [0], [1], [1]]
    >>> net = PyNeuralNetwork([1, 4, 1])
    >>> net.train(inputs, targets, learning_rate=1.0, epochs=2)  # doctest: +ELLIPSIS
    Epoch 1: MSE ~ 0.2705...
    Epoch 2: MSE ~ 0.2568...
    >>> net.train(inputs, targets, learning_rate=1.0, epochs=500, verbose=False)
    >>> [[round(p, 1) for p in row] for row in net.predict(inputs)]
    [[0.0], [0.0], [1.0], [1.0]]
    """

    def __init__(self, layer_sizes: Sequence[int], seed: int = 0) -> None:
        self.nn = network(_checked(layer_sizes), 0.001, seed)

    def train(self, inputs: Any, targets: Any, learning_rate: float, epochs: int, *, verbose: bool = True) -> None:
        """Make one update from all rows in each epoch.

        Parameters
        ----------
        inputs
            `(rows, features)`: lists of lists, or an array. Bring features to mean 0 and deviation 1 first.
        targets
            `(rows, K)` of 0 and 1.
        learning_rate
            At least 0.
        epochs
            At least 1.
        verbose
            Whether every epoch prints `Epoch {n}: MSE ~ {loss}`: the mean of (A - Y)^2 before its update.

        Raises
        ------
        PartError
            A rate or a number of epochs out of range.
        ShapeError, DataError
            Rows that do not fit or are not equally long; numbers that are none, or not finite; targets other than
            0 and 1. Nothing was changed.
        DivergedError
            Training left the finite numbers.
        KeyboardInterrupt
            Ctrl-C, when the update under way is done.
        """
        check_training(learning_rate, epochs, verbose)
        x = self._rows(inputs)
        y = binary_targets(self.nn, targets, len(x))
        self.nn = rated(self.nn, float(learning_rate) * y.shape[1])
        descend(self.nn, x, y, epochs, verbose=verbose)

    def predict(self, inputs: Any) -> list[list[float]]:
        """Give the probabilities, a row of K numbers for each row of inputs.

        Raises
        ------
        ShapeError, DataError
            Inputs that do not fit, or are not finite numbers.
        """
        # One output gives a column for each of two classes; the last is that of the target 1.
        outputs = self.nn.core.body.out_shape[0]
        answers: list[list[float]] = self.nn.predict_proba(self._rows(inputs))[:, -outputs:].tolist()
        return answers

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network to a `.json` file as RustNet has it, or to a `.safetensors` file, as `NN.save` does.

        Raises
        ------
        CheckpointError
            Another suffix, or a path that cannot be written; a file that was there stays as it was.
        """
        if check_suffix(path) == ".json":
            write(self.nn, path)
        else:
            self.nn.save(path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Make the network that `save` wrote, or RustNet; it predicts and trains on bit for bit as the other would.

        Raises
        ------
        CheckpointError
            Anything wrong with the file, or a network of another kind.
        """
        nn = load(path)
        dense = [layer for layer in nn.layers if isinstance(layer, Dense)]
        if not dense or not isinstance(nn.optimizer, SGD):
            raise foreign(path, cls.__name__, f"it is {nn!r}")
        sizes = [layer.in_features or 0 for layer in dense] + [dense[-1].out_features]
        check_same(path, nn, network(sizes, nn.optimizer.lr, nn.seed), cls.__name__)
        made = cls.__new__(cls)
        made.nn = nn
        return made

    def _rows(self, inputs: Any) -> Array:
        return rows(self.nn, as_numbers(inputs, "inputs", FLOAT64), "inputs")

    def __repr__(self) -> str:
        """Show the sizes."""
        sizes = [layer.in_features for layer in self.nn.layers if isinstance(layer, Dense)]
        return f"PyNeuralNetwork({[*sizes, *self.nn.core.body.out_shape]})"


def _checked(sizes: Any) -> list[int]:
    given = list(sizes) if isinstance(sizes, list | tuple | np.ndarray) else []
    if len(given) < 2:
        raise PartError(f"layer_sizes must be a list of at least 2 sizes, such as [8, 10, 1]; got {sizes!r}")
    for place, size in enumerate(given):
        check_whole(f"layer_sizes[{place}]", size)
    return [int(size) for size in given]
