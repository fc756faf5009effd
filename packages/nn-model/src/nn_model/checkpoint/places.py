"""Which arrays a network has: names, shapes and dtypes, from its spec alone."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from nn_layers import State
from nn_layers.binding import Vectors
from nn_layers.layout import Layout, Place
from nn_model.arrays import Array
from nn_model.checkpoint.network_spec import NetworkSpec
from nn_model.checkpoint.strict_json import cut
from nn_model.errors import CheckpointError, ShapeError
from nn_optim import Slot

__all__ = [
    "MAX_ARRAYS",
    "MAX_AXES",
    "MAX_PARAMETERS",
    "Want",
    "check_name",
    "check_names",
    "check_numbers",
    "check_shapes",
    "keepers_of",
    "kept_name",
    "named_views",
    "wanted",
]

MAX_PARAMETERS = 250_000_000
"""The most numbers of a network, its optimizer's and callbacks' included, unless the caller allows more."""
MAX_ARRAYS = 10_000
MAX_AXES = 16
Sign = Literal["any", "not negative", "positive"]
NAME = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*")
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class Want:
    """The shape and dtype that an array has, or must have, and what its numbers must be."""

    shape: tuple[int, ...]
    dtype: "np.dtype[Any]"
    sign: Sign = "any"


def wanted(spec: NetworkSpec, max_parameters: int = MAX_PARAMETERS, keepers: Sequence[str] = ()) -> dict[str, Want]:
    """Give what arrays a network of this spec has, in their order; nothing is allocated.

    Each of the callbacks `keepers` has the network's own arrays once more: `callbacks.EarlyStopping.layers.0.w`.

    Raises
    ------
    ShapeError
        Layers that do not chain.
    CheckpointError
        More numbers or arrays than allowed, or an array whose name or number of axes no file may hold.
    """
    layout, dtype, slots = spec.layout(), np.dtype(spec.dtype), spec.optimizer.slots
    vectors = 1 + sum(slot.like_theta for slot in slots.values())
    count = layout.theta_size * (vectors + len(keepers)) + layout.state_size * (1 + len(keepers))
    if count > max_parameters:
        raise CheckpointError(
            f"the spec asks for {cut(count)} numbers and at most {max_parameters:,} are allowed; "
            "pass max_parameters to allow more"
        )
    wants = {place.name: _want(place, dtype) for place, _ in _places(layout)}
    for name, slot in slots.items():
        for place in _slot_places(name, slot, layout):
            wants[place.name] = Want(place.shape, dtype if slot.like_theta else np.dtype(np.float64), slot.sign)
    for keeper in keepers:
        wants |= {kept_name(keeper, place.name): _want(place, dtype) for place, _ in _places(layout)}
    _check_caps(wants)
    return wants


def _want(place: Place, dtype: "np.dtype[Any]") -> Want:
    return Want(place.shape, dtype, place.what.sign if isinstance(place.what, State) else "any")


def _check_caps(wants: Mapping[str, Want]) -> None:
    if len(wants) > MAX_ARRAYS:
        raise CheckpointError(f"a file may hold at most {MAX_ARRAYS:,} arrays; the network has {len(wants):,}")
    for name, want in wants.items():
        check_name(name)
        if len(want.shape) > MAX_AXES:
            raise CheckpointError(f"{name}: an array may have at most {MAX_AXES} axes; found {len(want.shape)}")


def keepers_of(run: Mapping[str, Any]) -> list[str]:
    """Give which callbacks have arrays in the file, as the run says; none if it says nothing."""
    keepers = run.get("keepers", [])
    if not isinstance(keepers, list) or not all(isinstance(keeper, str) for keeper in keepers):
        raise CheckpointError(f"run: keepers must be a list of callbacks' names; found {cut(keepers)}")
    if len({kept_name(keeper, "") for keeper in keepers}) < len(keepers):
        raise CheckpointError(f"run: every one of the keepers must stand once; found {cut(keepers)}")
    return keepers


def kept_name(keeper: str, name: str) -> str:
    """Name in a file what a callback keeps; the second `EarlyStopping:2` has `callbacks.EarlyStopping.2.layers.0.w`."""
    return f"callbacks.{keeper.replace(':', '.')}.{name}"


def check_name(name: str) -> None:
    """Check that an array's name is words of letters, digits and underscores with dots between them."""
    if len(name) > MAX_NAME or not NAME.fullmatch(name):
        raise CheckpointError(
            f"the name of an array must be words with dots between them, as layers.0.w, of at most {MAX_NAME} letters; "
            f"found {cut(name)}"
        )


