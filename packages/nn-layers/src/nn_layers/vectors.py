"""The flat vectors of a stack: made from a seed, and seen by name."""

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from nn_layers.binding import Vectors
from nn_layers.errors import ShapeError
from nn_layers.layout import Layout, Node, Place
from nn_layers.memory import physical_memory
from nn_layers.protocol import Array, Param, State
from nn_layers.summary import bytes_text

ROLES = {"init": 0, "layer": 1, "shuffle": 2, "augment": 3}
"""What a generator is for; part of its key, so that no two consumers of one seed share numbers."""


def generator(seed: int, role: str, position: tuple[int, ...] = ()) -> np.random.Generator:
    """Make the generator of one consumer of the seed."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(ROLES[role], *position)))


def entropy(seed: int, role: str) -> Array:
    """Give the numbers, (k,), that `SeedSequence` makes a consumer's generators from; a position's follow them."""
    count = max(4, -(-seed.bit_length() // 32))
    return np.array([*(seed >> 32 * k & 0xFFFFFFFF for k in range(count)), ROLES[role]], np.uint32)


def make_vectors(layout: Layout, seed: int, dtype: DTypeLike) -> Vectors:
    """Allocate the vectors and draw the first parameters; every layer draws from a generator of its own.

    Raises
    ------
    ShapeError
        The vectors are larger than the machine's memory; the message names the largest layer.
    """
    _check_memory(layout, np.dtype(dtype))
    theta = np.zeros(layout.theta_size, dtype)
    vectors = Vectors(theta, np.zeros(layout.theta_size, dtype), np.zeros(layout.state_size, dtype))
    for node in layout.walk():
        _draw(node, theta, generator(seed, "init", node.path))
        for place in node.state.values():
            place.view(vectors.state)[...] = place.what.fill if isinstance(place.what, State) else 0.0
    return vectors


def _check_memory(layout: Layout, dtype: "np.dtype[Any]") -> None:
    """Refuse vectors that do not fit into the machine's memory, before any is taken."""
    need = (2 * layout.theta_size + layout.state_size) * dtype.itemsize
    memory = physical_memory()
    if need <= memory:
        return
    largest = max(layout.walk(), key=_count)
    raise ShapeError(
        f"{largest.title} has {_count(largest):,} numbers; with their gradients all layers' need {bytes_text(need)} "
        f"as {dtype}, and this machine has {bytes_text(memory)}; make this layer smaller"
    )


def _count(node: Node) -> int:
    return sum(prod(place.shape) for place in (*node.params.values(), *node.state.values()))


def _draw(node: Node, theta: Array, rng: np.random.Generator) -> None:
    for place in node.params.values():
        if isinstance(place.what, Param):
            place.what.init.draw(place.view(theta), place.what.fans, rng)


def _places(layout: Layout, vectors: Vectors) -> Iterator[tuple[Place, Array]]:
    for node in layout.walk():
        yield from ((place, vectors.theta) for place in node.params.values())
        yield from ((place, vectors.state) for place in node.state.values())


def arrays(layout: Layout, vectors: Vectors) -> dict[str, Array]:
    """Give every parameter and state array by name, as views."""
    return {place.name: place.view(vector) for place, vector in _places(layout, vectors)}


def assign(layout: Layout, vectors: Vectors, weights: Mapping[str, Any]) -> None:
    """Set arrays by name: every one is checked before the first is written.

    Raises
    ------
    ShapeError
        An array of another shape.
    ValueError
        A name that the network does not have; numbers that are not finite, or no numbers.
    """
    own = arrays(layout, vectors)
    new = {name: _checked(name, value, own) for name, value in weights.items()}
    for name, value in new.items():
        own[name][...] = value


def _checked(name: str, value: Any, own: dict[str, Array]) -> Array:
    if name not in own:
        raise ValueError(f"no array is called {name!r}; the network has {', '.join(own)}")
    array: Array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise ValueError(f"{name} must hold real numbers; got dtype {array.dtype}")
    if array.shape != own[name].shape:
        raise ShapeError(f"{name} must have the shape {own[name].shape}; got {array.shape}")
    with np.errstate(over="ignore"):
        array = array.astype(own[name].dtype)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinite numbers; a network is only given finite ones")
    return array
