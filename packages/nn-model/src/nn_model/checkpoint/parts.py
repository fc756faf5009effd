"""Layers, losses, optimizers and clippings as JSON, and back: a file names classes of a closed list, no others."""

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from types import ModuleType
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError
from pydantic_core import PydanticSerializationError

import nn_layers
import nn_loss
import nn_optim
from nn_layers.chain import Chain
from nn_model.checkpoint.sentences import sentence
from nn_model.checkpoint.strict_json import canonical, check, cut
from nn_model.errors import CheckpointError

__all__ = ["CLIPPING", "LAYER", "LOSS", "OPTIMIZER", "Role", "dump", "load", "named", "planned"]

MAX_NESTED = 8
"""How deep layers may stand inside layers."""


@dataclass(frozen=True, slots=True)
class Role:
    """What a part is for: where its classes are, and what members each must have."""

    name: str
    package: ModuleType
    members: tuple[str, ...]

    def fits(self, part: object) -> bool:
        """Whether a part, or its class, has the members."""
        return all(hasattr(part, member) for member in self.members)


LAYER = Role("layer", nn_layers, ("plan", "forward", "backward"))
LOSS = Role("loss", nn_loss, ("scratch", "calls", "value_and_grad"))
OPTIMIZER = Role("optimizer", nn_optim, ("slots", "calls", "init", "update"))
CLIPPING = Role("clipping", nn_optim, ("blocks", "calls", "clip"))


@cache
def known(role: Role) -> dict[str, type]:
    """Find the library's classes of this role by name; built at the first load or save."""
    found = (getattr(role.package, name) for name in role.package.__all__)
    return {c.__name__: c for c in found if "kind" in getattr(c, "__pydantic_fields__", {}) and role.fits(c)}


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def _adapter(cls: type) -> TypeAdapter[Any]:
    """Give what validates and dumps a class; made when it is first needed."""
    if cls not in _ADAPTERS:
        _ADAPTERS[cls] = TypeAdapter(cls)
    return _ADAPTERS[cls]


def kind_of(cls: type) -> str:
    """Give the name that stands for a class in a file: its `kind`, or its own name."""
    kind = getattr(cls, "kind", None)
    return kind if isinstance(kind, str) else cls.__name__


def _options(cls: type) -> set[str]:
    return {field.name for field in fields(cls) if field.init}


def _chains(cls: type) -> list[str]:
    """Name the options that hold layers: what stands in them is written and read like the network's own layers."""
    return [field.name for field in fields(cls) if field.init and field.type == Chain]


def _check_depth(depth: int, where: str) -> None:
    if depth > MAX_NESTED:
        raise CheckpointError(f"{where}: layers may stand at most {MAX_NESTED} deep inside others; found more")


def _inside(part: Any) -> list[Any]:
    return [layer for name in _chains(type(part)) for layer in getattr(part, name)]


def planned(layers: Iterable[Any], depth: int = 1) -> int:
    """Count the layers, those inside others once for each level: so often are they planned, and planning takes time."""
    return sum(depth + planned(_inside(layer), depth + 1) for layer in layers)


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
    _check_own(cls, where)
    written = {"kind": kind, **_values(part, where, depth)}
    check(written, where)
    back = load(written, role, where, _classes(part), depth)
    if {"kind": kind, **_values(back, where, depth)} != written or (_params(cls).eq and back != part):
        raise CheckpointError(f"{where}: {cls.__name__} does not come back from a file as it was; found {cut(back)}")
    return written


def _values(part: Any, where: str, depth: int) -> dict[str, Any]:
    cls = type(part)
    inner = {name: _inner_values(getattr(part, name), f"{where}.{name}", depth + 1) for name in _chains(cls)}
    try:
        values = _adapter(cls).dump_python(part, mode="json", warnings="error", exclude=set(inner))
    except (PydanticUserError, PydanticUndefinedAnnotation, PydanticSerializationError) as error:
        reason = str(error).partition("\n")[0]
        raise CheckpointError(f"{where}: {cls.__name__} has an option that a file cannot hold: {reason}") from None
    return {name: value for name, value in {**values, **inner}.items() if name in _options(cls)}


def _inner_values(layers: Any, where: str, depth: int) -> list[dict[str, Any]]:
    _check_depth(depth, where)
    if not isinstance(layers, list | tuple):
        raise CheckpointError(f"{where} must be a list of layers; found {cut(layers)}")
    return [dump(layer, LAYER, f"{where}[{i}]", depth) for i, layer in enumerate(layers)]


