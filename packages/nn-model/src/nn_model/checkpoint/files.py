"""Writes and reads checkpoints in the format that the suffix says."""

from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from nn_model.checkpoint import json, safetensors
from nn_model.checkpoint.places import MAX_PARAMETERS
from nn_model.checkpoint.snapshot import Snapshot
from nn_model.checkpoint.source import PathLike
from nn_model.errors import CheckpointError

__all__ = ["SUFFIXES", "check", "check_suffix", "read", "write"]

SUFFIXES = (".safetensors", ".json")


def check_suffix(path: PathLike) -> str:
    """Give the path's suffix; raise `CheckpointError` if it is none of the two."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        if _is_folder(path):
            raise CheckpointError(f"{Path(path)}: this is a folder; name a {' or '.join(SUFFIXES)} file in it")
        raise CheckpointError(f"{Path(path)}: the suffix must be {' or '.join(SUFFIXES)}; found {suffix or 'none'!r}")
    return suffix


def _is_folder(path: PathLike) -> bool:
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):  # no possible path
        return False


def _format(path: PathLike) -> ModuleType:
    return {".json": json, ".safetensors": safetensors}[check_suffix(path)]


def check(path: PathLike, snapshot: Snapshot) -> None:
    """Check that a file can hold a snapshot, as `write` does; a folder's files are `.safetensors`.

    Raises
    ------
    CheckpointError
        Something that a file cannot hold.
    ShapeError
        Arrays that do not fit the spec.
    """
    (json if Path(path).suffix.lower() == ".json" else safetensors).check(path, snapshot)


def write(path: PathLike, snapshot: Snapshot) -> None:
    """Write a checkpoint, whole or not at all, in the format of the path's suffix.

    Raises
    ------
    CheckpointError
        Another suffix, something that a file cannot hold, a path that cannot be written, or a full disk.
    ShapeError
        Arrays that do not fit the spec.

    Notes
    -----
    What is written is never refused when it is read, but for two caps that `read` takes as arguments: `.json` files of
    more than 128 MiB (about ten million numbers) and others of more than 4 GiB need `max_bytes`, and networks of more
    than 250 million numbers `max_parameters`.
    """
    _format(path).write(path, snapshot)


def read(
    path: PathLike,
    custom: Iterable[type] = (),
    max_bytes: int | None = None,
    max_parameters: int = MAX_PARAMETERS,
) -> Snapshot:
    """Read a checkpoint in the format of the path's suffix.

    Raises
    ------
    CheckpointError
        Another suffix, or anything wrong with the file.
    ShapeError
        Arrays that do not fit the spec, or layers that do not fit each other.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from nn_layers import Dense
    >>> from nn_loss import MSE
    >>> from nn_model.checkpoint import NetworkSpec
    >>> from nn_optim import SGD
    >>> spec = NetworkSpec((Dense(2, 1),), MSE(), SGD())
    >>> arrays = {"layers.0.w": np.ones((2, 1), "float32"), "layers.0.b": np.zeros(1, "float32")}
    >>> with TemporaryDirectory() as folder:
    ...     write(f"{folder}/a.json", Snapshot(spec, arrays, {"step": 3}))
    ...     read(f"{folder}/a.json").run
    {'step': 3}
    """
    snapshot = _format(path).read(path, custom, max_bytes, max_parameters)
    assert isinstance(snapshot, Snapshot)  # noqa: S101  # for the type checker: a module's member is Any
    return snapshot
