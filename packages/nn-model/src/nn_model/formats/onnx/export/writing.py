"""`nn_model.formats.onnx.write`: a network as an ONNX file."""

from pathlib import Path
from typing import TYPE_CHECKING

from nn_model.disk.atomic import check_target, write_whole
from nn_model.disk.lock import claim
from nn_model.disk.opening import PathLike
from nn_model.errors import OnnxError
from nn_model.extras import need
from nn_model.formats.onnx.export.model import make_model

if TYPE_CHECKING:
    from nn_model.network import NN

__all__ = ["OPSETS", "write"]

OPSETS = range(13, 27)


def write(nn: "NN", path: PathLike, *, opset: int = 17, probabilities: bool | None = None) -> None:
    """Write a network as an ONNX model, which onnxruntime and many other programs run; whole or not at all.

    Parameters
    ----------
    nn
        The network, of layers of nn_layers.
    path
        Ends in `.onnx`.
    opset
        The version of ONNX's operators, 13 to 26. The file's own version (IR) is the lowest that has it: 8 for 17.
    probabilities
        Whether the output is what `predict_proba` gives, or the scores before softmax or sigmoid (of regression, what
        `predict` gives). Left out: probabilities wherever the network has them.

    Raises
    ------
    OnnxError
        A layer without a form in ONNX, a path that cannot be written, numbers that are not finite, or an argument out
        of its range. A file that was there stays as it was.
    MissingExtraError
        onnx is not installed.

    Notes
    -----
    The input is called `input`, `("batch", *input_shape)`, any number of raw rows: `Standardize` is in the model. The
    output is called `probabilities` or `scores`. Both are of the network's dtype. Parameters have the names and shapes
    that `nn.weights()` gives. The model's metadata hold `task`, `loss` (its class's name), `classes` (a list in JSON)
    and `version`. What is written has passed onnx's checker with its full checks.

    onnxruntime's numbers are ours but for rounding. Where its operators compute otherwise, in float32:

    * Its sigmoid is right to 2e-7 of 1, and 0 on the far left where ours is still a small number. So are its ELU, SELU
      and GELU near 0, where ours keep all digits.
    * LayerNorm, be it the operator or before opset 17 its formula, does not mend the rounding of the mean: of tokens
      whose mean is a thousand times their deviation 3e-5 to 7e-5 is lost; ours loses nothing.
    * Its MaxPool overlooks NaN, where ours hands it on; a network makes one only of numbers that overflow. Which of
      several equal pixels is the largest does not matter without a gradient.
    * `padding="same"` and odd paddings are written out in numbers; nothing is left to a runtime.

    ONNX keeps attributes (epsilon, alpha) in float32. In float64 networks LeakyReLU, ELU, SELU, GELU and LayerNorm are
    therefore written as formulas, and what BatchNorm's epsilon loses is added to its variance. onnxruntime has no Conv,
    AveragePool, GlobalAveragePool and Erf (exact GELU) for float64 on processors and refuses such models.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import onnx
    >>> from nn_layers import Dense, ReLU, Standardize
    >>> from nn_loss import CrossEntropy
    >>> from nn_model import NN
    >>> from nn_optim import Adam
    >>> nn = NN([Standardize(), Dense(4, 8), ReLU(), Dense(8, 3)], CrossEntropy(), Adam())
    >>> with TemporaryDirectory() as folder:
    ...     write(nn, f"{folder}/iris.onnx")
    ...     model = onnx.load(f"{folder}/iris.onnx")
    >>> [node.op_type for node in model.graph.node]
    ['Sub', 'Div', 'Gemm', 'Relu', 'Gemm', 'Softmax']
    >>> model.graph.input[0].name, model.graph.output[0].name
    ('input', 'probabilities')
    """
    target = Path(path)
    if target.suffix.lower() != ".onnx":
        raise OnnxError(f"{target}: the suffix says what a file is; got {target.suffix!r}; name an ONNX model .onnx")
    _check_opset(opset)
    try:
        model = make_model(nn, opset, probabilities)
    except OnnxError as error:
        raise OnnxError(f"{target}: {error}") from None
    content = model.SerializeToString(deterministic=True)
    check_target(target, OnnxError)  # before a lock file appears beside it
    with claim(target):
        write_whole(target, lambda file: file.write(content), OnnxError)


def _check_opset(opset: int) -> None:
    if type(opset) is not int or opset not in OPSETS:
        raise OnnxError(f"opset must be a whole number from {OPSETS[0]} to {OPSETS[-1]}; got {opset!r}")
    known = need("onnx.defs", "onnx").onnx_opset_version()
    if opset > known:
        raise OnnxError(f"the onnx that is installed knows opsets up to {known}; got {opset}; upgrade onnx, or take 17")
