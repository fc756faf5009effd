r"""nn-rs' weights: a folder with `w{k}.csv` and `b{k}.csv` for each layer that is trained, k from 0, in float32.

| file       | first line            | then                                                     |
|------------|-----------------------|----------------------------------------------------------|
| `w{k}.csv` | `w{k}_0,w{k}_1,...`   | a line for each input, a number for each output          |
| `b{k}.csv` | `b{k}`                | a line, one number, for each output                      |

Numbers are the fewest digits that give the float32 back, lines end in `\n`. Nothing says what stands between the
layers: whoever reads must know, and says it as `activation`. Left out, ELU is assumed, as in nn-rs' own example, and a
warning says so.

The network is `NN([Dense, activation, ..., Dense], CrossEntropy(), Nadam(lr=0.0005, eps=1e-7, momentum_decay=None))`,
with the loss and optimizer of that example.
"""

import warnings
from functools import partial
from pathlib import Path
from typing import BinaryIO

from nn_layers import ELU, SELU, Dense, He, LeakyReLU, Propagate, ReLU, Sigmoid, Tanh
from nn_loss import CrossEntropy
from nn_model.arrays import Array
from nn_model.checkpoint.atomic import check_writable, write_atomic
from nn_model.checkpoint.source import PathLike
from nn_model.formats.border import MAX_BYTES, MAX_PARAMETERS, building, check_count, naming, put
from nn_model.formats.nn_rs_tables import lines, make_folder, read_pairs, tables_of
from nn_model.formats.structure import Part, check_kinds, check_link, flat, misfit, split_link
from nn_model.network import NN
from nn_optim import Nadam

__all__ = ["ACTIVATIONS", "read", "write"]

HOLDER = "nn-rs holds Dense, one activation, ..., Dense"
OWN = (ReLU, LeakyReLU, ELU, SELU)
ACTIVATIONS: dict[str, Propagate] = {
    "elu": ELU(),
    "relu": ReLU(),
    "leaky-relu": LeakyReLU(),
    "selu": SELU(),
    "sigmoid": Sigmoid(),
    "tanh": Tanh(),
}
"""What may stand between the layers, by the names of `nn convert --activation`."""


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
        What stands between the dense layers; `None`: `ELU()`, with a warning if there is more than one layer.
    max_bytes, max_parameters
        Refuse a table that may need more memory, and larger networks.

    Raises
    ------
    CheckpointError
        Files that are missing, are no such tables, or do not fit each other.

    Warns
    -----
    UserWarning
        The activation is assumed, since neither the files nor the caller name it.

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
    pairs = read_pairs(folder, max_bytes)
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
    if activation is None and len(pairs) > 1:
        warnings.warn(f"{folder}: {ASSUMED}", UserWarning, stacklevel=2)
    return nn


ASSUMED = (
    "nn-rs' files do not name the activation between the layers; ELU() is assumed; name it with "
    f"{__name__}.read(path, activation=...) or nn convert --activation"
)


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
        dense, activation = _checked(nn)
        tables = list(tables_of(dense))
    make_folder(folder, len(dense))
    for name, _ in tables:
        check_writable(folder / name)
    for name, table in tables:
        write_atomic(folder / name, partial(_put_lines, name, table))
    if activation not in (None, ELU()):
        names = [name for name, known in ACTIVATIONS.items() if known == activation]
        told = f"activation={activation!r}" + "".join(f", or nn convert --activation {name}" for name in names)
        warnings.warn(f"{folder}: nn-rs' files do not name the activation; read it with {told}", stacklevel=2)


def _put_lines(name: str, table: Array, file: BinaryIO) -> None:
    file.writelines(lines(name, table))


def _checked(nn: NN) -> tuple[list[Part], Propagate | None]:
    """Give the dense layers and what stands between them; refuse a network of another structure."""
    parts, link = split_link(nn)
    parts = flat(parts, HOLDER)
    dense, activations = parts[::2], parts[1::2]
    check_kinds(dense, [Dense] * max(1, len(dense)), HOLDER)
    for part in activations:
        if type(part.layer) not in OWN:
            raise misfit(HOLDER, part, "nn-rs has ReLU, LeakyReLU, ELU and SELU")
        if part.layer != activations[0].layer:
            raise misfit(HOLDER, part, f"all must be {activations[0].layer!r}, since the files name none")
    if len(parts) % 2 == 0:
        raise misfit(HOLDER, parts[-1], "the last layer must be Dense")
    check_link(nn, link, "softmax", HOLDER)
    return dense, activations[0].layer if activations else None
