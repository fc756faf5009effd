"""Safetensors files that are wrong in one way: refused before the data, in one sentence."""

import json
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_model.checkpoint import Snapshot, read, write
from nn_model.errors import CheckpointError, ShapeError

Edit = Callable[[dict[str, Any]], object]


def entry(name: str, key: str, value: Any) -> Edit:
    return lambda header: header[name].__setitem__(key, value)


def shift(name: str, start: int, stop: int) -> Edit:
    def edit(header: dict[str, Any]) -> None:
        offsets = header[name]["data_offsets"]
        header[name]["data_offsets"] = [offsets[0] + start, offsets[1] + stop]

    return edit


def meta(key: str, value: Any) -> Edit:
    return lambda header: header["__metadata__"].__setitem__(key, value)


def inner(key: str, edit: Callable[[Any], object]) -> Edit:
    """Change the JSON inside the metadata."""

    def change(header: dict[str, Any]) -> None:
        data = json.loads(header["__metadata__"][key])
        edit(data)
        header["__metadata__"][key] = json.dumps(data)

    return change


W, B = "layers.1.w", "layers.1.b"
ONES = [("zero first", "01"), ("full width", "\uff11"), ("sign", "+1"), ("space", " 1"), ("line", "1\n"), ("bare", "")]
EDITS: list[tuple[str, Edit, type[ValueError], str]] = [
    ("58 shape", entry(W, "shape", [4, 3]), ShapeError, r"layers\.1\.w must have the shape \(3, 4\); found \(4, 3\)"),
    ("58 flat", entry(W, "shape", [12]), ShapeError, r"must have the shape \(3, 4\); found \(12,\)"),
    (
        "59 missing",
        lambda h: h.update({"layers.9.w": h.pop(W)}),
        CheckpointError,
        r"the network has no array layers\.9\.w",
    ),
    ("59 lost", lambda h: h.pop(W), CheckpointError, r"leaves a hole before it|take .* bytes and the file has"),
    (
        "64 chain",
        inner("spec", lambda s: s["layers"][4].update(in_features=5)),
        ShapeError,
        r"layers\[4\]: Dense\(5, 2\) got rows of 4",
    ),
    (
        "65 size",
        inner("spec", lambda s: s["layers"][4].update(out_features=10**12)),
        CheckpointError,
        r"at most 250,000,000 are allowed",
    ),
    (
        "66 newer",
        meta("format", "9"),
        CheckpointError,
        r"written by format 9, and this nn_model reads up to format 1; upgrade",
    ),
    ("67 older", meta("format", "0"), CheckpointError, r"at least 1; found 0"),
    ("68 missing", lambda h: h["__metadata__"].pop("format"), CheckpointError, r"no format version: not a checkpoint"),
    ("68 no metadata", lambda h: h.pop("__metadata__"), CheckpointError, r"no format version: not a checkpoint"),
    ("68 negative", meta("format", "-1"), CheckpointError, r"at least 1; found '-1'"),
    ("68 text", meta("format", "one"), CheckpointError, r"at least 1; found 'one'"),
    ("68 foreign", meta("format", "pt"), CheckpointError, r"at least 1; found 'pt'"),
    ("68 float", meta("format", "1.0"), CheckpointError, r"at least 1; found '1\.0'"),
    ("68 digits", meta("format", "1" * 99), CheckpointError, r"at least 1; found '111"),
    *((f"68 {name}", meta("format", text), CheckpointError, r"at least 1; found '") for name, text in ONES),
    ("68 superscript", meta("format", "\u00b9"), CheckpointError, r"at least 1; found"),
    (
        "69 path",
        lambda h: h.update({"../../etc/passwd": h.pop(W)}),
        CheckpointError,
        r"must be words .* found '\.\./\.\./etc",
    ),
    ("69 NUL", lambda h: h.update({"a\0": h.pop(W)}), CheckpointError, r"must be words .* found 'a\\x00'"),
    ("69 long", lambda h: h.update({"a" * 2**20: h.pop(W)}), CheckpointError, r"at most 200 letters; found 'aaa"),
    (
        "71 another",
        inner("spec", lambda s: s.update(optimizer={"kind": "SGD"})),
        CheckpointError,
        r"no array optimizer\.",
    ),
    (
        "71 lost",
        lambda h: h.update({"optimizer.x": h.pop("optimizer.product")}),
        CheckpointError,
        r"no array optimizer\.x",
    ),
    (
        "callback lost",
        lambda h: h.update({"callbacks.EarlyStopping.x": h.pop("callbacks.EarlyStopping.layers.1.w")}),
        CheckpointError,
        r"no array callbacks\.EarlyStopping\.x",
    ),
    (
        "callback shape",
        entry("callbacks.EarlyStopping.2.layers.1.w", "shape", [4, 3]),
        ShapeError,
        r"callbacks\.EarlyStopping\.2\.layers\.1\.w must have the shape \(3, 4\); found \(4, 3\)",
    ),
    (
        "callback dtype",
        lambda h: h["callbacks.EarlyStopping.layers.4.b"].update(dtype="F64", shape=[1]),
        ShapeError,
        r"callbacks\.EarlyStopping\.layers\.4\.b must have the shape \(2,\); found \(1,\)",
    ),
    (
        "keepers less",
        inner("run", lambda r: r.pop("keepers")),
        CheckpointError,
        r"has no array callbacks\.EarlyStopping\.",
    ),
    (
        "keepers more",
        inner("run", lambda r: r["keepers"].append("Other")),
        CheckpointError,
        r"arrays are missing: callbacks\.Other\.layers\.0\.mean",
    ),
    ("74 overlap", shift(B, -4, -4), CheckpointError, r"it overlaps the one before|hole"),
    (
        "74 reverse",
        lambda h: h[W]["data_offsets"].reverse(),
        CheckpointError,
        r"layers\.1\.w: the offsets must be start and end",
    ),
    ("74 hole", shift(B, 4, 4), CheckpointError, r"it leaves a hole before it|overlaps"),
    ("74 negative", entry(W, "data_offsets", [-48, 0]), CheckpointError, r"layers\.1\.w: the offsets must be"),
    ("74 past the end", shift(W, 2**40, 2**40), CheckpointError, r"it leaves a hole before it"),
    ("74 one offset", entry(W, "data_offsets", [0]), CheckpointError, r"layers\.1\.w: the offsets must be"),
    ("74 float offset", entry(W, "data_offsets", [0.0, 48.0]), CheckpointError, r"layers\.1\.w: the offsets must be"),
    (
        "74 boolean offset",
        entry(W, "data_offsets", [False, True]),
        CheckpointError,
        r"layers\.1\.w: the offsets must be",
    ),
    (
        "74 unknown dtype",
        entry(W, "dtype", "F8_E4M3"),
        CheckpointError,
        r"layers\.1\.w: the dtype must be F32 or F64; found 'F8_E4M3'",
    ),
    ("74 no dtype", entry(W, "dtype", ["F32"]), CheckpointError, r"layers\.1\.w: the dtype must be F32 or F64"),
    (
        "74 longer dtype",
        entry(W, "dtype", "F64"),
        CheckpointError,
        r"layers\.1\.w: F64 of shape \[3, 4\] takes 96 bytes; found offsets .* which are 48",
    ),
    (
        "74 negative shape",
        entry(W, "shape", [-3, -4]),
        CheckpointError,
        r"layers\.1\.w: the shape must be a list of at most 16 sizes",
    ),
    (
        "74 overflow",
        entry(W, "shape", [2**32, 2**32]),
        CheckpointError,
        r"layers\.1\.w: F32 of shape .* takes 73786976294838206464 bytes",
    ),
    (
        "74 wrapping",
        entry(W, "shape", [2**62 + 3, 4]),
        CheckpointError,
        r"layers\.1\.w: F32 of shape .* takes \d+ bytes",
    ),
    ("74 zero", entry(W, "shape", [0, 4]), CheckpointError, r"layers\.1\.w: F32 of shape \[0, 4\] takes 0 bytes"),
    ("74 axes", entry(W, "shape", [1] * 15 + [3, 4]), CheckpointError, r"at most 16 sizes"),
    ("74 text shape", entry(W, "shape", "34"), CheckpointError, r"layers\.1\.w: the shape must be a list"),
    (
        "74 entry",
        lambda h: h.update({W: [1, 2]}),
        CheckpointError,
        r"layers\.1\.w: a tensor is described by dtype, shape, data_offsets",
    ),
    ("74 entry key", entry(W, "url", "http://x"), CheckpointError, r"layers\.1\.w: a tensor is described by"),
    ("75 metadata", meta("x", 5), CheckpointError, r"__metadata__ must be an object of texts; found"),
    ("75 list", lambda h: h.update(__metadata__=["x"]), CheckpointError, r"__metadata__ must be an object of texts"),
    ("unknown key", meta("url", "x"), CheckpointError, r"the metadata must hold format, run, sha256, spec; found"),
    (
        "missing key",
        lambda h: h["__metadata__"].pop("spec"),
        CheckpointError,
        r"the metadata must hold format, run, sha256, spec",
    ),
    ("53 run", meta("run", "[]"), CheckpointError, r"run must be an object; found \[\]"),
    ("53 spec", meta("spec", "null"), CheckpointError, r"spec must be an object with layers"),
    ("54 spec", meta("spec", '{"a": 1, "a": 2}'), CheckpointError, r"spec: every key must stand once; found 'a' twice"),
    ("55 run", meta("run", '{"step": NaN}'), CheckpointError, r"run: numbers must be finite; found NaN"),
    ("57 surrogate", meta("run", '{"step": "\\ud800"}'), CheckpointError, r"run\.step: text must be valid Unicode"),
    ("57 surrogate in text", meta("run", '{"step": "\ud800"}'), CheckpointError, r"half a surrogate pair"),
    (
        "56 deep",
        meta("run", '{"a":' + "[" * 99 + "]" * 99 + "}"),
        CheckpointError,
        r"run.* may be nested at most 64 deep",
    ),
    (
        "history dtype",
        entry("history", "dtype", "F32"),
        CheckpointError,
        r"history: F32 of shape \[2, 5\] takes 40 bytes; found .* 80",
    ),
    (
        "history half",
        lambda h: h["history"].update(dtype="F32", shape=[4, 5]),
        CheckpointError,
        r"history must be float64 of shape \(epochs, 5\); found float32 of \(4, 5\)",
    ),
    (
        "history columns",
        entry("history", "shape", [5, 2]),
        CheckpointError,
        r"of shape \(epochs, 5\); found float64 of \(5, 2\)",
    ),
    (
        "history axes",
        entry("history", "shape", [10]),
        CheckpointError,
        r"of shape \(epochs, 5\); found float64 of \(10,\)",
    ),
    (
        "history text",
        inner("run", lambda r: r["history"].update(rows=[])),
        CheckpointError,
        r"run must describe the columns",
    ),
]


