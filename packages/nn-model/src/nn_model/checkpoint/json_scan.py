"""Finds what is in a JSON object or list in bytes, without reading the values: a large file is read piece by piece."""

import re
from collections.abc import Container, Iterator
from typing import NamedTuple

import numpy as np

from nn_model.arrays import Array
from nn_model.checkpoint.strict_json import MAX_DEPTH, MAX_TEXT, cut, cut_text, decode
from nn_model.errors import CheckpointError

__all__ = ["Span", "items", "line_of", "members", "skip"]

_SPACE = re.compile(rb"[ \t\n\r]*+")
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_PLAIN = re.compile(rb"[^\s,\[\]{}\"]++")
_FIRST_BLOCK, _BLOCK = 2**8, 2**16
"""So many bytes are looked at together: few at first, as most values are short, then more and more."""
_ESCAPE = ord("\\")


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


def items(text: bytearray, span: Span, name: str, most: int) -> list[Span]:
    """Find the place of every item of the list that fills this span, of whatever length; they are not read yet.

    Raises
    ------
    CheckpointError
        No list, or cut off; more items than `most`.
    """
    found: list[Span] = []
    position = skip(text, _expect(text, span.start, b"[", name))
    closed = text[position : position + 1] == b"]"
    while not closed:
        if len(found) == most:
            raise CheckpointError(f"{name} may have at most {most:,} items; found more")
        found.append(Span(position, _value_end(text, position, name, None)))
        position = skip(text, found[-1].stop)
        closed = text[position : position + 1] == b"]"
        if not closed:
            position = skip(text, _expect(text, position, b",", name))
    _end(text, position + 1, span, name)
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
    """Find where a value ends; `limit` is the last place that a list or an object may reach."""
    if not text.startswith((b"[", b"{"), position):
        found = _STRING.match(text, position) or _PLAIN.match(text, position)
        if found is None:
            raise _fault(text, position, "a value", name)
        return found.end()
    depth, quoted = 0, False
    for start, stop in _blocks(text, position):
        depths, quoted = _depths(bytes(text[start:stop]), depth, quoted)
        end = int(np.argmin(depths > 0))
        closed = depths[end] <= 0
        if depths[: end if closed else None].max(initial=0) > MAX_DEPTH:
            raise CheckpointError(f"{name} may be nested at most {MAX_DEPTH} deep; found more")
        if limit is not None and (start + end if closed else stop) > limit:
            raise CheckpointError(f"{name}: a value beside the arrays may take at most {MAX_TEXT:,} bytes; found more")
        if closed:
            return start + end + 1
        depth = int(depths[-1])
    raise _fault(text, len(text), f"the end of what begins in line {line_of(text, position):,}", name)


def _blocks(text: bytearray, position: int) -> Iterator[tuple[int, int]]:
    """Divide the text from here on, but never behind a backslash that stands for the next byte too."""
    size = _FIRST_BLOCK
    while position < len(text):
        stop = min(position + size, len(text))
        if text[stop - 1] == _ESCAPE:
            escapes = stop - position - len(text[position:stop].rstrip(b"\\"))
            stop = min(stop + escapes % 2, len(text))
        yield position, stop
        position, size = stop, min(8 * size, _BLOCK)


def _depths(block: bytes, depth: int, quoted: bool) -> tuple[Array, bool]:
    """Give how many lists and objects are open behind every byte, and whether a string is open behind the last.

    NumPy counts, because a file may be made of hundreds of millions of brackets and quotes.
    """
    if b"\\" in block:  # what an escape stands for is part of a string
        block = block.replace(b"\\\\", b"..").replace(b'\\"', b"..")
    marks = np.frombuffer(block, np.uint8)
    folded = marks | 0x20  # [ and { become {, ] and } become }
    turns = (folded == ord("{")).view(np.int8) - (folded == ord("}")).view(np.int8)
    if quoted or b'"' in block:
        quotes = np.cumsum(marks == ord('"'), dtype=np.int32) + quoted
        turns *= (quotes & 1) == 0
        quoted = bool(quotes[-1] & 1)
    return np.cumsum(turns, dtype=np.int32) + depth, quoted


def _fault(text: bytearray, position: int, expected: str, name: str) -> CheckpointError:
    found = cut(text[position : position + 20].decode("utf-8", "replace")) if position < len(text) else "the file's end"
    return CheckpointError(
        f"{name} is not valid JSON: {expected} expected in line {line_of(text, position):,}, found {found}: "
        "the file is truncated or damaged"
    )