def _places(layout: Layout) -> Iterator[tuple[Place, bool]]:
    """Give all arrays of the layers in order, and whether each is a parameter."""
    for node in layout.walk():
        yield from ((place, True) for place in node.params.values())
        yield from ((place, False) for place in node.state.values())


def _slot_places(name: str, slot: Slot, layout: Layout) -> Iterator[Place]:
    """Give the arrays of one slot: one for every parameter, or the whole where it is a number of its own."""
    if not slot.like_theta:
        yield Place(f"optimizer.{name}", 0, (1,), State((1,)))
        return
    for place in layout.params():
        yield Place(f"optimizer.{name}.{place.name}", place.start, place.shape, place.what)


def named_views(
    layout: Layout, vectors: Vectors, slots: Mapping[str, Slot], state: Mapping[str, Array]
) -> dict[str, Array]:
    """Give every array of a network under its name in a file, as views of its memory: to save them, or to fill them.

    Parameters
    ----------
    layout, vectors
        Where the layers' arrays lie, and the flat vectors.
    slots, state
        `optimizer.slots`, and the slots' arrays.
    """
    views = {
        place.name: place.view(vectors.theta if is_param else vectors.state) for place, is_param in _places(layout)
    }
    for name, slot in slots.items():
        views |= {place.name: place.view(state[name]) for place in _slot_places(name, slot, layout)}
    return views


def check_names(found: Collection[str], wants: Mapping[str, Want]) -> None:
    """Check that the arrays are those of the spec; raise `CheckpointError` that names what is unknown or missing."""
    names = set(found)
    for name in found:
        check_name(name)
        if name not in wants:
            raise CheckpointError(f"the network has no array {name}; it has {_some(wants)}")
    if missing := [name for name in wants if name not in names]:
        raise CheckpointError(f"arrays are missing: {_some(missing)}")


def check_shapes(found: Mapping[str, Want], wants: Mapping[str, Want]) -> None:
    """Check every array that is wanted.

    Raises
    ------
    ShapeError
        An array is of another shape.
    CheckpointError
        An array is of another dtype.
    """
    for name, want in wants.items():
        if found[name].shape != want.shape:
            raise ShapeError(f"{name} must have the shape {want.shape}; found {cut(found[name].shape)}")
        if found[name].dtype != want.dtype:
            raise CheckpointError(f"{name} must hold {want.dtype}; found {found[name].dtype}")


def _some(names: Collection[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:4]) + (f" and {len(listed) - 4} more" if len(listed) > 4 else "")


def check_numbers(name: str, array: Array, sign: Sign) -> None:
    """Check that all numbers are finite and of the sign that they must have; name one that is not, by its place."""
    _check_finite(name, array)
    if sign == "any" or not array.size or (least := array.min()) > 0.0 or (sign == "not negative" and least == 0.0):
        return
    place = [int(i) for i in np.unravel_index(array.argmin(), array.shape)]
    raise CheckpointError(f"numbers of {name} must be {sign}; {name}{place} is {least}")


def _check_finite(name: str, array: Array) -> None:
    # A sum is finite only if all terms are, and takes no memory; only if it is not is it worth to look closer.
    with np.errstate(all="ignore"):
        if np.isfinite(array.sum(dtype=np.float64)):
            return
    flat = array.reshape(-1)
    for start in range(0, flat.size, 2**20):
        bad = np.flatnonzero(~np.isfinite(flat[start : start + 2**20]))
        if bad.size:
            place = [int(i) for i in np.unravel_index(start + bad[0], array.shape)]
            raise CheckpointError(f"numbers must be finite; {name}{place} is {array[tuple(place)]}")
