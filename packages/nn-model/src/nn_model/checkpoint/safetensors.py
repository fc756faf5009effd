"""Checkpoints as safetensors files: arrays as tensors, spec and run as JSON in the metadata."""

import json
import re
from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np

from nn_model.arrays import Array
from nn_model.checkpoint import history
from nn_model.checkpoint.atomic import write_atomic
from nn_model.checkpoint.content import Content, content_of
from nn_model.checkpoint.digest import check_digest
from nn_model.checkpoint.header import Header, Tensor, read_header
from nn_model.checkpoint.network_spec import NetworkSpec
from nn_model.checkpoint.places import (
    MAX_PARAMETERS,
    Want,
    check_names,
    check_numbers,
    check_shapes,
    keepers_of,
    wanted,
)
from nn_model.checkpoint.run_state import untagged
from nn_model.checkpoint.snapshot import Snapshot
from nn_model.checkpoint.source import MAX_BYTES, PathLike, Source, opened
from nn_model.checkpoint.strict_json import check_bounds, cut, decode
from nn_model.checkpoint.version import FORMAT, check_format
from nn_model.errors import CheckpointError

__all__ = ["check", "read", "write"]

HISTORY = "history"
KEYS = ("format", "run", "sha256", "spec")
VERSION = re.compile("0|[1-9][0-9]{0,8}")


def check(path: PathLike, snapshot: Snapshot) -> tuple[Content, dict[str, str]]:
    """Check everything that reading will, before the first byte is written; give the content and the metadata.

    Raises
    ------
    CheckpointError
        Something that a file cannot hold.
    ShapeError
        Arrays that do not fit the spec.
    """
    content = content_of(path, snapshot)
    run, spec = json.dumps(content.run, allow_nan=False), json.dumps(content.spec, allow_nan=False)
    metadata = {"format": str(FORMAT), "run": run, "sha256": content.sha256, "spec": spec}
    for name, text in (("run", run), ("spec", spec), ("the header", _foreseen(content, metadata))):
        check_bounds(text.encode(), f"{path}: {name}")
    return content, metadata


def _foreseen(content: Content, metadata: dict[str, str]) -> str:
    """Write the header with the longest offsets that there can be."""
    end = sum(array.nbytes for array in _tensors(content).values())
    entries = {
        name: {"dtype": "F32", "shape": list(array.shape), "data_offsets": [end, end]}
        for name, array in _tensors(content).items()
    }
    return json.dumps({"__metadata__": metadata, **entries}, separators=(",", ":"), ensure_ascii=False) + " " * 8


def write(path: PathLike, snapshot: Snapshot) -> None:
    """Write a checkpoint, whole or not at all.

    Raises
    ------
    CheckpointError
        Something that a file cannot hold, a path that cannot be written, or a full disk; the old file is as it was.
    ShapeError
        Arrays that do not fit the spec.
    """
    raw = _serialized(*check(path, snapshot))
    length = int.from_bytes(raw[:8], "little")
    header = _ordered(raw[8 : 8 + length])

    def put(file: BinaryIO) -> None:
        file.write(raw[:8])
        file.write(header)
        file.write(memoryview(raw)[8 + length :])

    write_atomic(path, put)


def _serialized(content: Content, metadata: dict[str, str]) -> bytes:
    from safetensors.numpy import save  # noqa: PLC0415  # only who keeps a file pays for the import

    return save({name: np.asarray(array, order="C") for name, array in _tensors(content).items()}, metadata)


def _tensors(content: Content) -> dict[str, Array]:
    return content.arrays if content.table is None else {**content.arrays, HISTORY: content.table}


def _ordered(header: bytes) -> bytes:
    """Sort the metadata, which the library writes in a random order: the same network gives the same bytes."""
    data = json.loads(header)
    data["__metadata__"] = dict(sorted(data["__metadata__"].items()))
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
    return text.ljust(len(header)) if len(text) <= len(header) else header


def read(
    path: PathLike,
    custom: Iterable[type] = (),
    max_bytes: int | None = None,
    max_parameters: int = MAX_PARAMETERS,
) -> Snapshot:
    """Read a checkpoint: sizes and header, then the spec, then the shapes against it, and only then data.

    Parameters
    ----------
    path
        A regular file; links are not followed.
    custom
        The user's own classes that the file may name.
    max_bytes, max_parameters
        Refuse larger files, `None`: than 4 GiB; and larger networks.

    Raises
    ------
    CheckpointError
        Anything wrong with the file.
    ShapeError
        Arrays that do not fit the spec, or layers that do not fit each other.
    """
    with opened(path, MAX_BYTES if max_bytes is None else max_bytes) as source:
        header = read_header(source)
        data, run = _described(header)
        spec = NetworkSpec.from_json(data, custom)
        wants = wanted(spec, max_parameters, keepers_of(run))
        tensors = dict(header.tensors)
        _check_table(tensors.pop(HISTORY, None), run)
        check_names(tensors, wants)
        check_shapes({name: tensor.want for name, tensor in tensors.items()}, wants)
        found = _arrays(source, header.tensors)
        table = found.pop(HISTORY, None)
        arrays = {name: found[name] for name in wants}
        check_digest(header.metadata["sha256"], data, run, arrays, table)
        for name, array in arrays.items():
            check_numbers(name, array, wants[name].sign)
        return Snapshot(spec, arrays, history.join(untagged(run), table))


def _described(header: Header) -> tuple[Any, dict[str, Any]]:
    """Read the metadata: the spec as JSON, and the run."""
    texts = header.metadata
    version = texts.get("format")
    check_format(int(version) if version is not None and VERSION.fullmatch(version) else version)
    if set(texts) != set(KEYS):
        raise CheckpointError(f"the metadata must hold {', '.join(KEYS)}; found {cut(sorted(texts))}")
    run = decode(texts["run"].encode(), "run")
    if not isinstance(run, dict):
        raise CheckpointError(f"run must be an object; found {cut(run)}")
    return decode(texts["spec"].encode(), "spec"), run


def _check_table(table: Tensor | None, run: dict[str, Any]) -> None:
    if table is not None:
        columns = len(history.columns_of(run))
        if table.want.dtype != np.float64 or table.want.shape[1:] != (columns,):
            found = f"{table.want.dtype} of {cut(table.want.shape)}"
            raise CheckpointError(f"the tensor history must be float64 of shape (epochs, {columns}); found {found}")


def _arrays(source: Source, tensors: dict[str, Tensor]) -> dict[str, Array]:
    """Read the tensors, which lie end to end, each into memory of its own: what is let go of is free."""
    in_order = sorted(tensors.items(), key=lambda item: (item[1].start, item[1].stop))
    return {name: _array(source.read(tensor.stop - tensor.start), tensor.want) for name, tensor in in_order}


def _array(data: bytearray, want: Want) -> Array:
    array = np.frombuffer(data, np.uint8).view(want.dtype).reshape(want.shape)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
