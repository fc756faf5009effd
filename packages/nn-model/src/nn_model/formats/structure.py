"""Whether a network has the structure that a file of another program can hold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nn_layers import Flatten, Propagate, Sigmoid, Softmax
from nn_layers.protocol import Shape
from nn_model.arrays import Array
from nn_model.errors import CheckpointError
from nn_model.network import NN

__all__ = ["REMEDY", "Part", "check_kinds", "check_link", "flat", "misfit", "parts_of", "split_link"]


@dataclass(frozen=True, slots=True)
class Part:
    """One layer that takes part in predictions: what messages call it, its spec, its input, its arrays (views)."""

    title: str
    layer: Propagate
    in_shape: Shape
    arrays: dict[str, Array]


def parts_of(nn: NN) -> list[Part]:
    """Give the layers that take part in predictions: all but dropout.

    Raises
    ------
    CheckpointError
        A number that is not finite: such a network is never saved.
    """
    weights, parts = nn.weights(), []
    for node in nn.core.layout.nodes:
        if node.plan.view == "inference":
            continue
        arrays = {name: weights[place.name] for name, place in (node.params | node.state).items()}
        for name, array in arrays.items():
            if not np.isfinite(array).all():
                raise CheckpointError(f"{node.name}.{name} holds NaN or infinite numbers; such a network is not saved")
        parts.append(Part(node.title, node.layer, node.in_shape, arrays))
    return parts


def split_link(nn: NN) -> tuple[list[Part], str | None]:
    """Give the layers before a last softmax or sigmoid, and which of them it is: the layer's, or the loss's."""
    parts = parts_of(nn)
    links = {Softmax: "softmax", Sigmoid: "sigmoid"}
    link = links.get(type(parts[-1].layer)) if parts else None
    return (parts, nn.loss.link) if link is None else (parts[:-1], link)


def flat(parts: list[Part], holder: str) -> list[Part]:
    """Leave out a `Flatten` in front; then rows must be numbers side by side."""
    if parts and isinstance(parts[0].layer, Flatten):
        parts = parts[1:]
    if parts and len(parts[0].in_shape) != 1:
        raise misfit(holder, parts[0], f"it gets rows of shape {parts[0].in_shape}, not of numbers side by side")
    return parts


def check_kinds(parts: Sequence[Part], kinds: Sequence[type], holder: str) -> None:
    """Check the layers one by one; name the first that does not fit."""
    for i, kind in enumerate(kinds):
        if i == len(parts):
            raise CheckpointError(f"{holder}; after {_last(parts)} {kind.__name__} is missing; {REMEDY}")
        if type(parts[i].layer) is not kind:
            raise misfit(holder, parts[i], f"{kind.__name__} must stand there")
    if len(parts) > len(kinds):
        raise misfit(holder, parts[len(kinds)], "nothing may follow there")


def _last(parts: Sequence[Part]) -> str:
    return parts[-1].title if parts else "the beginning"


def misfit(holder: str, part: Part, rule: str) -> CheckpointError:
    """Say which layer the file cannot hold, and why."""
    return CheckpointError(f"{holder}; {part.title} does not fit: {rule}; {REMEDY}")


def check_link(nn: NN, link: str | None, wanted: str, holder: str) -> None:
    """Check what stands behind the scores."""
    if link != wanted:
        found = "no softmax or sigmoid" if link is None else f"a {link}"
        raise CheckpointError(
            f"{holder}; its scores go through a {wanted}, and this network, of {nn.loss!r}, ends in {found}; {REMEDY}"
        )


REMEDY = "keep this network as .safetensors, .json or .onnx"
