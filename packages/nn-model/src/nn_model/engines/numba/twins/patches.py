"""Images cut into patches, and put together again."""

from nn_layers.kernels import patches
from nn_layers.protocol import Array
from nn_model.engines.numba.lines import U
from nn_model.engines.numba.memory import flat
from nn_model.engines.numba.registry import compiled, twin


@compiled
def _move(images: Array, shape: tuple[int, int, int, int], size: tuple[int, int], tokens: Array, back: bool) -> None:
    """Copy lines of q pixels from flat images (rows, C, H, W) into flat tokens (rows, tokens, C p q), or back."""
    rows, channels, height, width = shape
    p, q = size
    across, patch = width // q, channels * p * q
    at = 0
    for row in range(rows):
        for channel in range(channels):
            for down in range(height):
                to = (row * (height // p) + down // p) * across * patch + (channel * p + down % p) * q
                for token in range(across):
                    for i in range(q):
                        if back:
                            images[U(at + i)] = tokens[U(to + token * patch + i)]
                        else:
                            tokens[U(to + token * patch + i)] = images[U(at + i)]
                    at += q


@twin(patches.forward)
def forward(x: Array, size: tuple[int, int], y: Array) -> None:
    _move(flat(x), x.shape, size, flat(y), False)


@twin(patches.backward)
def backward(dy: Array, size: tuple[int, int], dx: Array) -> None:
    _move(flat(dx), dx.shape, size, flat(dy), True)
