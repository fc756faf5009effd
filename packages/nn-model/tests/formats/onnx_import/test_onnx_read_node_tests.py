"""ONNX's own tests of its operators, through an `onnx.backend` adapter: what is read computes what ONNX says.

The tests give weights as inputs of the graph; the adapter puts them into it. Operators that ONNX defines by others are
there in both ways: `..._expanded` is the definition. `node_tests.txt` is the table of this
version of onnx: passed, or refused with the reason. Every run writes its own table into pytest's cache.
"""

import re
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
EXPANDED = [*NAMED, "Clip", "PRelu"]
"""The operators whose definitions by others are run too."""
TABLE = Path(__file__).with_name("node_tests.txt")
REFUSED: dict[str, list[str]] = {
    "A constant that differs from row to row: a layer has one bias.": [
        "test_add",
        "test_gemm_default_matrix_bias",
    ],
    "Inputs of one and of three axes: layers work on images.": [
        "test_averagepool_1d_default",
        "test_averagepool_3d_default",
        "test_averagepool_3d_dilations_large_count_include_pad_is_0_ceil_mode_is_False",
        "test_averagepool_3d_dilations_large_count_include_pad_is_0_ceil_mode_is_True",
        "test_averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_False",
        "test_averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_True",
        "test_averagepool_3d_dilations_small",
        "test_maxpool_1d_default",
        "test_maxpool_3d_default",
        "test_maxpool_3d_dilations",
        "test_maxpool_3d_dilations_use_ref_impl",
        "test_maxpool_3d_dilations_use_ref_impl_large",
    ],
    "dilations: pooling layers have windows without gaps.": [
        "test_averagepool_2d_dilations",
        "test_maxpool_2d_dilations",
    ],
    "pads of 2 for windows of 3: pooling layers have at most half a window, as PyTorch's.": [
        "test_averagepool_2d_pads",
        "test_averagepool_2d_pads_count_include_pad",
        "test_maxpool_2d_pads",
    ],
    "auto_pad SAME_LOWER with an odd padding: layers have the larger half behind.": [
        "test_averagepool_2d_same_lower",
        "test_maxpool_2d_same_lower",
    ],
    "training_mode: its output depends on the other rows, or on chance.": [
        "test_batchnorm_epsilon_training_mode",
        "test_batchnorm_example_training_mode",
        "test_training_dropout",
        "test_training_dropout_default",
        "test_training_dropout_default_mask",
        "test_training_dropout_mask",
    ],
    "transA: rows are the first axis.": [
        "test_gemm_all_attributes",
        "test_gemm_transposeA",
    ],
    "axis: Flatten puts rows together, or apart.": [
        "test_flatten_axis0",
        "test_flatten_axis2",
        "test_flatten_axis3",
        "test_flatten_negative_axis1",
        "test_flatten_negative_axis2",
        "test_flatten_negative_axis4",
    ],
    "axis 0: over all rows.": [
        "test_layer_normalization_2d_axis0",
        "test_layer_normalization_2d_axis_negative_2",
        "test_layer_normalization_3d_axis0_epsilon",
        "test_layer_normalization_3d_axis_negative_3_epsilon",
        "test_layer_normalization_4d_axis0",
        "test_layer_normalization_4d_axis_negative_4",
        "test_softmax_axis_0",
    ],
    "axis: over more axes than the last one.": [
        "test_layer_normalization_3d_axis1_epsilon",
        "test_layer_normalization_3d_axis_negative_2_epsilon",
        "test_layer_normalization_4d_axis1",
        "test_layer_normalization_4d_axis2",
        "test_layer_normalization_4d_axis_negative_2",
        "test_layer_normalization_4d_axis_negative_3",
    ],
    "axis: over another axis than the last one.": [
        "test_softmax_axis_1",
    ],
    "A stack of matrices, or a vector, as B: a layer has one matrix of weights.": [
        "test_matmul_1d_3d",
        "test_matmul_3d",
        "test_matmul_4d",
        "test_matmul_4d_1d",
        "test_matmul_bcast",
    ],
    "shape: rows of another shape, which only Flatten and Patches give, or none at all.": [
        "test_reshape_allowzero_reordered",
        "test_reshape_extended_dims",
        "test_reshape_negative_dim",
        "test_reshape_negative_extended_dims",
        "test_reshape_one_dim",
        "test_reshape_reordered_all_dims",
        "test_reshape_reordered_last_dims",
        "test_reshape_zero_and_negative_dim",
        "test_reshape_zero_dim",
    ],
}
"""Tests of the named operators that no layer can pass, by the attribute, or input, that none expresses."""


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
    """List the tests of float32 of these operators."""
    from onnx.backend.test.loader import load_model_tests  # noqa: PLC0415  # it makes all tests, which takes seconds

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = load_model_tests(kind="node")
    return [case for case in found if case.model is not None and wanted(case)]


