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

from math import prod

from nn_layers import Softmax
from nn_layers.protocol import Shape
from nn_loss import MSE, CrossEntropy
from nn_model.checkpoint.atomic import write_atomic
from nn_model.checkpoint.source import PathLike
from nn_model.errors import CheckpointError
from nn_model.formats.border import MAX_PARAMETERS, building, check_count, naming, put, reading
from nn_model.formats.json_text import MAX_BYTES, Json
from nn_model.formats.rsnet_checks import HOLDER, check
from nn_model.formats.rsnet_kinds import MAX_LAYERS, layers_in, nd
from nn_model.formats.rsnet_shape import input_shape_for
from nn_model.formats.rsnet_text import pieces
from nn_model.formats.structure import REMEDY, check_link, split_link
from nn_model.network import NN
from nn_optim import Adam

__all__ = ["read", "write"]


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
        layers, arrays = layers_in(json, json.list(top["layers"], "layers", MAX_LAYERS))
        check_count(sum(prod(shape) for *_, shape in arrays), max_parameters)
        with building():
            loss = CrossEntropy() if layers and isinstance(layers[-1], Softmax) else MSE()
            nn = NN(layers, loss, Adam(), input_shape=input_shape or input_shape_for(layers))
        for view, (name, span, shape) in zip(nn.weights().values(), arrays, strict=True):
            put(view, nd(json, span, name, shape).reshape(view.shape), name)
        return nn


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
            check(part)
        written = pieces(parts, softmax=link is not None)
    write_atomic(path, lambda file: file.writelines(piece.encode() for piece in written()))
