"""ONNX's own tests of its operators, through an `onnx.backend` adapter: what is read computes what ONNX says.

The tests give weights as inputs of the graph; the adapter puts them into it. `node_tests.txt` is the table of this
version of onnx: passed, or refused with the reason. Every run writes its own table into pytest's cache.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from onnx.backend.base import Backend, BackendRep

from nn_loss import MSE
from nn_model import NN
from nn_model.errors import OnnxError
from nn_model.formats.onnx import read

NAMED = [
    "Add",
    "AveragePool",
    "BatchNormalization",
    "Cast",
    "Constant",
    "Conv",
    "Dropout",
    "Elu",
    "Flatten",
    "Gelu",
    "Gemm",
    "GlobalAveragePool",
    "Identity",
    "LayerNormalization",
    "LeakyRelu",
    "MatMul",
    "MaxPool",
    "Relu",
    "Reshape",
    "Selu",
    "Sigmoid",
    "Softmax",
    "Tanh",
]
"""The operators that the import is for."""
NEIGHBOURS = [
    "Attention",
    "Celu",
    "Clip",
    "Concat",
    "ConvTranspose",
    "DepthToSpace",
    "Div",
    "Erf",
    "Exp",
    "Expand",
    "Gather",
    "GlobalMaxPool",
    "GroupNormalization",
    "HardSigmoid",
    "HardSwish",
    "InstanceNormalization",
    "Log",
    "LogSoftmax",
    "LpNormalization",
    "LpPool",
    "LRN",
    "Max",
    "Mean",
    "MeanVarianceNormalization",
    "Min",
    "Mish",
    "Mul",
    "Neg",
    "PRelu",
    "Pad",
    "Pow",
    "RMSNormalization",
    "Reciprocal",
    "ReduceMax",
    "ReduceMean",
    "ReduceSum",
    "RotaryEmbedding",
    "Shrink",
    "Slice",
    "Softplus",
    "Softsign",
    "SpaceToDepth",
    "Split",
    "Sqrt",
    "Squeeze",
    "Sub",
    "Sum",
    "Swish",
    "ThresholdedRelu",
    "Tile",
    "Transpose",
    "Unsqueeze",
    "Where",
]
TABLE = Path(__file__).with_name("node_tests.txt")
COULD = {
    "transA": "rows are the first axis",
    "rows": "a network treats every row by itself",
    "images": "layers work on images, of two axes",
    "reshaped": "no layer gives rows another shape but Flatten and Patches",
    "windows": "windows and padding that no layer has",
    "mode": "training",
    "matrix": "layers have one matrix of weights",
    "type": "numbers other than float and double",
    "axis": "layers work over the last axis",
    "bias": "a layer has one bias for all rows",
}
REASONS = {
    "rows": ["over all rows", "mean over rows", "axis 0 of numbers", "depend on the number of rows"],
    "images": ["layers work on images"],
    "reshaped": ["in an order that no layer gives", "only reshapes its input"],
    "windows": ["ceil_mode", "differs from side to side", "is more than half of its windows", "its windows have gaps"],
    "mode": ["evaluation mode"],
    "transA": ["transA"],
    "matrix": ["must be a matrix"],
    "type": ["to ONNX's type"],
    "axis": ["a layer over the last one", "leaves nothing", "must have rows"],
    "bias": ["differs from row to row"],
}
"""Why a named operator may be refused, and the words that say so."""


class Rep(BackendRep):
    """A network that was read."""

    def __init__(self, nn: NN) -> None:
        self.nn = nn

    def run(self, inputs: Sequence[Any], **_: Any) -> tuple[Any, ...]:
        """Give what it computes."""
        return (self.nn.core.inference.scores(np.asarray(inputs[0])),)


class NNBackend(Backend):
    """Runs models by reading them."""

    @classmethod
    def prepare(cls, model: Any, device: str = "CPU", **_: Any) -> Rep:
        """Read a model; its output is the first, whatever it is for."""
        assert device == "CPU"
        assert model is not None
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "the model's input")  # rows would have to be transposed
            options = {"loss": MSE(), "task": "regression", "output": model.graph.output[0].name}
            return Rep(read(model.SerializeToString(), **options))

    @classmethod
    def supports_device(cls, device: str) -> bool:
        """Say that there is a processor."""
        return device == "CPU"


def with_weights(model: Any, inputs: Sequence[Any]) -> Any:
    """Put all inputs but the first into the graph."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    for value, array in zip([*made.graph.input][1:], inputs[1:], strict=True):
        made.graph.initializer.append(numpy_helper.from_array(np.asarray(array), value.name))
        made.graph.input.remove(value)
    return made


