"""JSON as checkpoints hold it: read strictly and within bounds, and written so that a person can read it."""

import json
import math
from collections.abc import Iterable
from typing import Any

from nn_model.errors import CheckpointError

__all__ = ["MAX_DEPTH", "MAX_TEXT", "canonical", "check", "check_bounds", "cut", "cut_text", "decode", "pretty"]

MAX_TEXT = 2 * 2**20
"""The most bytes of one piece of JSON."""
MAX_VALUES = 100_000
"""The most values of one piece of JSON: a Python object takes up to a hundred times the bytes of its text."""
MAX_DEPTH = 64
MAX_DIGITS = 100
WIDTH = 120


def cut_text(text: str, length: int) -> str:
    """Shorten text for a message."""
    return text if len(text) <= length else f"{text[: length - 3]}..."


def cut(value: object, length: int = 60) -> str:
    """Show a value in a message, in few letters."""
    return cut_text(repr(value[:length] if isinstance(value, str) else value), length)


def decode(data: bytes, name: str) -> Any:
    """Read one JSON value.

    Raises
    ------
    CheckpointError
        Not JSON, not UTF-8, a key twice, a number that is not finite, or more of anything than the bounds allow.
    """
    check_bounds(data, name)
    try:
        value = json.loads(
            data.decode(), object_pairs_hook=_once, parse_constant=_constant, parse_int=_whole, parse_float=_finite
        )
    except CheckpointError as error:
        raise CheckpointError(f"{name}: {error}") from None
    except RecursionError:
        raise CheckpointError(f"{name} may be nested at most {MAX_DEPTH} deep; found more") from None
    except ValueError as error:
        raise CheckpointError(f"{name} is not valid JSON ({error}): the file is truncated or damaged") from None
    check(value, name)
    return value


def check_bounds(data: bytes, name: str) -> None:
    """Check the size of JSON text, and roughly how many values it holds, before they are made."""
    if len(data) > MAX_TEXT:
        raise CheckpointError(f"{name} may take at most {MAX_TEXT:,} bytes; found {len(data):,}")
    if (count := sum(map(data.count, (b"[", b"{", b",")))) > MAX_VALUES:
        raise CheckpointError(f"{name} may hold at most about {MAX_VALUES:,} values; found {count:,}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise CheckpointError(f"every key must stand once; found {cut(twice)} twice")
    return found


def _constant(text: str) -> Any:
    raise CheckpointError(f"numbers must be finite; found {text}")


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > MAX_DIGITS:
        raise CheckpointError(f"whole numbers may have at most {MAX_DIGITS} digits; found {len(text):,}")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise CheckpointError(f"numbers must be finite; found {cut_text(text, 60)}")
    return number


def check(value: Any, name: str, depth: int = 1, *, finite: bool = True) -> None:
    """Check that JSON can hold a value, and that it is no deeper than the bound; otherwise say what and where.

    Raises
    ------
    CheckpointError
        It cannot, or it is.
    """
    if depth > MAX_DEPTH:
        raise CheckpointError(f"{cut_text(name, 100)} may be nested at most {MAX_DEPTH} deep; found more")
    if not isinstance(value, dict | list | tuple):
        if _needs_look(value, finite) and (problem := _problem(value)):
            raise CheckpointError(f"{cut_text(name, 200)}: {problem}")
        return
    for key, item in _items(value, name):
        if _needs_look(item, finite):
            place = f"[{key}]" if isinstance(key, int) else f".{cut_text(key, 60)}"
            check(item, name + place, depth + 1, finite=finite)


def _items(value: Any, name: str) -> Iterable[tuple[Any, Any]]:
    """Give the keys, which must be text, or numbers, of what is inside."""
    if not isinstance(value, dict):
        return enumerate(value)
    for key in value:
        if problem := _problem(key) if isinstance(key, str) else f"keys must be text; found {cut(key)}":
            raise CheckpointError(f"{cut_text(name, 200)}: {problem}")
    return value.items()


def _needs_look(item: object, finite: bool) -> bool:
    """Whether there may be something to complain of: most values are plain numbers."""
    if isinstance(item, float):
        return finite and not math.isfinite(item)
    return item is not None and not isinstance(item, bool)


def _problem(item: object) -> str:
    if isinstance(item, str):
        whole = item.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in item)
        return "" if whole else f"text must be valid Unicode; found half a surrogate pair in {cut(item)}"
    if isinstance(item, float):
        return f"numbers must be finite; found {item}"
    if isinstance(item, int):
        return "" if abs(item) < 10**MAX_DIGITS else f"whole numbers may have at most {MAX_DIGITS} digits"
    return f"JSON holds text, numbers, booleans, None, lists and objects; found {type(item).__name__} {cut(item)}"


def canonical(value: Any) -> bytes:
    """Write a checked value in the one way that its checksum is taken of."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def pretty(value: Any, indent: int = 0) -> str:
    """Write a checked value for a person: what fits into a line is one line, everything else one line an item."""
    flat = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if not isinstance(value, dict | list | tuple) or len(flat) + indent <= WIDTH:
        return flat
    inner, outer = f",\n{' ' * (indent + 1)}", f"\n{' ' * indent}"
    if isinstance(value, dict):
        items = (f"{json.dumps(key, ensure_ascii=False)}: {pretty(item, indent + 1)}" for key, item in value.items())
        return f"{{{inner[1:]}{inner.join(items)}{outer}}}"
    return f"[{inner[1:]}{inner.join(pretty(item, indent + 1) for item in value)}{outer}]"
