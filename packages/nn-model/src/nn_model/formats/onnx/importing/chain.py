"""Layers that were found, one behind the other, as a network with its weights."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from nn_model.arrays import Array
from nn_model.errors import OnnxError, PartError, ShapeError
from nn_model.formats.onnx.importing.build import Layered, nothing
from nn_model.formats.onnx.importing.ending import Asked, Ending
from nn_model.formats.onnx.importing.values import Given, Made
from nn_optim import Adam

if TYPE_CHECKING:
    from nn_model.network import NN

__all__ = ["chain_of", "make_nn"]

AT_ONCE = 2**20
"""About how many numbers are set at a time: checking them takes a copy."""


def chain_of(end: Layered) -> tuple[Given, list[Made]]:
    """Give the layers between the input and the end; at least one.

    Raises
    ------
    OnnxError
        The graph only reshapes its input.
    """
    chain: list[Made] = []
    while isinstance(end, Made):
        chain.append(end)
        end = end.source
    if not chain and end.order is not None:
        raise OnnxError("the graph only reshapes its input: it computes nothing; export the model again")
    return end, chain[::-1] or [nothing(end)]


def make_nn(
    given: Given, chain: Sequence[Made], ways: Iterable[Ending], asked: Asked, dtype: Literal["float32", "float64"]
) -> "NN":
    """Make the network, in the first of the ways to end that is one.

    Raises
    ------
    OnnxError
        It has too many numbers, or its arrays do not fit its layers.
    ShapeError, PartError
        It ends in no way that a network can.
    """
    from nn_model.network import NN  # noqa: PLC0415  # the network is made of rooms that come before this one

    _check_count(chain, asked.max_parameters)
    fault: ValueError = OnnxError("its end is none of a network")
    for way in ways:
        try:
            nn = NN(
                [made.layer for made in chain],
                way.loss,
                asked.optimizer or Adam(),
                input_shape=given.shape[1:],
                task=way.task,
                classes=way.classes,
                seed=asked.seed,
                dtype=dtype,
            )
        except (ShapeError, PartError) as error:
            fault = error
        else:
            _put(nn, chain)
            return nn
    raise fault


def _places(chain: Sequence[Made], prefix: str = "layers") -> Iterator[tuple[str, Made]]:
    """Give every layer, those inside others too, and what its arrays' names begin with."""
    for i, made in enumerate(chain):
        yield f"{prefix}.{i}", made
        yield from _places(made.inside, f"{prefix}.{i}")


def _check_count(chain: Sequence[Made], most: int) -> None:
    count = sum(array.size for _, made in _places(chain) for array in made.arrays.values())
    if count > most:
        raise OnnxError(
            f"the network has {count:,} numbers and at most {most:,} are allowed; pass max_parameters to allow more"
        )


def _put(nn: "NN", chain: Sequence[Made]) -> None:
    """Set the network's arrays, some at a time, and drop those that are set: a file's weights are not held twice."""
    new: dict[str, Array] = {}
    count = 0
    for prefix, made in _places(chain):
        for name in [*made.arrays]:
            count += made.arrays[name].size
            new[f"{prefix}.{name}"] = made.arrays.pop(name)
            if count > AT_ONCE:
                _set(nn, new)
                new, count = {}, 0
    _set(nn, new)


def _set(nn: "NN", new: dict[str, Array]) -> None:
    try:
        nn.set_weights(new)
    except ValueError as error:
        raise OnnxError(f"its weights make no network: {error}") from None