@pytest.mark.parametrize(("edit", "error", "message"), [case[1:] for case in EDITS], ids=[case[0] for case in EDITS])
def test_a_changed_header(forge: Any, edit: Edit, error: type[ValueError], message: str) -> None:
    path = forge.tensors(edit)
    with pytest.raises(error, match=message) as caught:
        read(path)
    assert type(caught.value) is error
    assert str(caught.value).startswith(f"{path}: ")
    assert len(str(caught.value)) < 800
    assert "\n" not in str(caught.value)


def test_a_forged_file_that_is_not_wrong_is_read(forge: Any) -> None:
    assert read(forge.tensors(inner("run", lambda run: run.update(step=13)))).run["step"] == 13


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_row_72_numbers_that_are_not_finite(forge: Any, value: float) -> None:
    def change(data: bytes) -> bytes:
        raw = bytearray(data)
        raw[-4:] = np.float32(value).tobytes()
        return bytes(raw)

    path = forge.tensors(dict, data=change)
    with pytest.raises(CheckpointError, match=rf"numbers must be finite; [a-z0-9.]+\[.*\] is {value}"):
        read(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_row_72_numbers_of_callbacks_that_are_not_finite(tmp_path: Path, snapshot: Snapshot, value: float) -> None:
    name = "callbacks.EarlyStopping.2.layers.1.w"
    snapshot.arrays[name][1, 2] = value
    with pytest.raises(CheckpointError, match=rf"numbers must be finite; {name}\[1, 2\] is {value}"):
        write(tmp_path / "a.safetensors", snapshot)


def test_arrays_of_callbacks_are_of_the_networks_dtype(tmp_path: Path, snapshot: Snapshot) -> None:
    name = "callbacks.EarlyStopping.layers.1.w"
    arrays = {**snapshot.arrays, name: snapshot.arrays[name].astype("f8")}
    with pytest.raises(CheckpointError, match=f"{name} must hold float32; found float64"):
        write(tmp_path / "a.safetensors", Snapshot(snapshot.spec, arrays, snapshot.run))


def test_row_52_every_byte_of_the_data(tmp_path: Path, snapshot: Snapshot) -> None:
    path = tmp_path / "a.safetensors"
    write(path, snapshot)
    whole = path.read_bytes()
    start = 8 + int.from_bytes(whole[:8], "little")
    for at in range(start, len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 1 << (at % 8)
        path.write_bytes(changed)
        with pytest.raises(CheckpointError, match="does not fit its checksum"):
            read(path)


def test_row_51_every_tenth_and_the_last_byte(tmp_path: Path, snapshot: Snapshot) -> None:
    path = tmp_path / "a.safetensors"
    write(path, snapshot)
    whole = path.read_bytes()
    for size in (*range(11), *(len(whole) * part // 10 for part in range(10)), len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(CheckpointError, match="truncated or damaged"):
            read(path)
    path.write_bytes(whole + b"\0")
    with pytest.raises(CheckpointError, match=r"the tensors take [0-9]+ bytes and the file has [0-9,]+ for them"):
        read(path)


@pytest.mark.parametrize("length", [2**64 - 1, 2**63, 100_000_001, 2**21 + 1, 5_000, 0, 1])
def test_row_73_header_lengths(tmp_path: Path, length: int) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", length) + b"{}" + b" " * 100)
    with pytest.raises(CheckpointError, match=rf"the header's length must be from 2 to .* found {length:,}"):
        read(path)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"[]", r"the header must begin with \{; found b'\['"),
        (b" {}", r"the header must begin with \{"),
        (b"{}", r"no format version"),
        (b"{} x", r"the header is not valid JSON"),
        (b'{"a": ', r"the header is not valid JSON"),
        (b'{"\xff": 1}', r"the header is not valid JSON"),
        (b"\xef\xbb\xbf{}", r"the header must begin with \{"),
        (b'{"__metadata__": {}, "__metadata__": {}}', r"the header: every key must stand once"),
        (b'{"__metadata__": {"a": "1", "a": "2"}}', r"the header: every key must stand once; found 'a' twice"),
        (b'{"a": {"dtype": "F32", "dtype": "F32"}}', r"the header: every key must stand once; found 'dtype' twice"),
        (b'{"a": NaN}', r"the header: numbers must be finite; found NaN"),
        (b'{"a": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", r"nested at most 64 deep"),
        (b'{"a": ' + b"1" * 1_000_000 + b"}", r"at most 100 digits; found 1,000,000"),
    ],
)
def test_rows_75_and_54_headers_that_are_not_right(tmp_path: Path, header: bytes, message: str) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    with pytest.raises(CheckpointError, match=message):
        read(path)


@pytest.mark.parametrize("count", [12_000, 25_000, 50_000])
def test_row_76_many_empty_tensors(tmp_path: Path, count: int) -> None:
    one = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    header = json.dumps({f"a{i}": one for i in range(count)}, separators=(",", ":")).encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    start = time.process_time()
    with pytest.raises(CheckpointError, match=r"at most|must be from"):
        read(path)
    assert time.process_time() - start < 1.0
