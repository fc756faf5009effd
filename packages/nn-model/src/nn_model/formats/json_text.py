"""JSON of other programs, read piece by piece: what nobody needs of a large file is stepped over, not made."""

from collections.abc import Container
from math import prod
from typing import Any

import numpy as np

from nn_model.arrays import Array
from nn_model.checkpoint.json_arrays import parse
from nn_model.checkpoint.json_rows import texts
from nn_model.checkpoint.json_scan import Span, items, members, skip
from nn_model.checkpoint.places import Want
from nn_model.checkpoint.source import Source
from nn_model.checkpoint.strict_json import cut, decode
from nn_model.errors import CheckpointError
from nn_model.formats.border import size_in

__all__ = ["MAX_BYTES", "Json", "numbers"]

MAX_BYTES = 128 * 2**20
"""The largest text that is read, unless the caller allows more: it is held in memory whole."""
MAX_KEYS = 100


class Json:
    """The text of a file, and the values in it by their places.

    Parameters
    ----------
    source
        The open file; it is read whole.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from nn_model.formats.border import reading
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.json").write_text('{"w": [[1, 2], [0.5, -1e3]]}')
    ...     with reading(Path(folder, "a.json")) as source:
    ...         json = Json(source)
    ...         json.matrix(json.object(json.all, "the file", ("w",))["w"], "w").tolist()
    [[0.5, -1000.0]]
    """

    def __init__(self, source: Source) -> None:
        self.text = source.read(source.size)
        self.all = Span(skip(self.text, 0), len(self.text))

    def object(self, span: Span, name: str, large: Container[str], needs: tuple[str, ...] = ()) -> dict[str, Span]:
        """Find the members of an object; those that it needs must be there, others may."""
        found = members(self.text, span, name, MAX_KEYS, large)
        for key in needs:
            if key not in found:
                raise CheckpointError(f"{name} must have {', '.join(needs)}; {key} is missing")
        return found

    def list(self, span: Span, name: str, most: int) -> "list[Span]":
        """Find the items of a list."""
        return items(self.text, span, name, most)

    def value(self, span: Span, name: str) -> Any:
        """Read a small value."""
        return decode(bytes(self.text[slice(*span)]), name)

    def size(self, span: Span, name: str) -> int:
        """Read a size, at least 1."""
        return size_in(self.value(span, name), name)

    def sizes(self, span: Span, name: str, count: int) -> tuple[int, ...]:
        """Read a list of so many sizes."""
        found = self.value(span, name)
        if not isinstance(found, list) or len(found) != count:
            raise CheckpointError(f"{name} must be a list of {count} whole numbers; found {cut(found)}")
        return tuple(size_in(size, f"{name}[{i}]") for i, size in enumerate(found))

    def numbers(self, span: Span, shape: tuple[int, ...], name: str, dtype: str) -> Array:
        """Read the flat list of an array's numbers; as many as its shape says, all finite."""
        return parse(self.text, span, Want((prod(shape),), np.dtype(dtype)), name).reshape(shape)

    def matrix_at(self, span: Span, name: str) -> tuple[tuple[int, ...], Span]:
        """Find a matrix as RustNet writes it, `[[rows, columns], [numbers, row by row]]`: its shape, and its numbers.

        The numbers are not read yet; but a shape that asks for more than the text can hold is refused.
        """
        parts = self.list(span, name, 2)
        if len(parts) != 2:
            raise CheckpointError(f"{name} must be a shape and a list of numbers; found {len(parts)} of the two")
        shape = self.sizes(parts[0], f"the shape of {name}", 2)
        length = parts[1].stop - parts[1].start
        if length < 2 * prod(shape) + 1:
            raise CheckpointError(f"{name} must hold {prod(shape):,} numbers; found {length:,} bytes of text for them")
        return shape, parts[1]

    def matrix(self, span: Span, name: str) -> Array:
        """Read a matrix as RustNet writes it, float64."""
        shape, place = self.matrix_at(span, name)
        return self.numbers(place, shape, name, "float64")


def numbers(row: Array) -> list[str]:
    """Write numbers as Rust does: the fewest digits, `1e-7` in the place of `1e-07`, and `0.00001`.

    Examples
    --------
    >>> numbers(np.array([1, 0.1, -2.5e-5, 1e-7, 1e20], dtype="float32"))
    ['1.0', '0.1', '-0.000025', '1e-7', '1e20']
    """
    # Rust's serde_json and polars write an exponent below 1e-6 of f32 and below 1e-5 of f64.
    lowest = -6 if row.dtype.itemsize == 4 else -5
    return [_plain(text, lowest) if "e" in text else text for text in texts(row)]


def _plain(text: str, lowest: int) -> str:
    mantissa, _, exponent = text.partition("e")
    power = int(exponent)
    if not lowest <= power < 0:
        return f"{mantissa}e{power}"
    sign, digits = "-" * mantissa.startswith("-"), mantissa.lstrip("-").replace(".", "")
    return f"{sign}0.{'0' * (-power - 1)}{digits}"
