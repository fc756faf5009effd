r"""rsnet's checkpoints: JSON in float32, pretty with two spaces: `checkpoint_{step}.json`; its last one ends in `.csv`.

`{"layers": [...]}`, each item an object of one key, the kind of layer, with these fields in this order:

| kind      | fields                                                | caches and gradients, `null` when we write |
|-----------|-------------------------------------------------------|--------------------------------------------|
| `Conv`    | `in_channels`, `out_channels`, `kernel_size` `[k, k]`, | `last_input`, `k_grad`, `b_grad`          |
|           | `stride` 1, `kernels_mat` `(out, in k k)`, `b` `(out)` |                                           |
| `ReLU`    |                                                       | `last_input`                               |
| `Pool`    | `pool_size` `[k, k]`, also the stride                 | `last_input_max_mask`                      |
| `Flatten` |                                                       | `last_input`                               |
| `FC`      | `input_size`, `output_size`, `weights` `(in, out)`,   | `last_input`, `w_grad`, `b_grad`           |
|           | `bias` `(out)`                                        |                                            |
| `Softmax` |                                                       | `last_output`                              |

An array is `{"v": 1, "dim": [...], "data": [...]}`, row by row. rsnet writes caches and gradients too (28 MB for 925
parameters), needs none of them, and takes `null`. They are stepped over when a file is read, as are unknown fields.

`kernels_mat` is our `Conv2D` weights `(out, in, k, k)` in two axes; `weights` are ours. The file does not say how large
images are: the square is found that gives the first `FC` its input. The network has `CrossEntropy()` if it ends in
`Softmax`, else `MSE()`, and `Adam()`.
"""

from collections.abc import Callable, Iterator, Sequence
from math import prod

from nn_layers import Conv2D, Dense, Flatten, He, MaxPool2D, Propagate, ReLU, Softmax
from nn_layers.layers.sliding import pair
from nn_layers.protocol import Shape
from nn_loss import MSE, CrossEntropy
from nn_model.arrays import Array
from nn_model.checkpoint.atomic import write_atomic
from nn_model.checkpoint.json_scan import Span
from nn_model.checkpoint.source import PathLike
from nn_model.checkpoint.strict_json import cut
from nn_model.errors import CheckpointError
from nn_model.formats.border import MAX_PARAMETERS, building, check_count, naming, put, reading
from nn_model.formats.json_text import MAX_BYTES, Json
from nn_model.formats.rsnet_text import FLAT, pieces
from nn_model.formats.structure import REMEDY, Part, check_link, misfit, split_link
from nn_model.network import NN
from nn_optim import Adam

__all__ = ["read", "write"]

HOLDER = "rsnet holds Conv2D, ReLU, MaxPool2D, Flatten, Dense and a last Softmax"
INIT = He("uniform")
MAX_LAYERS = 1_000
MAX_SIDE = 65_536
LARGE = {"kernels_mat", "b", "weights", "bias", "last_input", "last_input_max_mask", "last_output"}
LARGE |= {"k_grad", "w_grad", "b_grad"}
Arrays = list[tuple[str, Span, tuple[int, ...]]]
"""Of every array of the file: its name, its place, and the shape that it must have."""


def read(
    path: PathLike,
    *,
    input_shape: Shape | None = None,
    max_bytes: int = MAX_BYTES,
    max_parameters: int = MAX_PARAMETERS,
) -> NN:
    """Read rsnet's checkpoint.

    Parameters
    ----------
    path
        The file.
    input_shape
        Of a row, `(channels, height, width)`; `None`: as the first `FC` says, for square images.
    max_bytes, max_parameters
        Refuse larger files, by default than 128 MiB, and larger networks.

    Raises
    ------
    CheckpointError
        Anything wrong with the file.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> fc = '{"FC":{"input_size":1,"output_size":2,"weights":{"v":1,"dim":[1,2],"data":[1,-1]},'
    >>> fc += '"bias":{"v":1,"dim":[2],"data":[0,0]}}}'
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.json").write_text(f'{{"layers":[{fc},{{"Softmax":{{"last_output":null}}}}]}}')
    ...     nn = read(Path(folder, "a.json"))
    >>> nn.layers, nn.predict([[3.0], [-3.0]]).tolist()
    ((Dense(1, 2, init=He(distribution='uniform')), Softmax()), [0, 1])
    """
    with reading(path, max_bytes) as source:
        json = Json(source)
        top = json.object(json.all, "the file", ("layers",), needs=("layers",))
        layers, arrays = _layers(json, json.list(top["layers"], "layers", MAX_LAYERS))
        check_count(sum(prod(shape) for *_, shape in arrays), max_parameters)
        with building():
            loss = CrossEntropy() if layers and isinstance(layers[-1], Softmax) else MSE()
            nn = NN(layers, loss, Adam(), input_shape=input_shape or _input_shape(layers))
        for view, (name, span, shape) in zip(nn.weights().values(), arrays, strict=True):
            put(view, _nd(json, span, name, shape).reshape(view.shape), name)
        return nn


