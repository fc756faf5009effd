"""Arrays of known shape from nested lists in JSON text, read row by row into their memory."""

import json
import math
from dataclasses import dataclass
from math import prod

import numpy as np

from nn_model.arrays import Array
from nn_model.checkpoint.history import NAN
from nn_model.checkpoint.json_scan import Span, line_of, skip
from nn_model.checkpoint.places import Want
from nn_model.checkpoint.strict_json import cut
from nn_model.errors import CheckpointError, ShapeError

__all__ = ["parse"]

CHUNK = 2**16
"""Bytes of a row that become Python numbers at a time."""

TEXTS = {"nan": NAN, "inf": math.inf, "-inf": -math.inf}
"""Numbers that JSON does not have, as a history may hold them."""

_decode = json.JSONDecoder(parse_int=float).decode


def parse(text: bytearray, span: Span, want: Want, name: str, *, optional: bool = False) -> Array:
    """Read an array of known shape; with `optional`, `null` is NaN and a number may be `"nan"`, `"inf"` or `"-inf"`.

    Raises
    ------
    ShapeError
        Rows too few, too many, too short or too long.
    CheckpointError
        Something that is no finite number.
    """
    if want.shape and span.stop - span.start < 2 * prod(want.shape) + 1:
        raise ShapeError(
            f"{name} must have the shape {want.shape}; found {span.stop - span.start:,} bytes of text, too few for it"
        )
    array: Array = np.empty(want.shape, want.dtype)
    reader = _Reader(text, span.stop, name, want, optional)
    if want.shape:
        reader.block(span.start, array, ())
    else:
        reader.fill(text[slice(*span)], array.reshape(1), 0, ())
    return array


@dataclass(frozen=True, slots=True)
class _Reader:
    text: bytearray
    stop: int
    name: str
    want: Want
    optional: bool

    def block(self, position: int, out: Array, at: tuple[int, ...]) -> int:
        """Read one list from `position` into `out`, and give the place behind it."""
        if self.text[position : position + 1] != b"[":
            raise self.shape_fault("a number", "a list", at)
        if out.ndim == 1:
            return self.row(position + 1, out, at)
        position = skip(self.text, position + 1)
        if len(out) == 0 and self.text[position : position + 1] == b"]":
            return position + 1
        for i in range(len(out)):
            position = skip(self.text, self.block(position, out[i], (*at, i)))
            if not self.text.startswith((b",", b"]"), position):
                raise self.broken(position)
            closed = self.text.startswith(b"]", position)
            if closed != (i == len(out) - 1):
                found = f"{i + 1} items" if closed else f"more than {len(out)} items"
                raise self.shape_fault(found, f"{len(out)}", at)
            position += 1
            if not closed:
                position = skip(self.text, position)
        return position

    def row(self, position: int, out: Array, at: tuple[int, ...]) -> int:
        """Read a row of numbers, a chunk at a time."""
        end = self.text.find(b"]", position, self.stop)
        if end < 0:
            raise self.broken(position)
        filled, start = 0, position
        while True:
            stop = self.text.find(b",", position + CHUNK, end) if end - position > CHUNK else -1
            stop = end if stop < 0 else stop
            filled += self.fill(self.text[position:stop], out, filled, at, last=stop == end and position > start)
            if stop == end:
                break
            position = stop + 1
        if filled != len(out):
            raise self.shape_fault(f"a row of {filled:,} numbers", f"{len(out):,}", at)
        return end + 1

    def fill(self, piece: bytearray, out: Array, filled: int, at: tuple[int, ...], *, last: bool = False) -> int:
        """Put the numbers of a piece of a row behind those that are there, and count them."""
        if b"[" in piece and b'"' not in piece:
            raise self.shape_fault("a list", "numbers", at)
        try:
            numbers = _decode(f"[{piece.decode('ascii')}]")
        except (ValueError, RecursionError):
            raise CheckpointError(
                f"{self.name}{list(at) or ''}: no row of numbers; found {cut(bytes(piece))}"
            ) from None
        if last and not numbers:
            raise CheckpointError(f"{self.name}{list(at) or ''}: a number must follow the last comma")
        if self.optional:
            self.check_literals(numbers, filled, at)
            numbers = [TEXTS.get(number, number) if type(number) is str else number for number in numbers]
        self.check_types(numbers, filled, at)
        if filled + len(numbers) > len(out):
            raise self.shape_fault(f"a row of more than {len(out):,} numbers", f"{len(out):,}", at)
        part = out[filled : filled + len(numbers)]
        with np.errstate(over="ignore"):
            part[...] = numbers
        if not self.optional and not np.isfinite(part).all():
            i = int(np.argmin(np.isfinite(part)))
            place = [*at, filled + i] if self.want.shape else ""
            raise CheckpointError(f"numbers must be finite in {self.want.dtype}; {self.name}{place} is {numbers[i]}")
        return len(numbers)

    def check_literals(self, numbers: list[object], filled: int, at: tuple[int, ...]) -> None:
        """Refuse `NaN`, `Infinity` and `1e999`, which are no JSON numbers: what was measured to be so is text."""
        for i, number in enumerate(numbers):
            if isinstance(number, float) and not math.isfinite(number):
                raise CheckpointError(f"numbers must be finite; {self.name}{[*at, filled + i]} is {number}")

    def check_types(self, numbers: list[object], filled: int, at: tuple[int, ...]) -> None:
        allowed = {float, type(None)} if self.optional else {float}
        if set(map(type, numbers)) <= allowed:
            return
        i = next(i for i, number in enumerate(numbers) if type(number) not in allowed)
        raise CheckpointError(f"{self.name}{[*at, filled + i]} must be a number; found {cut(numbers[i])}")

    def shape_fault(self, found: str, expected: str, at: tuple[int, ...]) -> ShapeError:
        place = f" at {list(at)}" if at else ""
        return ShapeError(
            f"{self.name} must have the shape {self.want.shape}; found {found}{place}, expected {expected}"
        )

    def broken(self, position: int) -> CheckpointError:
        line, found = line_of(self.text, position), cut(bytes(self.text[position : position + 20]))
        return CheckpointError(f"{self.name}: a comma or a bracket is missing in line {line:,}; found {found}")
