"""What a model says of itself, which output it has, and what is refused before anything is written."""

import doctest
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import nn_model
from nn_layers import Dense, Dropout, Flatten, Plan, Propagate, ReLU, Residual, Sigmoid, Softmax, Standardize
from nn_layers.protocol import Calls, Frame
from nn_loss import MSE, BinaryCrossEntropy, CrossEntropy, Loss
from nn_model import NN
from nn_model.errors import MissingExtraError, OnnxError
from nn_model.formats import onnx as room
from nn_model.formats.onnx.export import model as making
from nn_model.formats.onnx.export import writing
from nn_optim import SGD

Array = np.ndarray[Any, np.dtype[Any]]


class Own:
    """A layer of one's own."""

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        return Plan(in_shape)

    def forward(self, f: Frame) -> Calls:
        yield np.copyto, f.y, f.x

    def backward(self, f: Frame) -> Calls:
        if f.dx is not None:
            yield np.copyto, f.dx, f.dy

    def __repr__(self) -> str:
        return "Own()"


class OwnReLU(ReLU):
    """A layer that inherits from one of ours: what it computes is its own affair."""


def small(**options: Any) -> NN:
    return NN([Standardize(), Dense(4, 3)], CrossEntropy(), SGD(), **options)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def values(model: Any) -> list[tuple[str, int, list[Any]]]:
    """Give name, type and shape of the model's input and output."""
    return [
        (v.name, v.type.tensor_type.elem_type, [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim])
        for v in (*model.graph.input, *model.graph.output)
    ]


@pytest.mark.parametrize(("dtype", "code"), [("float32", onnx.TensorProto.FLOAT), ("float64", onnx.TensorProto.DOUBLE)])
def test_input_and_output_are_named_and_typed(dtype: str, code: int, tmp_path: Path) -> None:
    nn = NN([Flatten(), Dense(6, 3)], CrossEntropy(), SGD(), input_shape=(1, 2, 3), dtype=dtype)  # type: ignore[arg-type]  # one of the two
    nn.export_onnx(tmp_path / "a.onnx")
    nn.export_onnx(tmp_path / "b.ONNX", probabilities=False)
    shares, scores = (onnx.load(tmp_path / name) for name in ("a.onnx", "b.ONNX"))
    assert values(shares) == [("input", code, ["batch", 1, 2, 3]), ("probabilities", code, ["batch", 3])]
    assert values(scores) == [("input", code, ["batch", 1, 2, 3]), ("scores", code, ["batch", 3])]


@pytest.mark.parametrize("classes", [["a", 'b "°\ud800', "c\n"], [5, 3, 8], None])
def test_metadata(classes: list[Any] | None, tmp_path: Path) -> None:
    small(classes=classes).export_onnx(tmp_path / "a.onnx")
    model = onnx.load(tmp_path / "a.onnx")
    said = {p.key: p.value for p in model.metadata_props}
    assert json.loads(said.pop("classes")) == (classes or [0, 1, 2])
    assert said == {"task": "classification", "loss": "CrossEntropy", "version": nn_model.__version__}
    assert (model.producer_name, model.producer_version) == ("nn-model", nn_model.__version__)
    assert (model.ir_version, model.opset_import[0].version) == (8, 17)


def test_regression_has_no_classes_and_gives_scores(compare: Callable[..., Any]) -> None:
    model = compare(NN([Dense(4, 2)], MSE(), SGD()))
    said = {p.key: p.value for p in model.metadata_props}
    assert said == {"task": "regression", "loss": "MSE", "version": nn_model.__version__}
    assert values(model)[1][0] == "scores"


