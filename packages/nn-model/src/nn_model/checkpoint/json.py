"""Checkpoints as JSON files: the same as in safetensors, readable, and with a diff that shows what changed."""

import json
import re
from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Any, BinaryIO

import numpy as np

from nn_model.arrays import Array
from nn_model.checkpoint import history
from nn_model.checkpoint.atomic import write_atomic
from nn_model.checkpoint.content import Content, content_of
from nn_model.checkpoint.digest import check_digest
from nn_model.checkpoint.json_arrays import parse
from nn_model.checkpoint.json_rows import lines
from nn_model.checkpoint.json_scan import Span, members, skip
from nn_model.checkpoint.network_spec import NetworkSpec
from nn_model.checkpoint.places import MAX_ARRAYS, MAX_PARAMETERS, Want, check_names, check_numbers, keepers_of, wanted
from nn_model.checkpoint.run_state import untagged
from nn_model.checkpoint.snapshot import Snapshot
from nn_model.checkpoint.source import PathLike, opened, resembles
from nn_model.checkpoint.strict_json import check_bounds, cut, decode, pretty
from nn_model.checkpoint.version import FORMAT, check_format
from nn_model.errors import CheckpointError

__all__ = ["check", "read", "write"]

KEYS = ("format", "sha256", "spec", "run", "history", "arrays")
MAX_BYTES = 128 * 2**20
"""The largest file that is read, unless the caller allows more.

About ten million numbers. The text is read whole and looked over in about a second; making numbers of all of it takes
five to eight. Larger networks are better kept as safetensors.
"""
HEAD = 4096
"""So many bytes are looked at before the rest is read."""
_FORMAT = re.compile(rb'\{\s*+"format"\s*+:\s*+([1-9][0-9]{0,98})\s*+[,}]')


def check(path: PathLike, snapshot: Snapshot) -> tuple[Content, dict[str, str]]:
    """Check everything that reading will, before the first byte is written; give the content and the parts' text.

    Raises
    ------
    CheckpointError
        Something that a file cannot hold.
    ShapeError
        Arrays that do not fit the spec.
    """
    content = content_of(path, snapshot)
    texts = {"spec": pretty(content.spec, 1), "run": pretty(content.run, 1)}
    for name, text in texts.items():
        check_bounds(text.encode(), f"{path}: {name}")
    return content, texts


def write(path: PathLike, snapshot: Snapshot) -> None:
    """Write a checkpoint, whole or not at all.

    Raises
    ------
    CheckpointError
        Something that a file cannot hold, a path that cannot be written, or a full disk; the old file is as it was.
    ShapeError
        Arrays that do not fit the spec.
    """
    content, texts = check(path, snapshot)

    def put(file: BinaryIO) -> None:
        file.write(f'{{\n "format": {FORMAT},\n "sha256": "{content.sha256}",\n'.encode())
        file.writelines(f' "{name}": {text},\n'.encode() for name, text in texts.items())
        file.writelines(piece.encode() for piece in _pieces(content))

    write_atomic(path, put)


def _pieces(content: Content) -> Iterator[str]:
    if content.table is not None:
        columns = history.values(history.columns_of(content.run), content.table)
        yield ' "history": ['
        for i, row in enumerate(zip(*columns, strict=True)):
            yield f"{',' if i else ''}\n  {json.dumps([_cell(value) for value in row])}"
        yield "\n ],\n"
    yield ' "arrays": {'
    for i, (name, array) in enumerate(content.arrays.items()):
        yield f'{"," if i else ""}\n  "{name}": '
        yield from lines(array)
    yield "\n }\n}\n"


def _cell(value: Any) -> Any:
    """Give a number as JSON has it; those that it does not have are text."""
    return value if value is None or isfinite(value) else str(float(value))


def read(
    path: PathLike,
    custom: Iterable[type] = (),
    max_bytes: int | None = None,
    max_parameters: int = MAX_PARAMETERS,
) -> Snapshot:
    """Read a checkpoint: its outline first, then the spec, then the arrays against it, row by row.

    Parameters
    ----------
    path
        A regular file; links are not followed.
    custom
        The user's own classes that the file may name.
    max_bytes, max_parameters
        Refuse larger files, `None`: than 128 MiB; and larger networks.

    Raises
    ------
    CheckpointError
        Anything wrong with the file.
    ShapeError
        Arrays that do not fit the spec, or layers that do not fit each other.
    """
    with opened(path, MAX_BYTES if max_bytes is None else max_bytes) as source:
        _check_head(source.head(HEAD))
        text = source.read(source.size)
        outline = _outline(text)
        data, run = _value(text, outline, "spec"), _value(text, outline, "run")
        if not isinstance(run, dict):
            raise CheckpointError(f"run must be an object; found {cut(run)}")
        spec = NetworkSpec.from_json(data, custom)
        wants = wanted(spec, max_parameters, keepers_of(run))
        spans = members(text, outline["arrays"], "arrays", MAX_ARRAYS, wants)
        check_names(spans, wants)
        arrays = {name: parse(text, spans[name], want, name) for name, want in wants.items()}
        table = _table(text, outline["history"], run) if "history" in outline else None
        check_digest(_value(text, outline, "sha256"), data, run, arrays, table)
        for name, array in arrays.items():
            check_numbers(name, array, wants[name].sign)
        return Snapshot(spec, arrays, history.join(untagged(run), table))


def _check_head(head: bytearray) -> None:
    """Refuse what cannot be a checkpoint, or is one of a newer format, before all of it is read."""
    start = skip(head, 0)
    if start == len(head) < HEAD:
        raise CheckpointError("there is nothing in the file: truncated or damaged")
    if start < len(head) and head[start] != ord("{"):
        raise CheckpointError(
            f"a JSON checkpoint must begin with {{; found {cut(bytes(head[start : start + 4]))}: not a checkpoint, or "
            f"damaged{resembles(bytes(head[:8]))}"
        )
    if found := _FORMAT.match(head, start):
        check_format(int(found[1]))


def _outline(text: bytearray) -> dict[str, Span]:
    """Find the parts of the file, and check its version before anything else."""
    outline = members(text, Span(skip(text, 0), len(text)), "the file", 100, ("arrays", "history"))
    check_format(_value(text, outline, "format") if "format" in outline else None)
    if unknown := outline.keys() - KEYS:
        raise CheckpointError(f"the file may hold {', '.join(KEYS)}; found {cut(min(unknown))}")
    if missing := [name for name in KEYS if name not in outline and name != "history"]:
        raise CheckpointError(f"the file must hold {', '.join(missing)}, which is missing: it is damaged")
    return outline


def _value(text: bytearray, outline: dict[str, Span], name: str) -> Any:
    return decode(bytes(text[slice(*outline[name])]), name)


def _table(text: bytearray, span: Span, run: dict[str, Any]) -> Array:
    """Read the history, whose number of columns the run describes."""
    rows = text.count(b"[", *span) - 1
    want = Want((max(rows, 0), len(history.columns_of(run))), np.dtype(np.float64))
    return parse(text, span, want, "history", optional=True)
