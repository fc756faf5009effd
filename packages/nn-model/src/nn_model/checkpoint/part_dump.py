"""Layers, losses, optimizers and clippings on their way into a file."""

from typing import Any

from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError
from pydantic_core import PydanticSerializationError

from nn_model.checkpoint.part_load import load
from nn_model.checkpoint.part_options import adapter, chains, check_depth, inside, options_of
from nn_model.checkpoint.roles import LAYER, Role, check_own, kind_of, known, made_as
from nn_model.checkpoint.strict_json import check, cut
from nn_model.errors import CheckpointError

__all__ = ["dump"]


def dump(part: Any, role: Role, where: str, depth: int = 0) -> dict[str, Any]:
    """Give a part as a JSON object, its `kind` first.

    Raises
    ------
    CheckpointError
        An own class that cannot be written, with what to change.
    """
    cls = type(part)
    kind = kind_of(cls)
    if known(role).get(kind) is cls:
        return {"kind": kind, **_values(part, where, depth)}
    check_own(cls, where)
    written = {"kind": kind, **_values(part, where, depth)}
    check(written, where)
    back = load(written, role, where, _classes(part), depth)
    if {"kind": kind, **_values(back, where, depth)} != written or (made_as(cls).eq and back != part):
        raise CheckpointError(f"{where}: {cls.__name__} does not come back from a file as it was; found {cut(back)}")
    return written


def _values(part: Any, where: str, depth: int) -> dict[str, Any]:
    cls = type(part)
    inner = {name: _inner(getattr(part, name), f"{where}.{name}", depth + 1) for name in chains(cls)}
    try:
        values = adapter(cls).dump_python(part, mode="json", warnings="error", exclude=set(inner))
    except (PydanticUserError, PydanticUndefinedAnnotation, PydanticSerializationError) as error:
        reason = str(error).partition("\n")[0]
        raise CheckpointError(f"{where}: {cls.__name__} has an option that a file cannot hold: {reason}") from None
    return {name: value for name, value in {**values, **inner}.items() if name in options_of(cls)}


def _inner(layers: Any, where: str, depth: int) -> list[dict[str, Any]]:
    check_depth(depth, where)
    if not isinstance(layers, list | tuple):
        raise CheckpointError(f"{where} must be a list of layers; found {cut(layers)}")
    return [dump(layer, LAYER, f"{where}[{i}]", depth) for i, layer in enumerate(layers)]


def _classes(part: Any) -> dict[str, type]:
    """Give the classes of a part and of all layers inside it by their names in a file."""
    found = {kind_of(type(part)): type(part)}
    for layer in inside(part):
        found |= _classes(layer)
    return found