def _layers(json: Json, spans: Sequence[Span]) -> tuple[list[Propagate], Arrays]:
    """Read what the layers are, and where their arrays stand."""
    layers: list[Propagate] = []
    arrays: Arrays = []
    for i, span in enumerate(spans):
        tagged = json.object(span, f"layers[{i}]", KINDS)
        if len(tagged) != 1 or (kind := next(iter(tagged))) not in KINDS:
            raise CheckpointError(f"layers[{i}] must be an object of one of {', '.join(KINDS)}; found {cut([*tagged])}")
        name = f"layers[{i}].{kind}"
        layer, own = KINDS[kind](json, json.object(tagged[kind], name, LARGE), name)
        if i < len(spans) - 1 and isinstance(layer, Softmax):
            raise CheckpointError(f"{name} must be the last layer; found {len(spans) - 1 - i} behind it")
        layers.append(layer)
        arrays += own
    return layers, arrays


Fields = dict[str, Span]


def _needed(fields: Fields, name: str, *keys: str) -> Iterator[Span]:
    for key in keys:
        if key not in fields:
            raise CheckpointError(f"{name} must have {', '.join(keys)}; {key} is missing")
        yield fields[key]


def _conv(json: Json, fields: Fields, name: str) -> tuple[Propagate, Arrays]:
    keys = ("in_channels", "out_channels", "kernel_size", "stride", "kernels_mat", "b")
    *sizes, kernels, b = _needed(fields, name, *keys)
    inputs, outputs, stride = (json.size(sizes[i], f"{name}.{keys[i]}") for i in (0, 1, 3))
    kernel = json.sizes(sizes[2], f"{name}.kernel_size", 2)
    if kernel[0] != kernel[1] or stride != 1:
        raise CheckpointError(f"{name} must have a square kernel and stride 1; found {kernel} and {stride}")
    shape = (outputs, inputs * kernel[0] ** 2)
    arrays = [(f"{name}.kernels_mat", kernels, shape), (f"{name}.b", b, (outputs,))]
    _check_room(arrays)
    return Conv2D(inputs, outputs, kernel[0], init=INIT), arrays


def _fc(json: Json, fields: Fields, name: str) -> tuple[Propagate, Arrays]:
    first, second, weights, bias = _needed(fields, name, "input_size", "output_size", "weights", "bias")
    inputs, outputs = json.size(first, f"{name}.input_size"), json.size(second, f"{name}.output_size")
    arrays = [(f"{name}.weights", weights, (inputs, outputs)), (f"{name}.bias", bias, (outputs,))]
    _check_room(arrays)
    return Dense(inputs, outputs, INIT), arrays


def _pool(json: Json, fields: Fields, name: str) -> tuple[Propagate, Arrays]:
    (span,) = _needed(fields, name, "pool_size")
    height, width = json.sizes(span, f"{name}.pool_size", 2)
    return MaxPool2D(height if height == width else (height, width)), []


def _check_room(arrays: Arrays) -> None:
    """Refuse sizes that ask for more than the text can hold, before anything is allocated."""
    for name, span, shape in arrays:
        if span.stop - span.start < 2 * prod(shape):
            length = f"{span.stop - span.start:,} bytes of text"
            raise CheckpointError(f"{name} must hold {prod(shape):,} numbers, as {shape}; found {length} for them")


def _plain(make: Callable[[], Propagate]) -> Callable[[Json, Fields, str], tuple[Propagate, Arrays]]:
    return lambda json, fields, name: (make(), [])  # noqa: ARG005  # one signature for all kinds


KINDS: dict[str, Callable[[Json, Fields, str], tuple[Propagate, Arrays]]] = {
    "Conv": _conv,
    "ReLU": _plain(ReLU),
    "Pool": _pool,
    "Flatten": _plain(Flatten),
    "FC": _fc,
    "Softmax": _plain(Softmax),
}


def _nd(json: Json, span: Span, name: str, shape: tuple[int, ...]) -> Array:
    """Read an array as ndarray writes it; its shape must be this."""
    fields = json.object(span, name, ("data",), needs=("v", "dim", "data"))
    if (version := json.value(fields["v"], f"{name}.v")) != 1 or type(version) is not int:
        raise CheckpointError(f"{name}.v must be 1; found {cut(version)}")
    if (found := json.sizes(fields["dim"], f"{name}.dim", len(shape))) != shape:
        raise CheckpointError(f"{name} must have the shape {shape}; found {found}")
    return json.numbers(fields["data"], shape, name, "float32")


