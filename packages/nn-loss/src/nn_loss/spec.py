"""What a spec is here: a frozen value, strictly validated when it is made, that owns no array."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar, dataclass_transform

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

T = TypeVar("T")

NUMBERS: tuple[tuple[type, Callable[[Any], object]], ...] = ((np.integer, int), (np.floating, float), (np.bool_, bool))
"""NumPy's numbers, and what each is in Python. A bool stays one: it is no number."""

CONFIG = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, defer_build=True)


@dataclass_transform(frozen_default=True, field_specifiers=(Field,))
def spec(cls: type[T]) -> type[T]:
    """Make `cls` a spec: a frozen pydantic dataclass whose repr, unless it has its own, is the call that makes it."""
    made: Any = dataclass(frozen=True, repr=False, config=CONFIG)(cls)
    made.__init__ = _by_name(made.__init__, [field.name for field in fields(made) if not field.kw_only])
    if "__repr__" not in vars(cls):
        made.__repr__ = _call
    return made  # type: ignore[no-any-return]  # it is `cls`, decorated in place


def _by_name(init: Callable[..., None], names: list[str]) -> Callable[..., None]:
    """Hand positional arguments on by name, so that a validation error names the argument and not its position."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807  # it becomes the class's own
        cls = type(self)
        if len(args) > len(names):
            raise TypeError(f"{cls.__name__} takes {len(names)} arguments ({', '.join(names)}), got {len(args)}")
        try:
            init(self, **_plain(dict(zip(names, args, strict=False))), **_plain(kwargs))
        finally:
            if cls.__init__ is not __init__:  # pydantic's deferred build has put its own back
                cls.__init__ = __init__

    return __init__


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    """Make NumPy's numbers Python's own, which strict validation asks for; refuse a class in the place of a value."""
    values = {}
    for name, value in given.items():
        if isinstance(value, type) and hasattr(value, "__pydantic_fields__"):
            raise ValueError(f"{name} is the class {value.__name__}; write {value.__name__}{_brackets(value)}")
        plain = next((kind for numpys, kind in NUMBERS if isinstance(value, numpys)), None)
        values[name] = value if plain is None else plain(value)
    return values


def _brackets(cls: Any) -> str:
    return "(...)" if any(field.is_required() for field in cls.__pydantic_fields__.values()) else "()"


def _call(self: Any) -> str:
    """Write the shortest call that makes this spec: `Dense(784, 10, init=LeCun())`."""
    shown = []
    for name, field in type(self).__pydantic_fields__.items():
        value = getattr(self, name)
        if field.is_required():
            shown.append(repr(value))
        elif value != field.default and name != "kind":
            shown.append(f"{name}={value!r}")
    return f"{type(self).__name__}({', '.join(shown)})"