ENDS: list[tuple[list[Propagate], Loss, dict[str, Any], str, list[str]]] = [
    ([], CrossEntropy(), {}, "probabilities", ["Gemm", "Softmax"]),
    ([Softmax()], CrossEntropy(), {}, "probabilities", ["Gemm", "Softmax"]),
    ([Softmax(), Flatten()], CrossEntropy(), {}, "probabilities", ["Gemm", "Flatten", "Softmax"]),
    ([], BinaryCrossEntropy(), {}, "probabilities", ["Gemm", "Sigmoid"]),
    ([Sigmoid()], MSE(), {"task": "classification"}, "probabilities", ["Gemm", "Sigmoid"]),
    ([Softmax()], MSE(), {"task": "classification"}, "probabilities", ["Gemm", "Softmax"]),
    ([], MSE(), {"task": "classification"}, "scores", ["Gemm"]),
    ([Softmax()], MSE(), {}, "scores", ["Gemm", "Softmax"]),
]


@pytest.mark.parametrize(("end", "loss", "options", "output", "nodes"), ENDS)
def test_probabilities_wherever_the_network_has_them(
    end: list[Propagate],
    loss: Loss,
    options: dict[str, Any],
    output: str,
    nodes: list[str],
    network: Callable[..., NN],
    compare: Callable[..., Any],
) -> None:
    nn = network([Dense(4, 3), *end], (4,), loss, **options)
    model = compare(nn)
    assert model.graph.output[0].name == output
    assert [node.op_type for node in model.graph.node] == nodes
    assert compare(nn, probabilities=False).graph.output[0].name == "scores"
    if output == "probabilities":
        assert compare(nn, probabilities=True) == model
    else:
        with pytest.raises(OnnxError, match=r"gives no probabilities .* export its scores: probabilities=False"):
            compare(nn, probabilities=True)


@pytest.mark.parametrize(
    ("end", "loss", "options"),
    [
        ([], BinaryCrossEntropy(), {}),
        ([Sigmoid()], BinaryCrossEntropy(), {}),
        ([Sigmoid()], MSE(), {"task": "classification"}),
    ],
)
@pytest.mark.parametrize("check", ["compare", "exact"])
def test_one_score_becomes_two_columns(
    end: list[Propagate],
    loss: Loss,
    options: dict[str, Any],
    check: str,
    network: Callable[..., NN],
    request: pytest.FixtureRequest,
) -> None:
    dtype = "float32" if check == "compare" else "float64"
    model = request.getfixturevalue(check)(network([Dense(4, 1), *end], (4,), loss, dtype=dtype, **options))
    assert values(model)[1][2] == ["batch", 2]
    assert [node.op_type for node in model.graph.node] == ["Gemm", "Sigmoid", "Sub", "Concat"]


def test_a_class_for_every_token(network: Callable[..., NN], compare: Callable[..., Any]) -> None:
    assert values(compare(network([Dense(4, 3)], (5, 4))))[1][2] == ["batch", 5, 3]


def test_a_network_that_changes_nothing_has_one_node(network: Callable[..., NN], compare: Callable[..., Any]) -> None:
    model = compare(network([Dropout(0.5), Dropout(0.1)], (3,), MSE()))
    assert [node.op_type for node in model.graph.node] == ["Identity"]


def test_the_same_network_gives_the_same_bytes(tmp_path: Path) -> None:
    nn = small()
    for name in ("a.onnx", "b.onnx"):
        nn.export_onnx(tmp_path / name)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()
    assert (tmp_path / "a.onnx").stat().st_size < 1000 + nn.theta.nbytes


def test_training_goes_on_and_the_model_stays(compare: Callable[..., Any]) -> None:
    nn = small()
    model = compare(nn)
    before = model.SerializeToString(deterministic=True)
    nn.theta[...] = 1.0
    assert model.SerializeToString(deterministic=True) == before


