"""Files that somebody or something has changed: a network, or one OnnxError; nothing else, and never in silence."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nn_layers import (
    GELU,
    BatchNorm,
    Conv2D,
    Dense,
    Flatten,
    LayerNorm,
    MaxPool2D,
    MeanTokens,
    Patches,
    PositionalEncoding,
    Propagate,
    ReLU,
    Residual,
    SelfAttention,
    Standardize,
)
from nn_loss import BinaryCrossEntropy, CrossEntropy, Loss
from nn_model import NN
from nn_model.errors import OnnxError
from nn_model.formats.onnx import read
from nn_model.formats.onnx.export.model import make_model
from nn_optim import SGD

PARTS: list[tuple[list[Propagate], Loss, tuple[int, ...], int]] = [
    ([Standardize(), Dense(2, 3), GELU(), Dense(3, 1)], BinaryCrossEntropy(), (2,), 17),
    (
        [Conv2D(1, 2, 3, padding="same"), BatchNorm(), ReLU(), MaxPool2D(2), Flatten(), Dense(None, 3)],
        CrossEntropy(),
        (1, 6, 6),
        17,
    ),
    (
        [
            Patches(2),
            Dense(4, 4),
            PositionalEncoding(),
            Residual([SelfAttention(4, 2)]),
            LayerNorm(),
            MeanTokens(),
            Dense(None, 3),
        ],
        CrossEntropy(),
        (1, 4, 4),
        13,
    ),
]
FILES: list[bytes] = [
    make_model(NN(layers, loss, SGD(), input_shape=shape), opset, None).SerializeToString()
    for layers, loss, shape, opset in PARTS
]
THOUSANDS = settings(
    max_examples=1_500,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
pytestmark = pytest.mark.filterwarnings("ignore:the file says that the output", "ignore:the model's input")


def is_read(data: bytes) -> NN | None:
    """Read a file; `None` if it was refused in one line."""
    try:
        return read(data)
    except OnnxError as error:
        said = str(error)
    assert "\n" not in said
    return None


@st.composite
def changed_bytes(draw: st.DrawFn) -> bytes:
    """Draw a file with some bytes changed, removed, put in, or repeated."""
    data = bytearray(draw(st.sampled_from(FILES)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data) - 1))
        match draw(st.sampled_from(["flip", "set", "cut", "put", "repeat"])):
            case "flip":
                data[place] ^= 1 << draw(st.integers(0, 7))
            case "set":
                data[place] = draw(st.integers(0, 255))
            case "cut":
                del data[place : place + draw(st.integers(1, 9))]
            case "put":
                data[place:place] = draw(st.binary(min_size=1, max_size=6))
            case "repeat":
                other = draw(st.integers(0, len(data) - 1))
                data[place:place] = data[other : other + draw(st.integers(1, 40))]
        data = data or bytearray(1)
    return bytes(data)


@THOUSANDS
@given(changed_bytes())
def test_changed_bytes(data: bytes) -> None:
    is_read(data)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    assert is_read(data) is None


NUMBERS = [0, 1, -1, 2, 3, 4, 5, 6, 7, 11, 13, 16, 100, 1000, 10**6, 10**9, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63)]
FLOATS = [0.0, 1.0, -1.0, 0.5, 1e38, -1e-45, 1e-30, float("nan"), float("inf")]
WORDS = [b"", b"SAME_LOWER", b"SAME_UPPER", b"VALID", b"none", b"tanh", b"\xff"]
OPERATORS = [
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Neg",
    "Pow",
    "Sqrt",
    "Exp",
    "Erf",
    "Max",
    "Min",
    "Clip",
    "Relu",
    "LeakyRelu",
    "PRelu",
    "Elu",
    "Selu",
    "Gelu",
    "Sigmoid",
    "Tanh",
    "Softmax",
    "Dropout",
    "Conv",
    "Gemm",
    "MatMul",
    "MaxPool",
    "AveragePool",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Pad",
    "Transpose",
    "Reshape",
    "Flatten",
    "Gather",
    "Concat",
    "Split",
    "Slice",
    "Squeeze",
    "Unsqueeze",
    "ReduceMean",
    "Cast",
    "Shape",
    "Identity",
    "BatchNormalization",
    "LayerNormalization",
    "Expand",
    "ConstantOfShape",
    "Where",
    "Mod",
    "If",
    "Loop",
    "Scan",
    "Foo",
    "Softplus",
]


def places(message: Any) -> list[tuple[Any, Any]]:
    """List every field of a message that is set, those of messages inside it too."""
    found = []
    for field, value in message.ListFields():
        if field.message_type is None:
            found.append((message, field))
            continue
        repeated = not hasattr(value, "ListFields")
        found += [place for inner in (value if repeated else [value]) for place in places(inner)]
        found += [(message, field)] if repeated else []
    return found


@st.composite
def values(draw: st.DrawFn, field: Any, names: list[str]) -> Any:
    """Draw a value that a field can hold, and should not."""
    if field.name == "op_type":
        return draw(st.sampled_from(OPERATORS))
    if field.enum_type is not None:
        return draw(st.sampled_from(sorted(field.enum_type.values_by_number)))
    if field.type == field.TYPE_BYTES:
        return draw(st.sampled_from(WORDS))
    if field.type == field.TYPE_STRING:
        return draw(st.sampled_from(names))
    number = draw(st.sampled_from(FLOATS if field.cpp_type in (5, 6) else NUMBERS))
    return number if field.cpp_type != 1 else int(np.clip(number, -(2**31), 2**31 - 1))


@st.composite
def changed_models(draw: st.DrawFn) -> Any:
    """Draw a model with fields of other values, and messages missing, twice, or in others' places."""
    model = onnx.ModelProto.FromString(draw(st.sampled_from(FILES)))
    names = ["", "x", "axis", "axes", "ai.onnx.ml"]
    names += [name for node in model.graph.node for name in (*node.input, *node.output)]
    for _ in range(draw(st.integers(1, 3))):
        message, field = draw(st.sampled_from(places(model)))
        value = getattr(message, field.name)
        if isinstance(value, int | float | str | bytes):
            changed = draw(values(field, names))
            setattr(message, field.name, abs(changed) if field.cpp_type in (3, 4) else changed)
            continue
        place = draw(st.integers(0, len(value) - 1))
        if field.message_type is None:
            changed = draw(values(field, names))
            value[place] = abs(changed) if field.cpp_type in (3, 4) else changed
        elif draw(st.booleans()):
            del value[place]
        else:
            other = type(value[place])()
            other.CopyFrom(value[draw(st.integers(0, len(value) - 1))])
            value[place].CopyFrom(other) if draw(st.booleans()) else value.append(other)
    return model


