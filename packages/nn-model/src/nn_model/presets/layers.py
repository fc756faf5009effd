"""Functions that make a preset's layers for inputs and outputs of any size."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import prod

from nn_layers import Dense, Dropout, ElasticNet, Flatten, Glorot, He, LeCun, Propagate

__all__ = ["Layers", "dense"]

Layers = Callable[[tuple[int, ...], int], Sequence[Propagate]]
"""Makes the layers for the shape of one input, such as `(784,)`, and a number of outputs."""


def dense(
    hidden: Sequence[int],
    activation: Callable[[], Propagate],
    init: He | LeCun | Glorot,
    penalty: ElasticNet | None = None,
    dropout: float = 0.0,
) -> Layers:
    """Give a function that makes dense layers with an activation, and dropout, after each but the last.

    Parameters
    ----------
    hidden
        Outputs of each layer but the last.
    activation
        Makes what follows each of them.
    init, penalty
        How weights begin and what large ones cost, in all layers.
    dropout
        Share of each activation's outputs that is dropped in training, in [0, 1); 0: no such layers.

    Examples
    --------
    >>> from nn_layers import He, ReLU
    >>> make = dense((8,), ReLU, He(), dropout=0.3)
    >>> [type(layer).__name__ for layer in make((1, 4, 4), 3)]
    ['Flatten', 'Dense', 'ReLU', 'Dropout', 'Dense']
    """

    def make(shape: tuple[int, ...], outputs: int) -> Sequence[Propagate]:
        made: list[Propagate] = [Flatten()] if len(shape) > 1 else []
        sizes = (prod(shape), *hidden)
        for size, following in pairwise(sizes):
            made += [Dense(size, following, init, penalty), activation()]
            if dropout:
                made.append(Dropout(dropout))
        return [*made, Dense(sizes[-1], outputs, init, penalty)]

    return make
