"""Checkpoints as safetensors files: arrays as tensors, spec and run as JSON in the metadata."""

import json
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
from nn_model.checkpoint.places import MAX_PARAMETERS, check_finite, check_names, check_shapes, wanted
from nn_model.checkpoint.run_state import untagged
from nn_model.checkpoint.snapshot import Snapshot
from nn_model.checkpoint.source import MAX_BYTES, PathLike, opened
from nn_model.checkpoint.strict_json import check_bounds, cut, decode
from nn_model.checkpoint.version import FORMAT, check_format
from nn_model.errors import CheckpointError

__all__ = ["read", "write"]

HISTORY = "history"
KEYS = ("format", "run", "sha256", "spec")


def write(path: PathLike, snapshot: Snapshot) -> None:
    """Write a checkpoint, whole or not at all.

    Raises
    ------
    CheckpointError
        Something that a file cannot hold, a path that cannot be written, or a full disk; the old file is as it was.
    ShapeError
        Arrays that do not fit the spec.
    """
    content = content_of(path, snapshot, finite_history=False)
    run, spec = json.dumps(content.run, allow_nan=False), json.dumps(content.spec, allow_nan=False)
    raw = _serialized(content, {"format": str(FORMAT), "run": run, "sha256": content.sha256, "spec": spec})
    length = int.from_bytes(raw[:8], "little")
    header = _ordered(raw[8 : 8 + length])
    for name, text in (("run", run.encode()), ("spec", spec.encode()), ("the header", header)):
        check_bounds(text, f"{path}: {name}")

    def put(file: BinaryIO) -> None:
        file.write(raw[:8])
        file.write(header)
        file.write(memoryview(raw)[8 + length :])

    write_atomic(path, put)


def _serialized(content: Content, metadata: dict[str, str]) -> bytes:
    from safetensors.numpy import save  # noqa: PLC0415  # only who keeps a file pays for the import

    tensors = {name: np.asarray(array, order="C") for name, array in content.arrays.items()}
    return save(tensors if content.table is None else {**tensors, HISTORY: content.table}, metadata)


def _ordered(header: bytes) -> bytes:
    """Sort the metadata, which the library writes in a random order: the same network gives the same bytes."""
    data = json.loads(header)
    data["__metadata__"] = dict(sorted(data["__metadata__"].items()))
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
    return text.ljust(len(header)) if len(text) <= len(header) else header


def read(
    path: PathLike,
    custom: Iterable[type] = (),
    max_bytes: int = MAX_BYTES,
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
        Refuse larger files and networks.

    Raises
    ------
    CheckpointError
        Anything wrong with the file.
    ShapeError
        Arrays that do not fit the spec, or layers that do not fit each other.
    """
    with opened(path, max_bytes) as source:
        header = read_header(source)
        data, run = _described(header)
        spec = NetworkSpec.from_json(data, custom)
        wants = wanted(spec, max_parameters)
        tensors = header.tensors
        table = _checked_table(tensors.pop(HISTORY, None), run)
        check_names(tensors, wants)
        check_shapes({name: tensor.want for name, tensor in tensors.items()}, wants)
        buffer = source.read(header.data_size)
        arrays = {name: _view(buffer, tensors[name]) for name in wants}
        rows = None if table is None else _view(buffer, table)
        check_digest(header.metadata["sha256"], data, run, arrays, rows)
        for name, array in arrays.items():
            check_finite(name, array)
        return Snapshot(spec, arrays, history.join(untagged(run), rows))


def _described(header: Header) -> tuple[Any, dict[str, Any]]:
    """Read the metadata: the spec as JSON, and the run."""
    texts = header.metadata
    version = texts.get("format")
    check_format(int(version) if version is not None and version.isdecimal() and len(version) < 10 else version)
    if set(texts) != set(KEYS):
        raise CheckpointError(f"the metadata must hold {', '.join(KEYS)}; found {cut(sorted(texts))}")
    run = decode(texts["run"].encode(), "run")
    if not isinstance(run, dict):
        raise CheckpointError(f"run must be an object; found {cut(run)}")
    return decode(texts["spec"].encode(), "spec"), run


def _checked_table(table: Tensor | None, run: dict[str, Any]) -> Tensor | None:
    if table is not None:
        columns = len(history.columns_of(run))
        if table.want.dtype != np.float64 or table.want.shape[1:] != (columns,):
            found = f"{table.want.dtype} of {cut(table.want.shape)}"
            raise CheckpointError(f"the tensor history must be float64 of shape (epochs, {columns}); found {found}")
    return table


def _view(buffer: bytearray, tensor: Tensor) -> Array:
    data = memoryview(buffer)[tensor.start : tensor.stop]
    array = np.asarray(data, np.uint8).view(tensor.want.dtype).reshape(tensor.want.shape)
    return array if array.flags.aligned and array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
