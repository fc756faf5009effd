"""Checkpoints as JSON files: the same as in safetensors, readable, and with a diff that shows what changed."""

import json
from collections.abc import Iterable, Iterator
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
from nn_model.checkpoint.places import MAX_PARAMETERS, Want, check_names, wanted
from nn_model.checkpoint.run_state import untagged
from nn_model.checkpoint.snapshot import Snapshot
from nn_model.checkpoint.source import MAX_BYTES, PathLike, opened, resembles
from nn_model.checkpoint.strict_json import check_bounds, cut, decode, pretty
from nn_model.checkpoint.version import FORMAT, check_format
from nn_model.errors import CheckpointError

__all__ = ["read", "write"]

KEYS = ("format", "sha256", "spec", "run", "history", "arrays")
MAX_ARRAYS = 10_000


def write(path: PathLike, snapshot: Snapshot) -> None:
    """Write a checkpoint, whole or not at all.

    Raises
    ------
    CheckpointError
        Something that a file cannot hold, a path that cannot be written, or a full disk; the old file is as it was.
    ShapeError
        Arrays that do not fit the spec.
    """
    content = content_of(path, snapshot, finite_history=True)
    spec, run = pretty(content.spec, 1), pretty(content.run, 1)
    for name, text in (("spec", spec), ("run", run)):
        check_bounds(text.encode(), f"{path}: {name}")

    def put(file: BinaryIO) -> None:
        head = f' "format": {FORMAT},\n "sha256": "{content.sha256}",\n "spec": {spec},\n "run": {run},\n'
        file.write(f"{{\n{head}".encode())
        file.writelines(piece.encode() for piece in _pieces(content))

    write_atomic(path, put)


def _pieces(content: Content) -> Iterator[str]:
    if content.table is not None:
        rows = history.cells(history.columns_of(content.run), content.table)
        yield ' "history": [\n  '
        yield ",\n  ".join(map(json.dumps, rows))
        yield "\n ],\n"
    yield ' "arrays": {'
    for i, (name, array) in enumerate(content.arrays.items()):
        yield f'{"," if i else ""}\n  "{name}": '
        yield from lines(array)
    yield "\n }\n}\n"


def read(
    path: PathLike,
    custom: Iterable[type] = (),
    max_bytes: int = MAX_BYTES,
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
        Refuse larger files and networks.

    Raises
    ------
    CheckpointError
        Anything wrong with the file.
    ShapeError
        Arrays that do not fit the spec, or layers that do not fit each other.
    """
    with opened(path, max_bytes) as source:
        text = source.read(source.size)
        outline = _outline(text)
        data, run = _value(text, outline, "spec"), _value(text, outline, "run")
        if not isinstance(run, dict):
            raise CheckpointError(f"run must be an object; found {cut(run)}")
        spec = NetworkSpec.from_json(data, custom)
        wants = wanted(spec, max_parameters)
        spans = members(text, outline["arrays"], "arrays", MAX_ARRAYS, wants)
        check_names(spans, wants)
        arrays = {name: parse(text, spans[name], want, name) for name, want in wants.items()}
        table = _table(text, outline["history"], run) if "history" in outline else None
        check_digest(_value(text, outline, "sha256"), data, run, arrays, table)
        return Snapshot(spec, arrays, history.join(untagged(run), table))


def _outline(text: bytearray) -> dict[str, Span]:
    """Find the parts of the file, and check its version before anything else."""
    start = skip(text, 0)
    if text[start : start + 1] != b"{":
        raise CheckpointError(
            f"a JSON checkpoint must begin with {{; found {cut(bytes(text[start : start + 4]))}: not a checkpoint, or "
            f"damaged{resembles(bytes(text[:8]))}"
        )
    outline = members(text, Span(start, len(text)), "the file", 100, ("arrays", "history"))
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