def _classes(part: Any) -> dict[str, type]:
    """Give the classes of a part and of all layers inside it by their names in a file."""
    found = {kind_of(type(part)): type(part)}
    for layer in _inside(part):
        found |= _classes(layer)
    return found


def _params(cls: Any) -> Any:
    """Give how a dataclass was made."""
    return cls.__dataclass_params__


def _check_own(cls: type, where: str) -> None:
    if not is_dataclass(cls) or not _params(cls).frozen:
        raise CheckpointError(
            f"{where}: a file keeps an own class by its fields, so it must be a frozen dataclass; {cls.__name__} is "
            f"none; write @dataclass(frozen=True) above it, with fields of numbers, text, booleans and tuples of them"
        )
    if any(kind_of(cls) in known(role) for role in (LAYER, LOSS, OPTIMIZER, CLIPPING)):
        raise CheckpointError(f"{where}: {kind_of(cls)} is the name of one of the library's own; rename your class")


def named(custom: Iterable[type]) -> dict[str, type]:
    """Give the user's classes by the names that a file may have for them.

    Raises
    ------
    CheckpointError
        Something that is no class, or none that a file can hold; a name that stands for another class, too.
    """
    table: dict[str, type] = {}
    for cls in custom:
        if not isinstance(cls, type):
            raise CheckpointError(f"custom must hold classes; found {cut(cls)}")
        _check_own(cls, "custom")
        if table.setdefault(kind_of(cls), cls) is not cls:
            raise CheckpointError(f"custom: two classes are named {kind_of(cls)}; rename one")
    return table


def load(data: Any, role: Role, where: str, custom: Mapping[str, type], depth: int = 0) -> Any:
    """Make a part from its JSON object, which has been checked to be JSON; `custom` as `named` gives it.

    Raises
    ------
    CheckpointError
        An unknown kind, an option too few, too many or of the wrong type; the message names all of them.
    """
    if not isinstance(data, dict) or not isinstance(data.get("kind"), str):
        raise CheckpointError(f"{where}: an object with a kind must stand here; found {cut(data)}")
    table = {**known(role), **custom}
    if data["kind"] not in table:
        raise CheckpointError(
            f"{where}: there is no {role.name} {cut(data['kind'])}; known are {', '.join(sorted(table))}; an own class "
            "must be handed over: load(path, custom=(...,))"
        )
    cls = table[data["kind"]]
    options = {name: value for name, value in data.items() if name != "kind" or name in _options(cls)}
    if extra := [name for name in options if name not in _options(cls)]:
        names = ", ".join(sorted(_options(cls) - {"kind"})) or "none"
        raise CheckpointError(f"{where}: {cls.__name__} has no option {cut(extra[0])}; its options are {names}")
    chains = [name for name in _chains(cls) if name in options]
    inner = {name: _inner(options[name], f"{where}.{name}", custom, depth + 1) for name in chains}
    part = _made(cls, options, inner, where)
    if not role.fits(part):
        raise CheckpointError(f"{where}: {cls.__name__} is no {role.name}: it needs {', '.join(role.members)}")
    return part


def _inner(data: Any, where: str, custom: Mapping[str, type], depth: int) -> tuple[Any, ...]:
    _check_depth(depth, where)
    if not isinstance(data, list):
        raise CheckpointError(f"{where} must be a list of layers; found {cut(data)}")
    return tuple(load(layer, LAYER, f"{where}[{i}]", custom, depth) for i, layer in enumerate(data))


def _made(cls: type, options: dict[str, Any], inner: dict[str, tuple[Any, ...]], where: str) -> Any:
    # The layers inside are made already; until all else is checked, as many of the library's stand in their place.
    stand_ins = {name: [{"kind": "Flatten"}] * len(layers) for name, layers in inner.items()}
    try:
        with warnings.catch_warnings():  # a rate of 0 warned when the network was made
            warnings.simplefilter("ignore")
            part = _adapter(cls).validate_json(canonical(options | stand_ins), strict=True)
            return replace(part, **inner) if inner else part
    except ValidationError as error:
        raise CheckpointError(sentence(error, cls, where)) from None
    except Exception as error:  # an own class may raise anything
        raise CheckpointError(f"{where}: {cls.__name__} refuses its options: {cut(error, 200)}") from error
