r"""nn-rs' weights: a folder with `w{k}.csv` and `b{k}.csv` for each layer that is trained, k from 0, in float32.

| file       | first line            | then                                                     |
|------------|-----------------------|----------------------------------------------------------|
| `w{k}.csv` | `w{k}_0,w{k}_1,...`   | a line for each input, a number for each output          |
| `b{k}.csv` | `b{k}`                | a line, one number, for each output                      |

Numbers are the fewest digits that give the float32 back, lines end in `\n`. Nothing says what stands between the
layers: whoever reads must know, and says it as `activation`; nn-rs' own example has ELU, which is taken unless another
is given.

The network is `NN([Dense, activation, ..., Dense], CrossEntropy(), Nadam(lr=0.0005, eps=1e-7, momentum_decay=None))`,
with the loss and optimizer of that example.
"""

import warnings
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from nn_layers import ELU, SELU, Dense, He, LeakyReLU, Propagate, ReLU
from nn_loss import CrossEntropy
from nn_model.arrays import Array
from nn_model.checkpoint.atomic import check_writable, write_atomic
from nn_model.checkpoint.source import PathLike
from nn_model.data import read_csv
from nn_model.errors import CheckpointError, DataError
from nn_model.formats.border import F32, MAX_BYTES, MAX_PARAMETERS, as_dtype, building, check_count, naming, put
from nn_model.formats.json_text import numbers
from nn_model.formats.structure import Part, check_kinds, check_link, flat, misfit, split_link
from nn_model.network import NN
from nn_optim import Nadam

__all__ = ["is_folder", "read", "write"]

HOLDER = "nn-rs holds Dense, one activation, ..., Dense"
ACTIVATIONS = (ReLU, LeakyReLU, ELU, SELU)
MAX_LAYERS = 1_000


def is_folder(path: Path) -> bool:
    """Whether there is a folder with weights of nn-rs."""
    try:
        return (path / "w0.csv").is_file()
    except (OSError, ValueError):  # no possible path
        return False


def read(
    path: PathLike,
    *,
    activation: Propagate | None = None,
    max_bytes: int = MAX_BYTES,
    max_parameters: int = MAX_PARAMETERS,
) -> NN:
    r"""Read a folder of nn-rs' weights.

    Parameters
    ----------
    path
        The folder.
    activation
        What stands between the dense layers; `None`: `ELU()`.
    max_bytes, max_parameters
        Refuse a table that may need more memory, and larger networks.

    Raises
    ------
    CheckpointError
        Files that are missing, are no such tables, or do not fit each other.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "w0.csv").write_text("w0_0,w0_1\n1.5,-1.5\n")
    ...     _ = Path(folder, "b0.csv").write_text("b0\n0.0\n0.5\n")
    ...     nn = read(folder)
    >>> nn.layers, nn.predict([[1.0], [-1.0]]).tolist()
    ((Dense(1, 2),), [0, 1])
    """
    folder = Path(path)
    pairs = [_layer(folder, k, max_bytes) for k in range(_count(folder))]
    for k, ((w, _), (following, _)) in enumerate(pairwise(pairs)):
        if w.shape[1] != len(following):
            raise CheckpointError(
                f"{folder}: w{k + 1}.csv must have a line for each of the {w.shape[1]} outputs of w{k}.csv; "
                f"found {len(following)}"
            )
    with naming(folder):
        check_count(sum(w.size + b.size for w, b in pairs), max_parameters)
        layers: list[Propagate] = []
        for w, _ in pairs:
            layers += [Dense(w.shape[0], w.shape[1], He()), ELU() if activation is None else activation]
        with building():
            nn = NN(layers[:-1], CrossEntropy(), Nadam(lr=0.0005, eps=1e-7, momentum_decay=None))
        views = nn.weights()
        for k, pair in enumerate(pairs):
            for name, array in zip("wb", pair, strict=True):
                put(views[f"layers.{2 * k}.{name}"], array, f"{name}{k}.csv")
    return nn


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


def write(nn: NN, path: PathLike) -> None:
    """Write a network's weights as nn-rs does, each file whole or not at all; the folder is made if need be.

    Parameters
    ----------
    nn
        Dense layers, between them one of nn-rs' activations, the same everywhere; a softmax at the end, be it a layer
        or the loss's. Dropout and a `Flatten` in front are left out, penalties are not kept.
    path
        The folder; files of these names are replaced.

    Raises
    ------
    CheckpointError
        A network of another structure, a folder that cannot be written, or one with weights of a larger network.

    Warns
    -----
    UserWarning
        The activation is not the one that `read` takes unless it is told.
    """
    folder = Path(path)
    with naming(folder):
        parts, link = split_link(nn)
        parts = flat(parts, HOLDER)
        activations = parts[1::2]
        check_kinds(parts[::2], [Dense] * len(parts[::2]), HOLDER)
        for part in activations:
            if type(part.layer) not in ACTIVATIONS:
                raise misfit(HOLDER, part, "nn-rs has ReLU, LeakyReLU, ELU and SELU")
            if part.layer != activations[0].layer:
                raise misfit(HOLDER, part, f"all must be {activations[0].layer!r}, since the files name none")
        if len(parts) % 2 == 0:
            raise misfit(HOLDER, parts[-1], "the last layer must be Dense")
        check_link(nn, link, "softmax", HOLDER)
        tables = list(_tables(parts[::2]))
    _make(folder, len(tables) // 2)
    for name, _ in tables:
        check_writable(folder / name)
    for name, table in tables:
        write_atomic(folder / name, lambda file, name=name, table=table: file.writelines(_lines(name, table)))  # type: ignore[misc]
    if activations and activations[0].layer != ELU():
        told = f"read it with activation={activations[0].layer!r}"
        warnings.warn(f"{folder}: nn-rs' files do not name the activation; {told}", UserWarning, stacklevel=2)


def _tables(parts: list[Part]) -> Iterator[tuple[str, Array]]:
    for k, part in enumerate(parts):
        w, b = (as_dtype(part.arrays[name], F32, f"{name} of {part.title}") for name in "wb")
        yield f"w{k}.csv", w
        yield f"b{k}.csv", b.reshape(-1, 1)


def _lines(name: str, table: Array) -> Iterator[bytes]:
    stem = name.removesuffix(".csv")
    yield (",".join(_names(stem, table.shape[1])) + "\n").encode()
    for row in table:
        yield (",".join(numbers(row)) + "\n").encode()


def _make(folder: Path, layers: int) -> None:
    """Make the folder if it is not there; refuse one in which more layers than these would be found."""
    if (folder / f"w{layers}.csv").exists():
        raise CheckpointError(f"{folder}: w{layers}.csv there belongs to another network; name an empty folder")
    try:
        folder.mkdir(exist_ok=True)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise CheckpointError(f"{folder}: no folder can be made there: {why}; make its parent first") from None
