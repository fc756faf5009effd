"""Finds the members of a JSON object in bytes, without reading their values: a large file is read piece by piece."""

import re
from collections.abc import Container, Iterator
from typing import NamedTuple

from nn_model.checkpoint.strict_json import MAX_DEPTH, MAX_TEXT, cut, cut_text, decode
from nn_model.errors import CheckpointError

__all__ = ["Span", "line_of", "members", "skip"]

_SPACE = re.compile(rb"[ \t\n\r]*+")
# Lists and objects without any inside, one after another: most of a file, passed over at once.
_LEAVES = re.compile(rb'(?:[^\[\]{}"]*+[\[{][^\[\]{}"]*+[\]}])++')
_BRACKET = re.compile(rb'[\[\]{}"]')
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_PLAIN = re.compile(rb"[^\s,\[\]{}\"]++")


class Span(NamedTuple):
    """Where a value stands in the text."""

    start: int
    stop: int


def skip(text: bytearray, position: int) -> int:
    """Give the next place that is no white space."""
    found = _SPACE.match(text, position)
    return found.end() if found else position


def line_of(text: bytearray, position: int) -> int:
    """Give the number of a place's line, from 1."""
    return text.count(b"\n", 0, position) + 1


def members(text: bytearray, span: Span, name: str, most: int, large: Container[str]) -> dict[str, Span]:
    """Find key and place of every member of the object that fills this span; the values are not read yet.

    Raises
    ------
    CheckpointError
        No object, or cut off; a key twice; more members than `most`; a value longer than `MAX_TEXT` whose key is not
        among the `large` ones.
    """
    found: dict[str, Span] = {}
    for key, value in _members(text, span, name, large):
        if key in found:
            raise CheckpointError(f"{name}: every key must stand once; found {cut(key)} twice")
        if len(found) == most:
            raise CheckpointError(f"{name} may have at most {most:,} members; found more")
        found[key] = value
    return found


def _members(text: bytearray, span: Span, name: str, large: Container[str]) -> Iterator[tuple[str, Span]]:
    position = skip(text, _expect(text, span.start, b"{", name))
    if text[position : position + 1] == b"}":
        _end(text, position + 1, span, name)
        return
    while True:
        string = _STRING.match(text, position)
        if string is None:
            raise _fault(text, position, "a key in quotes", name)
        position = skip(text, _expect(text, skip(text, string.end()), b":", name))
        key = str(decode(bytes(string.group()), f"a key of {name}"))
        stop = _value_end(text, position, cut_text(key, 60), None if key in large else position + MAX_TEXT)
        yield key, Span(position, stop)
        position = skip(text, stop)
        if text[position : position + 1] == b"}":
            _end(text, position + 1, span, name)
            return
        position = skip(text, _expect(text, position, b",", name))


def _expect(text: bytearray, position: int, mark: bytes, name: str) -> int:
    if text[position : position + 1] != mark:
        raise _fault(text, position, mark.decode(), name)
    return position + 1


def _end(text: bytearray, position: int, span: Span, name: str) -> None:
    if skip(text, position) < span.stop:
        raise _fault(text, skip(text, position), "the end", name)


def _value_end(text: bytearray, position: int, name: str, limit: int | None) -> int:
    """Find where a value ends: brackets are counted, but not those in strings."""
    if not text.startswith((b"[", b"{"), position):
        found = _STRING.match(text, position) or _PLAIN.match(text, position)
        if found is None:
            raise _fault(text, position, "a value", name)
        return found.end()
    depth, start = 0, position
    while bracket := _BRACKET.search(text, position):
        position = bracket.end()
        if bracket.group() == b'"':
            string = _STRING.match(text, position - 1)
            if string is None:
                break
            position = string.end()
            continue
        depth += 1 if bracket.group() in b"[{" else -1
        if depth == 0:
            return position
        _check_extent(name, depth, position, limit)
        leaves = _LEAVES.match(text, position)
        position = position if leaves is None else leaves.end()
    raise _fault(text, len(text), f"the end of what begins in line {line_of(text, start):,}", name)


def _check_extent(name: str, depth: int, position: int, limit: int | None) -> None:
    if depth > MAX_DEPTH:
        raise CheckpointError(f"{name} may be nested at most {MAX_DEPTH} deep; found more")
    if limit is not None and position > limit:
        raise CheckpointError(f"{name}: a value beside the arrays may take at most {MAX_TEXT:,} bytes; found more")


def _fault(text: bytearray, position: int, expected: str, name: str) -> CheckpointError:
    found = cut(text[position : position + 20].decode("utf-8", "replace")) if position < len(text) else "the file's end"
    return CheckpointError(
        f"{name} is not valid JSON: {expected} expected in line {line_of(text, position):,}, found {found}: "
        "the file is truncated or damaged"
    )
