"""How large the images are that a network of rsnet takes: its file does not say."""

from collections.abc import Sequence

from nn_layers import Conv2D, Dense, MaxPool2D, Propagate
from nn_layers.layers.sliding import pair
from nn_layers.protocol import Shape
from nn_model.errors import CheckpointError

__all__ = ["input_shape_for"]

MAX_SIDE = 65_536
READER = "nn_model.formats.rsnet.read"


def input_shape_for(layers: Sequence[Propagate]) -> Shape:
    """Find the input's shape: numbers side by side, or the smallest square image that makes the first `FC`'s input."""
    before = 0
    while before < len(layers) and not isinstance(layers[before], Dense):
        before += 1
    if before == len(layers):
        raise CheckpointError(f"without an FC nothing says how large the input is; pass input_shape to {READER}")
    dense, images = layers[before], [part for part in layers[:before] if isinstance(part, Conv2D | MaxPool2D)]
    assert isinstance(dense, Dense)  # noqa: S101  # for the type checker: it was looked for
    wanted = dense.in_features or 0
    if not images:
        return (wanted,)
    convolutions = [part for part in images if isinstance(part, Conv2D)]
    inputs = (convolutions[0].in_channels or 1) if convolutions else 1
    outputs = convolutions[-1].out_channels if convolutions else 1
    low, high = 1, MAX_SIDE
    while low < high:  # what comes out grows with the side
        middle = (low + high) // 2
        low, high = (middle + 1, high) if outputs * _pixels(images, middle) < wanted else (low, middle)
    if outputs * _pixels(images, low) != wanted:
        raise CheckpointError(
            f"no square image up to {MAX_SIDE:,} x {MAX_SIDE:,} gives the first FC its {wanted:,} numbers; "
            f"pass input_shape to {READER}"
        )
    return (inputs, low, low)


def _pixels(images: Sequence[Conv2D | MaxPool2D], side: int) -> int:
    """Count the pixels of a channel that come out of a square image."""
    height = width = side
    for layer in images:
        down, right = pair(layer.kernel)
        if isinstance(layer, Conv2D):
            height, width = max(height - down + 1, 0), max(width - right + 1, 0)
        else:
            height, width = height // down, width // right
    return height * width
