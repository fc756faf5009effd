r"""RustNet CNN's model as JSON: one filter, ReLU, max-pooling, a dense layer and a sigmoid, in float64.

RustNet CNN was published as a description without a program. It says that models are JSON by serde, with RustNet's own
text for matrices, `[[rows, columns], [numbers, row by row]]`; the names of the fields are ours.

| path             | type                                | meaning                                              |
|------------------|-------------------------------------|------------------------------------------------------|
| `input_shape`    | `[height, width]`                   | pixels of an image, which has one channel            |
| `conv.filter`    | `[[f, f], [f * f numbers]]`         | the filter, row by row; not turned around            |
| `conv.bias`      | `[[1, 1], [number]]`                |                                                      |
| `conv.stride`    | whole number                        | pixels from one window to the next; no padding       |
| `pool.size`      | whole number                        | side of a pooling window                             |
| `pool.stride`    | whole number                        | windows that do not fit whole are left out           |
| `dense.weights`  | `[[n, out], [n * out numbers]]`     | W, row by row; n = pooled height * pooled width      |
| `dense.biases`   | `[[1, out], [out numbers]]`         | b                                                    |

The network is `NN([Conv2D, ReLU, MaxPool2D, Flatten, Dense, Sigmoid], MSE(), SGD(0.001), clip=ClipValue(1.0))`.
"""

from collections.abc import Iterator
from typing import Any

from nn_layers import Conv2D, Dense, Flatten, MaxPool2D, Propagate, ReLU, Sigmoid, Uniform
from nn_layers.layers.sliding import pair
from nn_layers.protocol import Shape
from nn_loss import MSE
from nn_model.checkpoint.atomic import write_atomic
from nn_model.checkpoint.source import PathLike
from nn_model.errors import CheckpointError
from nn_model.formats.border import MAX_PARAMETERS, building, check_count, naming, put, reading
from nn_model.formats.json_text import MAX_BYTES, Json
from nn_model.formats.rustnet import matrix_text
from nn_model.formats.structure import Part, check_kinds, check_link, misfit, split_link
from nn_model.network import NN
from nn_optim import SGD, ClipValue

__all__ = ["INIT", "KEYS", "network", "read", "write"]

HOLDER = "RustNet CNN holds Conv2D(1, 1, f), ReLU, MaxPool2D, Flatten, Dense and a sigmoid"
KEYS = ("input_shape", "conv", "pool", "dense")
INIT = Uniform(-0.5, 0.5)


def network(shape: Shape, convolution: Conv2D, pooling: MaxPool2D, outputs: int, rate: Any, seed: int) -> NN:
    """Make RustNet CNN's network for images of this shape, `(1, height, width)`."""
    layers: list[Propagate] = [convolution, ReLU(), pooling, Flatten(), Dense(None, outputs, INIT), Sigmoid()]
    return NN(layers, MSE(), SGD(rate), seed=seed, input_shape=shape, clip=ClipValue(1.0), dtype="float64")


def read(path: PathLike, *, max_bytes: int = MAX_BYTES, max_parameters: int = MAX_PARAMETERS) -> NN:
    """Read RustNet CNN's model.

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
    """
    with reading(path, max_bytes) as source:
        json = Json(source)
        top = json.object(json.all, "the file", KEYS, needs=KEYS)
        conv = json.object(top["conv"], "conv", ("filter",), needs=("filter", "bias", "stride"))
        pool = json.object(top["pool"], "pool", (), needs=("size", "stride"))
        dense = json.object(top["dense"], "dense", ("weights", "biases"), needs=("weights", "biases"))
        kernel, bias = json.matrix(conv["filter"], "conv.filter"), json.matrix(conv["bias"], "conv.bias")
        w, b = json.matrix(dense["weights"], "dense.weights"), json.matrix(dense["biases"], "dense.biases")
        if kernel.shape[0] != kernel.shape[1]:
            raise CheckpointError(f"conv.filter must be a square; found {kernel.shape}")
        if bias.shape != (1, 1) or b.shape != (1, w.shape[1]):
            raise CheckpointError(
                f"biases must have the shapes (1, 1) and {(1, w.shape[1])}; found {bias.shape}, {b.shape}"
            )
        convolution = Conv2D(1, 1, len(kernel), json.size(conv["stride"], "conv.stride"), init=INIT)
        pooling = MaxPool2D(json.size(pool["size"], "pool.size"), json.size(pool["stride"], "pool.stride"))
        shape = (1, *json.sizes(top["input_shape"], "input_shape", 2))
        check_count(kernel.size + w.size + w.shape[1] + 1, max_parameters)
        with building():
            nn = network(shape, convolution, pooling, w.shape[1], 0.001, 0)
        views = nn.weights().values()
        arrays = {"conv.filter": kernel[None, None], "conv.bias": bias[0], "dense.weights": w, "dense.biases": b[0]}
        for view, (name, array) in zip(views, arrays.items(), strict=True):
            put(view, array, name)
        return nn


def write(nn: NN, path: PathLike) -> None:
    """Write a network as RustNet CNN's model, whole or not at all.

    Parameters
    ----------
    nn
        One square filter without padding, `ReLU`, square max-pooling without padding, `Flatten`, `Dense`, a sigmoid.
    path
        The file; one that is there is replaced.

    Raises
    ------
    CheckpointError
        A network of another structure, or a path that cannot be written.
    """
    with naming(path):
        parts, link = split_link(nn)
        check_kinds(parts, (Conv2D, ReLU, MaxPool2D, Flatten, Dense), HOLDER)
        check_link(nn, link, "sigmoid", HOLDER)
        pieces = list(_pieces(parts, _sides(parts[0]), _sides(parts[2])))
    write_atomic(path, lambda file: file.writelines(piece.encode() for piece in pieces))


def _sides(part: Part) -> tuple[int, int]:
    """Give the side of a square window and its stride; refuse what the file has no place for."""
    layer = part.layer
    assert isinstance(layer, Conv2D | MaxPool2D)  # noqa: S101  # for the type checker: it was looked at
    kernel, stride = pair(layer.kernel), pair(layer.kernel if layer.stride is None else layer.stride)
    if isinstance(layer, Conv2D) and (
        (layer.in_channels, layer.out_channels, layer.dilation, layer.bias) != (1, 1, 1, True)
    ):
        raise misfit(HOLDER, part, "it must have one filter for one channel, a bias, and no dilation")
    if kernel[0] != kernel[1] or stride[0] != stride[1] or layer.padding not in (0, (0, 0)):
        raise misfit(HOLDER, part, "windows and strides must be squares, without padding")
    return kernel[0], stride[0]


def _pieces(parts: list[Part], conv: tuple[int, int], pool: tuple[int, int]) -> Iterator[str]:
    _, height, width = parts[0].in_shape
    kernel, dense = parts[0].arrays, parts[4].arrays
    yield f'{{"input_shape":[{height},{width}],"conv":{{"filter":'
    yield from matrix_text(kernel["w"][0, 0])
    yield ',"bias":'
    yield from matrix_text(kernel["b"].reshape(1, 1))
    yield f',"stride":{conv[1]}}},"pool":{{"size":{pool[0]},"stride":{pool[1]}}},"dense":{{"weights":'
    yield from matrix_text(dense["w"])
    yield ',"biases":'
    yield from matrix_text(dense["b"].reshape(1, -1))
    yield "}}"
