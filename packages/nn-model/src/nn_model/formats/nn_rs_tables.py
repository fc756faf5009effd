"""nn-rs' `w{k}.csv` and `b{k}.csv`, table by table: read from a folder, and what is written into one."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from nn_model.arrays import Array
from nn_model.data import read_csv
from nn_model.errors import CheckpointError, DataError
from nn_model.formats.border import F32, as_dtype
from nn_model.formats.json_text import numbers
from nn_model.formats.structure import Part

__all__ = ["is_folder", "lines", "make_folder", "read_pairs", "tables_of"]

MAX_LAYERS = 1_000


def is_folder(path: Path) -> bool:
    """Whether there is a folder with weights of nn-rs."""
    try:
        return (path / "w0.csv").is_file()
    except (OSError, ValueError):  # no possible path
        return False


def read_pairs(folder: Path, max_bytes: int) -> list[tuple[Array, Array]]:
    """Read weights and biases of every layer; each must take what the one before gives."""
    pairs = [_layer(folder, k, max_bytes) for k in range(_count(folder))]
    for k, ((w, _), (following, _)) in enumerate(pairwise(pairs)):
        if w.shape[1] != len(following):
            raise CheckpointError(
                f"{folder}: w{k + 1}.csv must have a line for each of the {w.shape[1]} outputs of w{k}.csv; "
                f"found {len(following)}"
            )
    return pairs


def _count(folder: Path) -> int:
    """Count the layers whose weights are there."""
    if not is_folder(folder):
        raise CheckpointError(f"{folder}: a folder with w0.csv, b0.csv, ... is needed; there is no w0.csv")
    count = 1
    while count <= MAX_LAYERS and any((folder / f"{name}{count}.csv").exists() for name in "wb"):
        count += 1
    if count > MAX_LAYERS:
        raise CheckpointError(f"{folder}: there may be at most {MAX_LAYERS:,} layers; found more")
    return count


def _layer(folder: Path, k: int, max_bytes: int) -> tuple[Array, Array]:
    w = _table(folder / f"w{k}.csv", max_bytes)
    b = _table(folder / f"b{k}.csv", max_bytes)
    if b.shape != (w.shape[1], 1):
        raise CheckpointError(
            f"{folder}: b{k}.csv must have one number for each of the {w.shape[1]} outputs of w{k}.csv; found {b.shape}"
        )
    return w, b[:, 0]


def _table(path: Path, max_bytes: int) -> Array:
    """Read one table; its first line must name the columns as nn-rs does."""
    try:
        table = read_csv(path, None, header=True, max_bytes=max_bytes)
    except DataError as error:
        raise CheckpointError(str(error)) from None
    wanted = _names(path.stem, len(table.columns))
    if table.columns != wanted:
        raise CheckpointError(f"{path}: line 1 must be {','.join(wanted[:3])}...; found {','.join(table.columns[:3])}")
    return table.x


def _names(stem: str, count: int) -> tuple[str, ...]:
    return (stem,) if stem.startswith("b") else tuple(f"{stem}_{i}" for i in range(count))


def tables_of(parts: Iterable[Part]) -> Iterator[tuple[str, Array]]:
    """Give the files of dense layers: the name and the numbers of each."""
    for k, part in enumerate(parts):
        w, b = (as_dtype(part.arrays[name], F32, f"{name} of {part.title}") for name in "wb")
        yield f"w{k}.csv", w
        yield f"b{k}.csv", b.reshape(-1, 1)


def lines(name: str, table: Array) -> Iterator[bytes]:
    """Give a file's lines, its columns' names first."""
    stem = name.removesuffix(".csv")
    yield (",".join(_names(stem, table.shape[1])) + "\n").encode()
    for row in table:
        yield (",".join(numbers(row)) + "\n").encode()


def make_folder(folder: Path, layers: int) -> None:
    """Make the folder if it is not there; refuse one in which more layers than these would be found."""
    if (folder / f"w{layers}.csv").exists():
        raise CheckpointError(f"{folder}: w{layers}.csv there belongs to another network; name an empty folder")
    try:
        folder.mkdir(exist_ok=True)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise CheckpointError(f"{folder}: no folder can be made there: {why}; make its parent first") from None
