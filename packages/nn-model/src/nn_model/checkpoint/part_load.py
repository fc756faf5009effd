"""Layers, losses, optimizers and clippings on their way out of a file: it names classes of a closed list, no others."""

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from nn_model.checkpoint.part_options import adapter, chains, check_depth, options_of
from nn_model.checkpoint.roles import LAYER, Role, known
from nn_model.checkpoint.sentences import sentence
from nn_model.checkpoint.strict_json import canonical, cut
from nn_model.errors import CheckpointError

__all__ = ["load"]


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
    options = {name: value for name, value in data.items() if name != "kind" or name in options_of(cls)}
    if extra := [name for name in options if name not in options_of(cls)]:
        names = ", ".join(sorted(options_of(cls) - {"kind"})) or "none"
        raise CheckpointError(f"{where}: {cls.__name__} has no option {cut(extra[0])}; its options are {names}")
    holding = [name for name in chains(cls) if name in options]
    inner = {name: _inner(options[name], f"{where}.{name}", custom, depth + 1) for name in holding}
    part = _made(cls, options, inner, where)
    if not role.fits(part):
        raise CheckpointError(f"{where}: {cls.__name__} is no {role.name}: it needs {', '.join(role.members)}")
    return part


def _inner(data: Any, where: str, custom: Mapping[str, type], depth: int) -> tuple[Any, ...]:
    check_depth(depth, where)
    if not isinstance(data, list):
        raise CheckpointError(f"{where} must be a list of layers; found {cut(data)}")
    return tuple(load(layer, LAYER, f"{where}[{i}]", custom, depth) for i, layer in enumerate(data))


def _made(cls: type, options: dict[str, Any], inner: dict[str, tuple[Any, ...]], where: str) -> Any:
    # The layers inside are made already; until all else is checked, as many of the library's stand in their place.
    stand_ins = {name: [{"kind": "Flatten"}] * len(layers) for name, layers in inner.items()}
    try:
        with warnings.catch_warnings():  # a rate of 0 warned when the network was made
            warnings.simplefilter("ignore")
            part = adapter(cls).validate_json(canonical(options | stand_ins), strict=True)
            return replace(part, **inner) if inner else part
    except ValidationError as error:
        raise CheckpointError(sentence(error, cls, where)) from None
    except Exception as error:  # an own class may raise anything
        raise CheckpointError(f"{where}: {cls.__name__} refuses its options: {cut(error, 200)}") from error
