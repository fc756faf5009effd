"""Functions that make the layers of presets for images and tokens."""

from collections.abc import Sequence

from nn_layers import (
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    Glorot,
    He,
    LayerNorm,
    LeCun,
    MaxPool2D,
    MeanTokens,
    Patches,
    PositionalEncoding,
    Propagate,
    ReLU,
    Residual,
    SelfAttention,
)
from nn_model.presets.layers import Layers

__all__ = ["attention", "convolution", "normalised", "rsnet", "transformer"]

UNIFORM = Glorot("uniform")


def convolution(dropout: float = 0.0) -> Layers:
    """Give Rust-Neural-Networks' convolution: 8 kernels of 3 x 3, pooling, one dense layer."""

    def make(shape: tuple[int, ...], outputs: int) -> Sequence[Propagate]:
        before: list[Propagate] = [Conv2D(shape[0], 8, 3, padding=1, init=UNIFORM), ReLU(), MaxPool2D(2), Flatten()]
        if dropout:
            before.append(Dropout(dropout))
        return [*before, Dense(8 * (shape[1] // 2) * (shape[2] // 2), outputs, UNIFORM)]

    return make


def rsnet(shape: tuple[int, ...], outputs: int) -> Sequence[Propagate]:
    """Make rsnet's network for MNIST: three convolutions, the first one pooled by 4 x 4."""
    init = He("uniform")
    return [
        Conv2D(shape[0], 5, 5, init=init),
        ReLU(),
        MaxPool2D(4),
        Conv2D(5, 5, 3, init=init),
        ReLU(),
        Conv2D(5, 5, 2, init=init),
        ReLU(),
        Flatten(),
        Dense(None, outputs, init),
    ]


def attention(shape: tuple[int, ...], outputs: int) -> Sequence[Propagate]:
    """Make Rust-Neural-Networks' attention: patches of 4 x 4, 64 features, one head, nothing skipped or normalised."""
    return [
        Patches(4),
        Dense(16 * shape[0], 64, UNIFORM),
        PositionalEncoding(),
        ReLU(),
        SelfAttention(64, init=UNIFORM),
        Dense(64, 128, UNIFORM),
        ReLU(),
        Dense(128, 64, UNIFORM),
        MeanTokens(),
        Dense(64, outputs, UNIFORM),
    ]


def normalised(channels: Sequence[Sequence[int]]) -> Layers:
    """Give convolutions of 3 x 3 with batch normalisation and ReLU, pooled by 2 x 2 after each group of them.

    Parameters
    ----------
    channels
        What each convolution gives, group by group; the last group ends in the mean of every channel.
    """

    def make(shape: tuple[int, ...], outputs: int) -> Sequence[Propagate]:
        made: list[Propagate] = []
        size = shape[0]
        for i, group in enumerate(channels):
            made += [MaxPool2D(2)] if i else []
            for following in group:
                made += [Conv2D(size, following, 3, padding=1, bias=False), BatchNorm(following), ReLU()]
                size = following
        return [*made, GlobalAvgPool2D(), Dense(size, outputs, LeCun())]

    return make


def transformer(stem: int, features: int, heads: int, blocks: int, hidden: int) -> Layers:
    """Give attention and dense layers in residual blocks, normalised in front, behind two convolutions that halve.

    Parameters
    ----------
    stem
        Channels of the first convolution; the second one's are the features of a token.
    features, heads, blocks, hidden
        Size of a token, heads of each attention, pairs of residual blocks, and size of their dense layers inside.
    """

    def make(shape: tuple[int, ...], outputs: int) -> Sequence[Propagate]:
        made: list[Propagate] = []
        for size, following in ((shape[0], stem), (stem, features)):
            made += [Conv2D(size, following, 3, 2, "same", bias=False), BatchNorm(following), ReLU()]
        made += [Patches(1), PositionalEncoding()]
        for _ in range(blocks):
            attend: list[Propagate] = [LayerNorm(features), SelfAttention(features, heads, projection=True)]
            think: list[Propagate] = [LayerNorm(features), Dense(features, hidden, UNIFORM), ReLU()]
            made += [Residual(attend), Residual([*think, Dense(hidden, features, UNIFORM)])]
        return [*made, LayerNorm(features), MeanTokens(), Dense(features, outputs, UNIFORM)]

    return make