def run(model: Any) -> Callable[[Any], Any] | None:
    """Load a model into onnxruntime, which must not improve it; `None` if it refuses it."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 4, 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception:  # noqa: BLE001  # its errors have no class in common
        return None

    def call(x: Any) -> Any:
        try:
            return session.run(None, {session.get_inputs()[0].name: x})[0]
        except Exception:  # noqa: BLE001  # likewise
            return None

    return call


@THOUSANDS
@given(changed_models())
def test_changed_models_are_refused_or_say_what_onnxruntime_says(model: Any) -> None:
    try:
        data = model.SerializeToString()
    except ValueError:  # half a name
        return
    nn = is_read(data)
    call = None if nn is None else run(model)
    sizes = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim] if len(model.graph.input) else []
    if nn is None or call is None or len(model.graph.output) != 1 or nn.theta.dtype != np.float32:
        return
    rows = min(sizes[0] or 3, 100)
    x = np.random.default_rng(0).standard_normal((rows, *sizes[1:])).astype(np.float32)
    wanted = call(x)
    if wanted is None or not np.isfinite(wanted).all() or np.abs(nn.theta).max(initial=0) > 1e6:
        return
    given = x.reshape(rows, *nn.core.layout.input_shape)
    found = [nn.core.inference.scores(given)]
    if nn.loss.link is not None:
        shares = nn.predict_proba(given)
        found += [shares, shares[:, 1:]]
    assert any(y.shape == wanted.shape and np.allclose(y, wanted, rtol=1e-3, atol=1e-4) for y in found)