def _input_shape(layers: Sequence[Propagate]) -> Shape:
    """Find the input's shape: numbers side by side, or the smallest square image that makes the first `FC`'s input."""
    before = 0
    while before < len(layers) and not isinstance(layers[before], Dense):
        before += 1
    if before == len(layers):
        raise CheckpointError(f"without an FC nothing says how large the input is; pass input_shape to {__name__}.read")
    dense, images = layers[before], [part for part in layers[:before] if isinstance(part, Conv2D | MaxPool2D)]
    assert isinstance(dense, Dense)  # noqa: S101  # for the type checker: it was looked for
    wanted = dense.in_features or 0
    if not images:
        return (wanted,)
    convolutions = [part for part in images if isinstance(part, Conv2D)]
    inputs = (convolutions[0].in_channels or 1) if convolutions else 1
    outputs = convolutions[-1].out_channels if convolutions else 1
    low, high = 1, MAX_SIDE
    while low < high:  # what comes out grows with the side
        middle = (low + high) // 2
        low, high = (middle + 1, high) if outputs * _pixels(images, middle) < wanted else (low, middle)
    if outputs * _pixels(images, low) != wanted:
        raise CheckpointError(
            f"no square image up to {MAX_SIDE:,} x {MAX_SIDE:,} gives the first FC its {wanted:,} numbers; "
            f"pass input_shape to {__name__}.read"
        )
    return (inputs, low, low)


def _pixels(images: Sequence[Conv2D | MaxPool2D], side: int) -> int:
    """Count the pixels of a channel that come out of a square image."""
    height = width = side
    for layer in images:
        down, right = pair(layer.kernel)
        if isinstance(layer, Conv2D):
            height, width = max(height - down + 1, 0), max(width - right + 1, 0)
        else:
            height, width = height // down, width // right
    return height * width


def write(nn: NN, path: PathLike) -> None:
    """Write a network as rsnet's checkpoint, with `null` for caches and gradients, whole or not at all.

    Parameters
    ----------
    nn
        `Conv2D` with square kernels, stride 1, no padding; `ReLU`; `MaxPool2D` whose windows fit whole; `Flatten`;
        `Dense`. Dropout is left out. A softmax of the loss becomes a last `Softmax`.
    path
        The file; one that is there is replaced.

    Raises
    ------
    CheckpointError
        A network of another structure, or a path that cannot be written.
    """
    with naming(path):
        parts, link = split_link(nn)
        if link is not None:
            check_link(nn, link, "softmax", HOLDER)
        elif nn.task == "classification":
            raise CheckpointError(f"{HOLDER}; {nn.loss!r} takes classes without a softmax; {REMEDY}")
        for part in parts:
            _check(part)
        written = pieces(parts, softmax=link is not None)
    write_atomic(path, lambda file: file.writelines(piece.encode() for piece in written()))


def _check(part: Part) -> None:
    """Refuse a layer that rsnet does not have, or not so."""
    match part.layer:
        case Conv2D() as conv:
            _check_conv(conv, part)
        case MaxPool2D() as pool:
            _check_pool(pool, part)
        case Dense() if len(part.in_shape) == 1:
            pass
        case layer if type(layer) not in FLAT:
            raise misfit(HOLDER, part, "rsnet has no such layer")


def _check_conv(conv: Conv2D, part: Part) -> None:
    plain = (pair(conv.stride), pair(conv.dilation), conv.groups, conv.bias) == ((1, 1), (1, 1), 1, True)
    if not plain or len({*pair(conv.kernel)}) > 1 or conv.padding not in (0, (0, 0)):
        raise misfit(HOLDER, part, "its kernel must be square, stride 1, no padding, with a bias, one group")
    if part.in_shape[1] != part.in_shape[2]:
        raise misfit(HOLDER, part, f"images must be square; it gets {part.in_shape}")


def _check_pool(pool: MaxPool2D, part: Part) -> None:
    kernel = pair(pool.kernel)
    if pair(pool.stride or pool.kernel) != kernel or pool.padding not in (0, (0, 0)):
        raise misfit(HOLDER, part, "its stride must be its size, without padding")
    if part.in_shape[1] % kernel[0] or part.in_shape[2] % kernel[1]:
        raise misfit(HOLDER, part, f"its windows must fit whole into {part.in_shape}")
