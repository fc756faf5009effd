r"""RustNet's `model.json`: dense layers with ReLU and a sigmoid at the end, in float64.

One line without spaces. The top level is a list, a layer an item; activations are not named.

| path             | type                                | meaning                                  |
|------------------|-------------------------------------|------------------------------------------|
| `[i].weights`    | `[[in, out], [in * out numbers]]`   | W, row by row, as in x W + b             |
| `[i].biases`     | `[[1, out], [out numbers]]`         | b                                        |

The network is `NN([Dense, ReLU, ..., Dense, Sigmoid], BinaryCrossEntropy(), SGD(0.001), dtype="float64")`, which clips
its gradient at 1 / outputs: the updates are RustNet's. Weights and biases alone are kept; rate and steps are not.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import prod
from typing import Any

from nn_layers import Dense, Propagate, ReLU, Sigmoid, Uniform
from nn_loss import BinaryCrossEntropy
from nn_model.arrays import Array
from nn_model.checkpoint.atomic import write_atomic
from nn_model.checkpoint.json_scan import Span
from nn_model.checkpoint.source import PathLike
from nn_model.errors import CheckpointError
from nn_model.formats.border import MAX_PARAMETERS, building, check_count, naming, put, reading
from nn_model.formats.json_text import MAX_BYTES, Json, numbers
from nn_model.formats.structure import check_kinds, check_link, flat, split_link
from nn_model.network import NN
from nn_optim import SGD, ClipValue

__all__ = ["matrix_text", "network", "read", "write"]

HOLDER = "RustNet's model.json holds Dense, ReLU, ..., Dense and a sigmoid"
MAX_LAYERS = 1_000
ARRAYS = ("weights", "biases")


def network(sizes: Sequence[int], rate: Any, seed: int) -> NN:
    """Make RustNet's network: from `sizes[0]` inputs to `sizes[-1]` outputs."""
    layers: list[Propagate] = []
    for size, following in pairwise(sizes):
        layers += [Dense(size, following, Uniform(-0.5, 0.5)), ReLU()]
    layers[-1] = Sigmoid()
    clip = ClipValue(1.0 / sizes[-1])
    return NN(layers, BinaryCrossEntropy(), SGD(rate), seed=seed, clip=clip, dtype="float64")


def read(path: PathLike, *, max_bytes: int = MAX_BYTES, max_parameters: int = MAX_PARAMETERS) -> NN:
    """Read RustNet's `model.json`.

    Parameters
    ----------
    path
        The file.
    max_bytes, max_parameters
        Refuse larger files and networks.

    Raises
    ------
    CheckpointError
        Anything wrong with the file.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "model.json").write_text('[{"weights":[[2,1],[1.5,-0.5]],"biases":[[1,1],[0.25]]}]')
    ...     nn = read(Path(folder, "model.json"))
    >>> nn.layers, nn.predict_proba([[1.0, 3.5]]).tolist()
    ((Dense(2, 1, init=Uniform()), Sigmoid()), [[0.5, 0.5]])
    """
    with reading(path, max_bytes) as source:
        json = Json(source)
        places = json.list(json.all, "the file", MAX_LAYERS)
        if not places:
            raise CheckpointError("the list must hold at least one layer; found none")
        found = [_layer(json, place, f"[{i}]") for i, place in enumerate(places)]
        sizes = [found[0][0][0][0], *(shape[1] for (shape, _), _ in found)]
        for i, (size, ((shape, _), _)) in enumerate(zip(sizes, found, strict=False)):
            if shape[0] != size:
                raise CheckpointError(f"[{i}].weights must take the {size} numbers of the layer before; found {shape}")
        check_count(sum(prod(shape) for pair in found for shape, _ in pair), max_parameters)
        with building():
            nn = network(sizes, 0.001, 0)
        views = iter(nn.weights().values())
        for i, matrices in enumerate(found):
            for key, (shape, span) in zip(ARRAYS, matrices, strict=True):
                view, name = next(views), f"[{i}].{key}"
                put(view, json.numbers(span, shape, name, "float64").reshape(view.shape), name)
        return nn


Matrix = tuple[tuple[int, ...], Span]


def _layer(json: Json, place: Span, name: str) -> tuple[Matrix, Matrix]:
    """Find weights and biases, which must fit each other."""
    spans = json.object(place, name, ARRAYS, needs=ARRAYS)
    w, b = (json.matrix_at(spans[key], f"{name}.{key}") for key in ARRAYS)
    if b[0] != (1, w[0][1]):
        raise CheckpointError(f"{name}.biases must have the shape {(1, w[0][1])}; found {b[0]}")
    return w, b


def write(nn: NN, path: PathLike) -> None:
    """Write a network as RustNet's `model.json`, whole or not at all.

    Parameters
    ----------
    nn
        Dense layers with `ReLU` between them, and a sigmoid at the end, be it a layer or the loss's.
    path
        The file; one that is there is replaced.

    Raises
    ------
    CheckpointError
        A network of another structure, or a path that cannot be written.
    """
    with naming(path):
        parts, link = split_link(nn)
        parts = flat(parts, HOLDER)
        check_kinds(parts, ([Dense, ReLU] * (len(parts) // 2 + 1))[:-1], HOLDER)
        check_link(nn, link, "sigmoid", HOLDER)
    pairs = [(part.arrays["w"], part.arrays["b"]) for part in parts[::2]]
    write_atomic(path, lambda file: file.writelines(piece.encode() for piece in _pieces(pairs)))


def _pieces(pairs: Sequence[tuple[Array, Array]]) -> Iterator[str]:
    for i, (w, b) in enumerate(pairs):
        yield ("," if i else "[") + '{"weights":'
        yield from matrix_text(w)
        yield ',"biases":'
        yield from matrix_text(b.reshape(1, -1))
        yield "}"
    yield "]"


def matrix_text(matrix: Array) -> Iterator[str]:
    """Write a matrix as RustNet does."""
    yield f"[[{matrix.shape[0]},{matrix.shape[1]}],["
    for i, row in enumerate(matrix):
        yield ("," if i else "") + ",".join(numbers(row.astype("float64")))
    yield "]]"
