"""RustNet CNN's `PyCNN`."""

import os
from typing import Any, Self

from nn_layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sigmoid
from nn_model.arrays import Array, as_numbers
from nn_model.checkpoint.files import check_suffix
from nn_model.formats.rustnet_cnn import INIT, network, write
from nn_model.loading import load
from nn_model.rustnet.border import FLOAT64, check_same, foreign, rows, targets
from nn_model.rustnet.descent import check_training, descend, rated
from nn_model.train.arguments import check_whole

__all__ = ["PyCNN"]


class PyCNN:
    """RustNet CNN's network: one filter, ReLU, max-pooling, a dense layer and a sigmoid, in float64.

    Trained by `p -= learning_rate * clip(dMSE/dp, -1, 1)`, element by element; MSE is the mean of (A - Y)^2, so that
    the gradient at the output's scores is `2 / n (A - Y) A (1 - A)` over n numbers.

    Parameters
    ----------
    input_height, input_width
        Pixels of the images, which have one channel.
    filter_size, conv_stride
        Side of the square filter, without padding, and pixels from one window to the next.
    pool_size, pool_stride
        The same of the pooling windows; `None`: the stride is the size. Windows that do not fit whole are left out.
    output_size
        Numbers given for an image, K.
    seed
        Of the first weights, uniform on [-0.5, 0.5); biases start at 0.

    Attributes
    ----------
    nn
        The `NN` that does the work; `train` with another rate than before puts a new one in its place.

    Raises
    ------
    PartError
        A size or a seed that is none.
    ShapeError
        A filter or a pooling window larger than what it moves over.

    Notes
    -----
    RustNet CNN was published as a description without a program: the parameters of its constructor are left open
    there, and are named here; first weights, clipping to [-1, 1] and the printed line are those of RustNet. Its loss is
    MSE, and so is the gradient, where RustNet takes that of the cross-entropy. An image at a time is its way to train;
    several at once are averaged. An untrained network answers with its first random weights. A single filter may be one
    that answers to no image, and then never learns: try another `seed`.

    Examples
    --------
    >>> bar, field = [[0, 1, 0]] * 3, [[1, 1, 1]] * 3
    >>> cnn = PyCNN(3, 3, filter_size=2)
    >>> for _ in range(300):
    ...     cnn.train(bar, [[1]], learning_rate=1.0, epochs=1, verbose=False)
    ...     cnn.train(field, [[0]], learning_rate=1.0, epochs=1, verbose=False)
    >>> [[round(p) for p in row] for row in cnn.predict([bar, field])]
    [[1], [0]]
    """

    def __init__(
        self,
        input_height: int,
        input_width: int,
        filter_size: int,
        conv_stride: int = 1,
        pool_size: int = 2,
        pool_stride: int | None = None,
        output_size: int = 1,
        seed: int = 0,
    ) -> None:
        pool_stride = pool_size if pool_stride is None else pool_stride
        given = locals()
        for name in _SIZES:
            check_whole(name, given[name])
        convolution = Conv2D(1, 1, int(filter_size), int(conv_stride), init=INIT)
        pooling = MaxPool2D(int(pool_size), int(pool_stride))
        self.nn = network((1, int(input_height), int(input_width)), convolution, pooling, int(output_size), 0.001, seed)

    def train(self, input: Any, target: Any, learning_rate: float, epochs: int, *, verbose: bool = True) -> None:  # noqa: A002  # RustNet CNN's name
        """Make one update in each epoch.

        Parameters
        ----------
        input
            An image, `(height, width)`, or several, `(rows, height, width)`, whose gradients are averaged.
        target
            `(rows, K)`; for a single image `(1, K)`.
        learning_rate
            At least 0.
        epochs
            At least 1.
        verbose
            Whether every epoch prints `Epoch {n}: MSE ~ {loss}`, from before its update.

        Raises
        ------
        PartError
            A rate or a number of epochs out of range.
        ShapeError, DataError
            Images or targets that do not fit, are not rectangular, or are not finite numbers. Nothing was changed.
        DivergedError
            Training left the finite numbers.
        KeyboardInterrupt
            Ctrl-C, when the update under way is done.
        """
        check_training(learning_rate, epochs, verbose)
        x = self._images(input)
        y = targets(self.nn, target, len(x))
        self.nn = rated(self.nn, float(learning_rate))
        descend(self.nn, x, y, epochs, verbose=verbose)

    def predict(self, input: Any) -> list[list[float]]:  # noqa: A002  # RustNet CNN's name
        """Give the outputs, a row of K numbers in (0, 1) for each image: `(1, K)` for a single one.

        Raises
        ------
        ShapeError, DataError
            Images that do not fit, or are not finite numbers.
        """
        answers: list[list[float]] = self.nn.predict(self._images(input)).tolist()
        return answers

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network to a `.json` file (see `nn_model.formats.rustnet_cnn`) or a `.safetensors` file.

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
        """Make the network that `save` wrote; it predicts and trains on bit for bit as the other would.

        Raises
        ------
        CheckpointError
            Anything wrong with the file, or a network of another kind.
        """
        nn = load(path)
        match nn.layers:
            case Conv2D() as convolution, ReLU(), MaxPool2D() as pooling, Flatten(), Dense() as dense, Sigmoid():
                pass
            case _:
                raise foreign(path, cls.__name__, f"it is {nn!r}")
        rate = nn.optimizer.lr
        wanted = network(nn.core.layout.input_shape, convolution, pooling, dense.out_features, rate, nn.seed)
        check_same(path, nn, wanted, cls.__name__)
        made = cls.__new__(cls)
        made.nn = nn
        return made

    def _images(self, images: Any) -> Array:
        """Give `(rows, 1, height, width)` of one image or several."""
        x = as_numbers(images, "input", FLOAT64)
        if x.ndim == 2:
            x = x[None]
        return rows(self.nn, x[:, None] if x.ndim == 3 else x, "input")

    def __repr__(self) -> str:
        """Show the layers."""
        return f"PyCNN({', '.join(map(repr, self.nn.layers))})"


_SIZES = ("input_height", "input_width", "filter_size", "conv_stride", "pool_size", "pool_stride", "output_size")
