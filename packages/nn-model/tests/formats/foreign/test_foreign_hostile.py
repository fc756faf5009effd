"""Files that lie, are cut off, or are something else: one clear error each, and memory that the file's size bounds."""

import json
import shutil
import struct
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nn_model import NN, load
from nn_model.errors import CheckpointError, OnnxError
from nn_model.formats import nn_rs, rsnet, rust_nn, rustnet, rustnet_cnn

MB = 2**20
READERS: dict[str, Callable[[Path], NN]] = {
    "rustnet": rustnet.read,
    "one": rustnet.read,
    "rustnet-cnn": rustnet_cnn.read,
    "rsnet": rsnet.read,
    "caches": rsnet.read,
    "mlp64": rust_nn.read,
    "cnn": rust_nn.read,
    "attention": rust_nn.read,
}
TEXTS = ("rustnet", "rustnet-cnn", "rsnet")


def refused(read: Callable[[Path], NN], path: Path) -> str:
    with pytest.raises(CheckpointError) as fault:
        read(path)
    said = str(fault.value)
    assert said.startswith(f"{path}")
    assert "\n" not in said
    assert len(said) < 700
    return said


@pytest.mark.parametrize("name", READERS)
def test_a_truncated_file(build: Any, tmp_path: Path, name: str) -> None:
    built = build(name)
    path = tmp_path / built.name
    size = len(built.content)
    for length in (*range(0, size, size // 10 or 1), size - 1):
        path.write_bytes(built.content[:length])
        refused(READERS[name], path)
        refused(load, path)


def edited(build: Any, tmp_path: Path, name: str, edit: Callable[[Any], Any]) -> Path:
    built = build(name)
    data = json.loads(built.content)
    changed = edit(data)
    path = tmp_path / str(built.name)
    path.write_text(json.dumps(data if changed is None else changed))
    return path


def put(*keys: Any) -> Callable[[Any], Callable[[Any], None]]:
    """Give what makes an edit that puts a value at this place."""

    def with_value(value: Any) -> Callable[[Any], None]:
        def edit(data: Any) -> None:
            for key in keys[:-1]:
                data = data[key]
            data[keys[-1]] = value

        return edit

    return with_value


def drop(*keys: Any) -> Callable[[Any], None]:
    """Give an edit that takes away what is at this place."""

    def edit(data: Any) -> None:
        for key in keys[:-1]:
            data = data[key]
        del data[keys[-1]]

    return edit


W, B = (0, "weights"), (0, "biases")
CONV, FC = ("layers", 0, "Conv"), ("layers", 7, "FC")
EDITS: list[tuple[str, Callable[[Any], Any], str]] = [
    ("rustnet", lambda _: [], "at least one layer; found none"),
    ("rustnet", lambda _: {"layers": 1}, r"\[ expected in line 1|must have"),
    ("rustnet", lambda _: 3, r"\[ expected"),
    ("rustnet", put(1)([]), r"\[1\] is not valid JSON: \{ expected"),
    ("rustnet", drop(0, "biases"), r"\[0\] must have weights, biases; biases is missing"),
    ("rustnet", put(*W)([[3, 5]]), r"\[0\]\.weights must be a shape and a list of numbers; found 1"),
    ("rustnet", put(*W)([[3, 5], [], []]), r"may have at most 2 items"),
    ("rustnet", put(*W, 0)([3]), r"the shape of \[0\]\.weights must be a list of 2 whole numbers; found \[3\]"),
    ("rustnet", put(*W, 0)([3, 5, 1]), "must be a list of 2 whole numbers"),
    ("rustnet", put(*W, 0, 0)(True), r"\[0\] must be a whole number from 1 to 2,147,483,647; found True"),
    ("rustnet", put(*W, 0, 0)(3.0), "must be a whole number"),
    ("rustnet", put(*W, 0, 0)(-3), "must be a whole number"),
    ("rustnet", put(*W, 0, 0)(10**9), r"\[0\]\.weights must hold 5,000,000,000 numbers; found \d+ bytes"),
    ("rustnet", put(*W, 0, 0)(2), "must have the shape|must hold"),
    ("rustnet", put(*W, 1, 3)(None), r"\[0\]\.weights\[3\] must be a number; found None"),
    ("rustnet", put(*W, 1, 3)(False), r"\[0\]\.weights\[3\] must be a number; found False"),
    ("rustnet", put(*W, 1, 3)("1"), r"\[0\]\.weights\[3\] must be a number; found '1'"),
    ("rustnet", put(*W, 1, 3)(float("nan")), r"numbers must be finite .*\[0\]\.weights\[3\] is nan"),
    ("rustnet", put(*W, 1, 3)([1.0]), r"found a list"),
    ("rustnet", put(*B, 0)([5, 1]), r"\[0\]\.biases must have the shape \(1, 5\); found \(5, 1\)"),
    (
        "rustnet",
        drop(1),
        r"\[1\]\.weights must take the 5 numbers of the layer before; found \(4, 2\)",
    ),
    ("rustnet-cnn", drop("pool"), "must have input_shape, conv, pool, dense; pool is missing"),
    ("rustnet-cnn", put("pool", "size")(0), r"pool\.size must be a whole number from 1"),
    ("rustnet-cnn", put("pool", "size")(9), r"its layers make no network: layers\[2\]"),
    ("rustnet-cnn", put("conv", "stride")(True), r"conv\.stride must be a whole number"),
    ("rustnet-cnn", put("conv", "filter", 0)([1, 4]), r"conv\.filter must be a square; found \(1, 4\)"),
    ("rustnet-cnn", put("conv", "bias", 0)([1, 2]), r"conv\.bias.*(hold|shape)"),
    ("rustnet-cnn", put("input_shape")([9, 10]), r"dense\.weights must have the shape \(\d+, 2\); found \(9, 2\)"),
    ("rustnet-cnn", put("input_shape")([2**31, 9]), r"input_shape\[0\] must be a whole number"),
    ("rsnet", lambda _: {"layers": []}, "without an FC nothing says how large the input is"),
    ("rsnet", lambda _: {"layers": {}}, r"layers is not valid JSON: \[ expected"),
    ("rsnet", put("layers", 1)({"Tanh": {}}), r"layers\[1\] must be an object of one of Conv, ReLU,.*found \['Tanh'\]"),
    ("rsnet", put("layers", 1)({"ReLU": {}, "FC": {}}), r"found \['ReLU', 'FC'\]"),
    ("rsnet", put("layers", 1)("ReLU"), r"layers\[1\] is not valid JSON: \{ expected"),
    (
        "rsnet",
        put(*CONV, "stride")(2),
        r"layers\[0\]\.Conv must have a square kernel and stride 1; found \(3, 3\) and 2",
    ),
    ("rsnet", put(*CONV, "kernel_size")([3, 2]), "square kernel"),
    ("rsnet", put(*CONV, "kernel_size")(3), r"kernel_size must be a list of 2 whole numbers; found 3"),
    ("rsnet", put(*CONV, "out_channels")(10**9), r"kernels_mat must hold 18,000,000,000 numbers"),
    ("rsnet", put(*CONV, "in_channels")(1), r"kernels_mat must have the shape \(3, 9\); found \(3, 18\)"),
    ("rsnet", put(*CONV, "kernels_mat", "v")(2), r"kernels_mat\.v must be 1; found 2"),
    ("rsnet", put(*CONV, "kernels_mat", "v")(True), r"kernels_mat\.v must be 1; found True"),
    ("rsnet", put(*CONV, "kernels_mat")(None), r"kernels_mat must hold"),
    ("rsnet", put(*CONV, "b", "data", 1)(1e39), r"numbers must be finite in float32; layers\[0\]\.Conv\.b\[1\]"),
    ("rsnet", put(*FC, "weights", "data")([]), r"layers\[7\]\.FC\.weights must"),
    ("rsnet", put(*FC, "input_size")(7), r"no square image up to 65,536 x 65,536 gives the first FC its 7 numbers"),
    ("rsnet", put("layers", 2, "Pool", "pool_size")([0, 2]), r"pool_size\[0\] must be a whole number"),
    ("rsnet", put("layers", 1)({"Softmax": {}}), r"layers\[1\]\.Softmax must be the last layer; found 7 behind it"),
]


@pytest.mark.parametrize(("name", "edit", "sentence"), EDITS)
def test_a_json_file_with_a_fault(
    build: Any, tmp_path: Path, name: str, edit: Callable[[Any], Any], sentence: str
) -> None:
    path = edited(build, tmp_path, name, edit)
    with pytest.raises(CheckpointError, match=sentence):
        READERS[name](path)
    refused(READERS[name], path)


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"  \n",
        b"null",
        b'"',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\xff\xfe[",
        b"\xef\xbb\xbf[]",
        b"\x80\x04.",
        b"PK\3\4",
    ],
)
def test_something_else_under_its_name(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(content)
    refused(READERS[name], path)
    refused(load, path)


def test_caches_are_stepped_over_and_take_no_memory(build: Any, tmp_path: Path) -> None:
    content = build("rsnet").content
    cache = json.dumps({"v": 1, "dim": [1000, 1400], "data": []}).replace(
        "[]}", "[" + "0.123456,\n     " * 2_000_000 + "0]}"
    )
    path = tmp_path / "a.json"
    path.write_bytes(content.replace(b'"last_input": null', b'"last_input": ' + cache.encode(), 1))
    size = path.stat().st_size / MB
    assert size > 26
    rsnet.read(path)
    tracemalloc.start()
    began = time.process_time()
    rsnet.read(path)
    peak = tracemalloc.get_traced_memory()[1] / MB
    tracemalloc.stop()
    assert peak < 1.2 * size
    assert time.process_time() - began < 5
    path.write_bytes(content.replace(b'"last_input": null', b'"unknown": [[1, "x"]], "last_input": 7', 1))
    assert rsnet.read(path).layers == rsnet.read(build("rsnet").put(tmp_path)).layers


@pytest.mark.parametrize(
    ("head", "size", "sentence"),
    [
        (struct.pack("<3i", 784, 512, 10), 1_628_213, "found 1,628,213 bytes, none of these"),
        (struct.pack("<3i", 2**31 - 1, 2**31 - 1, 2**31 - 1), 1000, "none of these"),
        (struct.pack("<3i", -784, 512, 10), 1_628_212, "none of these"),
        (struct.pack("<5i", 8, 1, 3, 2**31 - 1, 2**31 - 1), 63_108, "none of these"),
        (struct.pack("<5i", 8, 1, 30, 28, 28), 63_108, "none of these"),
        (b"", 0, "found 0 bytes"),
        (b"\0" * 11, 11, "found 11 bytes"),
        (b"\xff" * 20, 135_720, "numbers must be finite; patch W"),
        (struct.pack("<5i", 8, 1, 3, 28, 28), 63_108, r"the fc sizes must be \(1568, 10\), as the file's size says"),
    ],
)
def test_a_binary_file_of_other_sizes(tmp_path: Path, head: bytes, size: int, sentence: str) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(head[:20].ljust(size, b"\xff" if head[:1] == b"\xff" else b"\0")[:size])
    with pytest.raises(CheckpointError, match=sentence):
        rust_nn.read(path)
    refused(load, path)


def test_two_gigabytes_that_are_declared_are_not_taken(tmp_path: Path) -> None:
    sizes = {"input_size": 20_000, "output_size": 25_000, "weights": {}, "bias": {}}
    (tmp_path / "a.bin").write_bytes(struct.pack("<3i", 20_000, 25_000, 10) + bytes(1000))
    (tmp_path / "a.json").write_text('[{"weights":[[20000,25000],[1.0]],"biases":[[1,25000],[0]]}]')
    (tmp_path / "b.json").write_text(json.dumps({"layers": [{"FC": sizes}]}))
    readers: list[tuple[Callable[[Path], NN], str]]
    readers = [(rust_nn.read, "a.bin"), (rustnet.read, "a.json"), (rsnet.read, "b.json")]
    for reader, name in readers:
        tracemalloc.start()
        refused(reader, tmp_path / name)
        peak = tracemalloc.get_traced_memory()[1] / MB
        tracemalloc.stop()
        assert peak < 1, name


def test_a_whole_file_takes_twice_its_size(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    inputs, hidden = 3_000, 1_500
    count = (inputs + 1) * hidden + (hidden + 1) * 10
    rng = np.random.default_rng(0)
    path.write_bytes(struct.pack("<3i", inputs, hidden, 10) + rng.random(count, np.float32).tobytes())
    rust_nn.read(path)
    for reader, each in ((rust_nn.read, path), (rustnet.read, _rustnet(tmp_path, rng))):
        tracemalloc.start()
        reader(each)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2.4 * each.stat().st_size + 5 * MB


def _rustnet(folder: Path, rng: np.random.Generator) -> Path:
    path = folder / "model.json"
    w = rng.standard_normal(500_000).tolist()
    path.write_text(json.dumps([{"weights": [[1000, 500], w], "biases": [[1, 500], [0.0] * 500]}]))
    return path


def test_caps_are_the_callers(build: Any, tmp_path: Path, nn_rs_folder: Path) -> None:
    for name in ("mlp", "rustnet", "rsnet"):
        path = build(name).put(tmp_path)
        with pytest.raises(CheckpointError, match="at most 100 are allowed; pass max_bytes"):
            load(path, max_bytes=100)
        with pytest.raises(CheckpointError, match="numbers and at most 30 are allowed; pass max_parameters"):
            load(path, max_parameters=30)
    with pytest.raises(CheckpointError, match="at most 30 are allowed; pass max_parameters"):
        load(nn_rs_folder, max_parameters=30)
    with pytest.raises(CheckpointError, match="over the limit of 10"):
        load(nn_rs_folder, max_bytes=10)


TABLES: list[tuple[str, str | None, str]] = [
    ("w1.csv", None, "w1.csv"),
    ("b2.csv", None, "b2.csv"),
    ("w0.csv", "", "w0.csv: a table needs at least one row"),
    ("w0.csv", "w0_0,w0_1\n", "holds a header only"),
    ("w0.csv", "a,b\n1,2\n", r"w0\.csv: line 1 must be w0_0,w0_1\.\.\.; found a,b"),
    ("w0.csv", "1.0,2.0\n1,2\n", "line 1 must be w0_0"),
    ("b0.csv", "b0\n1\n2\n", r"b0\.csv must have one number for each of the 6 outputs of w0\.csv; found \(2, 1\)"),
    ("b0.csv", "b0,b1\n1,2\n", "line 1 must be b0"),
    ("w1.csv", "w1_0\n1\n", r"(w1|b1)\.csv must have"),
    ("b2.csv", "b2\n1\nnan\n2\n", "b2.csv"),
    ("b2.csv", "b2\n1\n1e999\n2\n", "b2.csv"),
    ("b2.csv", "b2\n1\ntrue\n2\n", "b2.csv"),
    ("b2.csv", "b2\n1\n\n2\n", "b2.csv"),
]


@pytest.mark.parametrize(("name", "text", "sentence"), TABLES)
def test_a_folder_of_nn_rs_with_a_fault(nn_rs_folder: Path, name: str, text: str | None, sentence: str) -> None:
    path = nn_rs_folder / name
    path.unlink()
    if text is not None:
        path.write_text(text)
    with pytest.raises(CheckpointError, match=sentence):
        nn_rs.read(nn_rs_folder)
    refused(nn_rs.read, nn_rs_folder)


def test_layers_of_a_folder_that_do_not_follow_each_other(nn_rs_folder: Path) -> None:
    shutil.copy(nn_rs_folder / "w0.csv", nn_rs_folder / "w1.csv")
    text = (nn_rs_folder / "w1.csv").read_text().replace("w0_", "w1_")
    (nn_rs_folder / "w1.csv").write_text(text)
    (nn_rs_folder / "b1.csv").write_text("\n".join(["b1", *"123456", ""]))
    with pytest.raises(
        CheckpointError, match=r"w1\.csv must have a line for each of the 6 outputs of w0\.csv; found 4"
    ):
        nn_rs.read(nn_rs_folder)
    with pytest.raises(CheckpointError, match=r"there is no w0\.csv"):
        nn_rs.read(nn_rs_folder / "none")


SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)


def both(name: str) -> list[tuple[Any, tuple[type[Exception], ...]]]:
    """Give a format's reader and `load`, to which what begins as an ONNX model is one, with what they may raise."""
    return [(READERS[name], (CheckpointError,)), (load, (CheckpointError, OnnxError))]


@pytest.mark.parametrize("name", ["rustnet", "rustnet-cnn", "rsnet", "mlp64", "cnn", "attention"])
@SLOW
@given(data=st.data())
def test_whatever_happens_to_the_bytes(build: Any, tmp_path: Path, name: str, data: st.DataObject) -> None:
    built = build(name)
    content = bytearray(built.content)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content)))
        length = data.draw(st.sampled_from([0, 1, 1, 2, 7, 40]))
        new = data.draw(st.binary(max_size=8) | st.sampled_from(PIECES))
        content[place : place + length] = new
    path = tmp_path / built.name
    path.write_bytes(content)
    for reader, errors in both(name):
        with suppress(*errors):
            assert np.isfinite(reader(path).theta).all()


