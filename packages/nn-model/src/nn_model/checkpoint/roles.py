"""What a network's parts are for, and which classes may be named for it: the library's, and those handed over."""

from collections.abc import Iterable
from dataclasses import dataclass, is_dataclass
from functools import cache
from types import ModuleType
from typing import Any

import nn_layers
import nn_loss
import nn_optim
from nn_model.checkpoint.strict_json import cut
from nn_model.errors import CheckpointError

__all__ = ["CLIPPING", "LAYER", "LOSS", "OPTIMIZER", "Role", "check_own", "kind_of", "known", "made_as", "named"]


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


def kind_of(cls: type) -> str:
    """Give the name that stands for a class in a file: its `kind`, or its own name."""
    kind = getattr(cls, "kind", None)
    return kind if isinstance(kind, str) else cls.__name__


def made_as(cls: Any) -> Any:
    """Give how a dataclass was made."""
    return cls.__dataclass_params__


def check_own(cls: type, where: str) -> None:
    """Check that a class of a person's own can be kept in a file, under a name that is not taken."""
    if not is_dataclass(cls) or not made_as(cls).frozen:
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
    if isinstance(custom, type | str) or not isinstance(custom, Iterable):
        raise CheckpointError(f"custom must be classes, as in custom=(MyLayer,); found {cut(custom)}")
    table: dict[str, type] = {}
    for cls in custom:
        if not isinstance(cls, type):
            raise CheckpointError(f"custom must hold classes; found {cut(cls)}")
        check_own(cls, "custom")
        if table.setdefault(kind_of(cls), cls) is not cls:
            raise CheckpointError(f"custom: two classes are named {kind_of(cls)}; rename one")
    return table