def cases() -> list[Any]:
    """List the tests of float32 of these operators, not those of their definitions by other operators."""
    from onnx.backend.test.loader import load_model_tests  # noqa: PLC0415  # it makes all tests, which takes seconds

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = load_model_tests(kind="node")
    models: list[Any] = [case for case in found if case.model is not None]
    return [case for case in models if len(case.model.graph.node) == 1 and wanted(case)]


def wanted(case: Any) -> bool:
    inputs, outputs = case.data_sets[0]
    node = case.model.graph.node[0]
    ends = [*inputs[:1], *outputs[:1]]
    arrays = len(ends) == 2 and all(isinstance(end, np.ndarray) and end.dtype == np.float32 for end in ends)
    lists = any(isinstance(value, list) or value is None for value in inputs)
    return node.domain == "" and node.op_type in (*NAMED, *NEIGHBOURS) and arrays and not lists


def result(case: Any) -> str:
    """Run one test: `passed`, `FAILED` with the difference, or the reason for which it was refused."""
    inputs, outputs = case.data_sets[0]
    try:
        rep = NNBackend.prepare(with_weights(case.model, inputs))
    except OnnxError as error:
        of_node = str(error).partition("; known are")[0].partition("): ")[2]
        return f"refused: {of_node or error}"
    (found,) = rep.run(inputs[:1])
    if found.shape != outputs[0].shape:
        return f"FAILED: shape {found.shape} in the place of {outputs[0].shape}"
    gap = float(np.abs(found - outputs[0]).max(initial=0))
    return "passed" if np.allclose(found, outputs[0], rtol=case.rtol, atol=case.atol) else f"FAILED by {gap:g}"


@pytest.fixture(scope="module")
def table() -> dict[tuple[str, str], str]:
    """Give the result of every test, by operator and name."""
    found = {(case.model.graph.node[0].op_type, case.name): result(case) for case in cases()}
    return dict(sorted(found.items()))


def written(table: dict[tuple[str, str], str]) -> str:
    counts = {word: sum(said.startswith(word) for said in table.values()) for word in ("passed", "refused", "FAILED")}
    lines = [f"onnx {onnx.__version__}: {', '.join(f'{count} {word}' for word, count in counts.items())}", ""]
    return "\n".join([*lines, *(f"{op:26} {name:66} {said}" for (op, name), said in table.items()), ""])


def test_none_fails_and_the_table_is_written(table: dict[tuple[str, str], str], pytestconfig: pytest.Config) -> None:
    text = written(table)
    if pytestconfig.cache is not None:
        (pytestconfig.cache.mkdir("onnx-node-tests") / "table.txt").write_text(text)
    assert not [line for line in text.splitlines() if "FAILED by" in line or "FAILED: " in line]
    assert sum(said == "passed" for said in table.values()) > 80
    kept = TABLE.read_text()
    if kept.startswith(f"onnx {onnx.__version__}:"):
        assert text == kept


@pytest.mark.parametrize("op", NAMED)
def test_named_operators_pass_unless_no_layer_can_express_them(table: dict[tuple[str, str], str], op: str) -> None:
    assert set(REASONS) == set(COULD)
    reasons = [words for listed in REASONS.values() for words in listed]
    of_op = {name: said for (kind, name), said in table.items() if kind == op}
    for name, said in of_op.items():
        assert said == "passed" or any(words in said for words in reasons), name
    assert "passed" in of_op.values() or op in ("Cast", "Constant"), "these two have no test that comes of an input"