@pytest.mark.parametrize(
    ("layers", "named"),
    [
        ([Dense(2, 2), Own()], r"layers\[1\]: Own\(\) has no form in ONNX"),
        ([Residual([ReLU(), Residual([Own()])]), Dense(2, 2)], r"layers\[0\]\[1\]\[0\]: Own\(\)"),
        ([OwnReLU(), Dense(2, 2)], r"layers\[0\]: OwnReLU\(\) has no form in ONNX"),
    ],
)
def test_an_own_layer_is_refused_before_anything_is_written(
    layers: list[Propagate], named: str, tmp_path: Path
) -> None:
    nn = NN(layers, CrossEntropy(), SGD(), input_shape=(2,))
    (tmp_path / "a.onnx").write_bytes(b"old")
    with pytest.raises(OnnxError, match=named):
        nn.export_onnx(tmp_path / "a.onnx")
    with pytest.raises(OnnxError, match=r"put one of them in its place, or keep the network as .safetensors or .json$"):
        nn.export_onnx(tmp_path / "b.onnx")
    assert names(tmp_path) == ["a.onnx"]
    assert (tmp_path / "a.onnx").read_bytes() == b"old"


@pytest.mark.parametrize("opset", [12, 27, 0, 999, -1, 17.0, True, "17", None])
def test_other_opsets_are_refused(opset: Any, tmp_path: Path) -> None:
    with pytest.raises(OnnxError, match=r"^opset must be a whole number from 13 to 26; got "):
        small().export_onnx(tmp_path / "a.onnx", opset=opset)
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["model", "model.json", "model.safetensors", "onnx", ".onnx"])
def test_another_suffix_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(OnnxError, match=r"the suffix says what a file is; got '.*'; name an ONNX model .onnx"):
        small().export_onnx(tmp_path / name)
    assert names(tmp_path) == []


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "folder.onnx").mkdir()
    for path, reason in (
        (tmp_path / "none" / "a.onnx", "the folder .* does not exist; make it first"),
        (tmp_path / "folder.onnx", "this is a folder; name a file in it"),
        (tmp_path / "a\0.onnx", "not a possible path"),
    ):
        with pytest.raises(OnnxError, match=reason):
            small().export_onnx(path)
    with pytest.raises(OnnxError, match=r"/dev/full\.onnx|cannot be written|does not exist"):
        small().export_onnx("/proc/self/a.onnx")


def test_a_model_replaces_another_whole(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(b"old")
    small().export_onnx(str(tmp_path / "a.onnx"))
    onnx.checker.check_model(tmp_path / "a.onnx", full_check=True)
    assert [name for name in names(tmp_path) if not name.endswith(".lock")] == ["a.onnx"]


@pytest.mark.parametrize("name", ["layers.1.w", "layers.0.mean"])
def test_numbers_that_are_not_finite_are_refused(name: str, tmp_path: Path) -> None:
    nn = small()
    nn.weights()[name].reshape(-1)[0] = np.nan
    with pytest.raises(OnnxError, match=rf"a\.onnx: {name} holds numbers that are NaN or infinite"):
        nn.export_onnx(tmp_path / "a.onnx")


def test_more_than_a_message_can_hold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "MAX_BYTES", 91)  # 15 parameters and 8 numbers of state
    with pytest.raises(OnnxError, match=r"less than 2 GiB, and these arrays take 92 bytes; use .safetensors"):
        small().export_onnx(tmp_path / "a.onnx")
    monkeypatch.setattr(making, "MAX_BYTES", 92)
    small().export_onnx(tmp_path / "a.onnx")
    assert (tmp_path / "a.onnx").is_file()


def test_without_onnx_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "onnx"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r"run: pip install nn-model\[onnx\]$"):
        small().export_onnx(tmp_path / "a.onnx")


def test_an_onnx_that_is_older_than_the_opset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx.defs, "onnx_opset_version", lambda: 22)
    with pytest.raises(OnnxError, match="knows opsets up to 22; got 24; upgrade onnx, or take 17"):
        small().export_onnx(tmp_path / "a.onnx", opset=24)


def test_the_room_from_outside() -> None:
    assert "write" in dir(room)
    assert room.write is writing.write
    assert doctest.testmod(writing).attempted > 5
    with pytest.raises(AttributeError, match="has no attribute 'keras'"):
        room.keras  # noqa: B018  # the access is the test