PIECES = [
    b"null",
    b"true",
    b"NaN",
    b"-1",
    b"1e999",
    b"[",
    b"]",
    b"{",
    b"}",
    b'"',
    b",",
    b":",
    b"0",
    b"99999999999",
    b"{}",
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    keys = range(min(len(value), 4)) if isinstance(value, list) else value if isinstance(value, dict) else ()
    return [path] * bool(path) + [place for key in keys for place in places(value[key], (*path, key))]


@pytest.mark.parametrize("name", TEXTS)
@SLOW
@given(data=st.data())
def test_whatever_stands_in_the_place_of_a_value(build: Any, tmp_path: Path, name: str, data: st.DataObject) -> None:
    value = json.loads(build(name).content)
    place = data.draw(st.sampled_from(places(value)))
    put(*place)(data.draw(VALUES))(value)
    path = tmp_path / "a.json"
    path.write_text(json.dumps(value))
    for reader, errors in both(name):
        with suppress(*errors):
            assert np.isfinite(reader(path).theta).all()


@SLOW
@given(
    name=st.sampled_from(["w0.csv", "b0.csv", "w2.csv", "b1.csv"]), place=st.integers(0, 60), new=st.binary(max_size=6)
)
@pytest.mark.filterwarnings("ignore:.*do not name the activation:UserWarning")
def test_whatever_happens_to_a_table(nn_rs_folder: Path, name: str, place: int, new: bytes) -> None:
    path = nn_rs_folder / name
    content = path.read_bytes()
    path.write_bytes(content[:place] + new + content[place + 3 :])
    try:
        with suppress(CheckpointError):
            assert np.isfinite(load(nn_rs_folder).theta).all()
    finally:
        path.write_bytes(content)