def op_of(case: Any) -> str:
    """Give the operator that a test is for; in its definition names begin with it."""
    nodes = case.model.graph.node
    return str(nodes[0].op_type if len(nodes) == 1 else nodes[0].output[0].partition("_test_")[0])


def wanted(case: Any) -> bool:
    inputs, outputs = case.data_sets[0]
    nodes = case.model.graph.node
    ends = [*inputs[:1], *outputs[:1]]
    arrays = len(ends) == 2 and all(isinstance(end, np.ndarray) and end.dtype == np.float32 for end in ends)
    lists = any(isinstance(value, list) or value is None for value in inputs)
    known = (*NAMED, *NEIGHBOURS) if len(nodes) == 1 else EXPANDED if "_expanded" in case.name else ()
    return nodes[0].domain == "" and op_of(case) in known and arrays and not lists


def result(case: Any) -> str:
    """Run one test: `passed`, `FAILED` with the difference, or the reason for which it was refused."""
    inputs, outputs = case.data_sets[0]
    try:
        rep = NNBackend.prepare(with_weights(case.model, inputs))
    except OnnxError as error:
        said = re.fullmatch(r"node .* \((\w+)\): (.*)", str(error))
        if said is None:
            return f"refused: {error}"
        node = "" if said[1] == op_of(case) else f"{said[1]}: "
        return f"refused: {node}{said[2]}"
    (found,) = rep.run(inputs[:1])
    if found.shape != outputs[0].shape:
        return f"FAILED: shape {found.shape} in the place of {outputs[0].shape}"
    gap = float(np.abs(found - outputs[0]).max(initial=0))
    return "passed" if np.allclose(found, outputs[0], rtol=case.rtol, atol=case.atol) else f"FAILED by {gap:g}"


@pytest.fixture(scope="module")
def table() -> dict[tuple[str, str], str]:
    """Give the result of every test, by operator and name."""
    found = {(op_of(case), case.name): result(case) for case in cases()}
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
    assert sum(said == "passed" for said in table.values()) > 120
    kept = TABLE.read_text()
    if kept.startswith(f"onnx {onnx.__version__}:"):
        assert text == kept


@pytest.mark.parametrize("op", NAMED)
def test_named_operators_pass_unless_no_layer_can_express_them(table: dict[tuple[str, str], str], op: str) -> None:
    listed = {name for names in REFUSED.values() for name in names}
    of_op = {name: said for (kind, name), said in table.items() if kind == op}
    for name, said in of_op.items():
        assert (said == "passed") == (name.partition("_expanded")[0] not in listed), f"{name}: {said}"
    assert "passed" in of_op.values() or op in ("Cast", "Constant"), "these two have no test that comes of an input"


def test_what_is_listed_as_refused_is_there(table: dict[tuple[str, str], str]) -> None:
    listed = [name for names in REFUSED.values() for name in names]
    assert len(set(listed)) == len(listed)
    if TABLE.read_text().startswith(f"onnx {onnx.__version__}:"):
        assert set(listed) <= {name for op, name in table if op in NAMED}
