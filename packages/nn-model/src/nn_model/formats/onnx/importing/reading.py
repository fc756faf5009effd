"""`nn_model.formats.onnx.read`: an ONNX model as a network."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nn_layers import ShapeError
from nn_loss import Loss
from nn_model.checkpoint.places import MAX_PARAMETERS
from nn_model.checkpoint.strict_json import cut_text
from nn_model.disk.opening import PathLike, open_regular
from nn_model.errors import OnnxError, PartError
from nn_model.formats.onnx.importing.ending import Asked
from nn_model.formats.onnx.importing.graph import Graph
from nn_model.formats.onnx.importing.network import make_network
from nn_model.formats.onnx.importing.parse import parse
from nn_model.train.arguments import check_whole
from nn_optim import Optimizer

if TYPE_CHECKING:
    from nn_model.network import NN

__all__ = ["read"]

MAX_BYTES = 2**31 - 1
"""The largest message of Protocol Buffers."""
MAX_MESSAGE = 560
Bytes = bytes | bytearray | memoryview


def read(
    source: PathLike | Bytes,
    *,
    loss: Loss | None = None,
    optimizer: Optimizer | None = None,
    task: Literal["classification", "regression"] | None = None,
    classes: Sequence[Any] | None = None,
    input_shape: Sequence[int] | None = None,
    output: str | None = None,
    seed: int = 0,
    max_bytes: int | None = None,
    max_parameters: int = MAX_PARAMETERS,
) -> "NN":
    """Make a network of an ONNX model: it predicts the same, and can be trained on.

    Parameters
    ----------
    source
        A file, or the bytes of one. Only it is read: weights in other files are refused, which PyTorch writes unless it
        is told `torch.onnx.export(..., external_data=False)`.
    loss, task, classes
        As `NN` takes them. Left out, the model says: what `write` noted in it; classes of scikit-learn's converter;
        else a last Softmax means CrossEntropy, a last Sigmoid BinaryCrossEntropy, and everything else MSE.
    optimizer
        For further training; left out, `Adam()`.
    input_shape
        The shape of one row, for a model that leaves sizes other than the number of rows open.
    output
        The name of the output, for a model that has several of float numbers.
    seed
        Of further training.
    max_bytes, max_parameters
        The largest file that is read, by default 2 GiB, and the most numbers that its network may have, by default
        250 million: several layers may read the same ones. What working a graph out may take follows from the file's
        size.

    Returns
    -------
    NN
        Of float64 if the model's weights are double, else of float32.

    Raises
    ------
    OnnxError
        A file that cannot be read, is damaged or hostile; a node that no layer expresses, with its name, operator, and
        the reason; parts that do not go together.
    MissingExtraError
        onnx is not installed.

    Warns
    -----
    UserWarning
        The network takes its input in another shape than the model, or its axes in another order (channels first
        instead of last), or the model declares another size of its output than it gives (rsnet's do).

    Notes
    -----
    Sequential graphs, and additions `x + f(x)`, as PyTorch's two exporters, tf2onnx (Keras), skl2onnx, rsnet and
    `write` make them. Operators that only move numbers (Reshape, Transpose, Slice, Gather) are followed number by
    number, and arithmetic is multiplied out, so that formulas of GELU, layer normalisation, attention,
    standardisation and so on are found however they are written. What only stands behind the probabilities (labels,
    ZipMap) is left out. Weights of a padding that differs from side to side are widened by zeros.

    Examples
    --------
    >>> import numpy as np
    >>> from onnx import helper, numpy_helper
    >>> w = numpy_helper.from_array(np.array([[1.0, -1.0]], "float32"), "w")
    >>> nodes = [helper.make_node("MatMul", ["x", "w"], ["h"]), helper.make_node("Softmax", ["h"], ["y"])]
    >>> ends = [helper.make_tensor_value_info(name, 1, ["batch", n]) for name, n in (("x", 1), ("y", 2))]
    >>> graph = helper.make_graph(nodes, "example", ends[:1], ends[1:], [w])
    >>> model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    >>> nn = read(model.SerializeToString())
    >>> nn.layers, nn.loss
    ((Dense(1, 2), Softmax()), CrossEntropy())
    >>> nn.predict_proba([[0.0]]).tolist()
    [[0.5, 0.5]]
    """
    for cap, value in (("max_bytes", max_bytes), ("max_parameters", max_parameters)):
        if value is not None:
            check_whole(cap, value)
    limit = MAX_BYTES if max_bytes is None else min(max_bytes, MAX_BYTES)
    name = "" if isinstance(source, Bytes) else f"{Path(source)}: "
    asked = Asked(loss, optimizer, task, classes, input_shape, output, seed, max_parameters)
    try:
        return make_network(_parsed(source, limit), asked)
    except (OnnxError, ShapeError, PartError) as error:
        raise OnnxError(f"{name}{_line(str(error))}") from None


def _parsed(source: PathLike | Bytes, limit: int) -> Graph:
    return parse(_bytes(source, limit) if isinstance(source, Bytes) else _content(Path(source), limit))


def _bytes(source: Bytes, limit: int) -> bytes:
    _check_size(memoryview(source).nbytes, limit)
    return bytes(source)


def _content(path: Path, limit: int) -> bytes:
    """Read a file whole: a regular one, and of a size that was looked at first."""
    try:
        file, size = open_regular(path, "an ONNX model", OnnxError, links=False)
        with file:
            _check_size(size, limit)
            data = file.read(size)
    except OnnxError:
        raise
    except OSError as error:
        raise OnnxError(f"the file cannot be read: {error.strerror or error}; check the path") from None
    except ValueError as error:
        raise OnnxError(f"not a possible path ({error}); name an existing file") from None
    if data is None or len(data) != size:
        raise OnnxError("the file ended early: it is truncated or being written")
    return data


def _line(text: str) -> str:
    """Make one line of a message that may quote a file: of printable letters, and no more than fit a screen."""
    printable = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
    return cut_text(printable, MAX_MESSAGE)


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise OnnxError(f"the model has {size:,} bytes and at most {limit:,} are allowed; pass max_bytes to allow more")
