"""JSON files that are wrong in one way: one sentence, which names the file, the place, what came and what should."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nn_layers import Dense
from nn_model.checkpoint import Snapshot, read, write
from nn_model.errors import CheckpointError, ShapeError
from nn_optim import SGD

Edit = Callable[[dict[str, Any]], object]


def put(*keys: Any) -> Edit:
    """Make an edit: the last of the keys is the value put where the others lead."""
    *inner, last, value = keys

    def edit(data: dict[str, Any]) -> None:
        target: Any = data
        for key in inner:
            target = target[key]
        target[last] = value

    return edit


def drop(*keys: Any) -> Edit:
    *inner, last = keys

    def edit(data: dict[str, Any]) -> None:
        target: Any = data
        for key in inner:
            target = target[key]
        del target[last]

    return edit


EDITS: list[tuple[str, Edit, type[ValueError], str]] = [
    (
        "58 transposed",
        put("arrays", "layers.1.w", [[0.1] * 3] * 4),
        ShapeError,
        r"w must have the shape \(3, 4\); found a row of 3 numbers at \[0\]",
    ),
    (
        "58 ragged",
        put("arrays", "layers.1.w", [[0.1] * 4, [0.1] * 4, [0.1] * 3]),
        ShapeError,
        r"a row of 3 numbers at \[2\], expected 4",
    ),
    (
        "58 long row",
        put("arrays", "layers.1.w", [[0.1] * 5] * 3),
        ShapeError,
        r"layers\.1\.w .* found a row of more than 4 numbers",
    ),
    ("58 few rows", put("arrays", "layers.1.w", [[0.125] * 4] * 2), ShapeError, r"\(3, 4\); found 2 items, expected 3"),
    ("58 many rows", put("arrays", "layers.1.w", [[0.1] * 4] * 4), ShapeError, r"\(3, 4\); found more than 3 items"),
    (
        "58 flat",
        put("arrays", "layers.1.w", [0.1] * 12),
        ShapeError,
        r"\(3, 4\); found a number at \[0\], expected a list",
    ),
    ("58 deep", put("arrays", "layers.1.b", [[0.1] * 4]), ShapeError, r"\(4,\); found a list, expected numbers"),
    ("58 number", put("arrays", "layers.1.b", 0.123456789), ShapeError, r"\(4,\); found a number, expected a list"),
    ("58 too short", put("arrays", "layers.1.b", []), ShapeError, r"\(4,\); found 2 bytes of text, too few"),
    (
        "58 object",
        put("arrays", "layers.1.b", {"a": 1.0, "b": 2.0}),
        ShapeError,
        r"\(4,\); found a number, expected a list|found",
    ),
    ("59 missing", drop("arrays", "layers.1.b"), CheckpointError, r"arrays are missing: layers\.1\.b"),
    (
        "59 extra",
        put("arrays", "layers.9.w", [0.1]),
        CheckpointError,
        r"has no array layers\.9\.w; it has layers\.0\.mean, .* more",
    ),
    (
        "60 text",
        put("arrays", "layers.1.b", [0.1, "0.2", 0.3, 0.4]),
        CheckpointError,
        r"layers\.1\.b\[1\] must be a number; found '0\.2'",
    ),
    (
        "60 boolean",
        put("arrays", "layers.1.b", [0.1, 0.2, 0.3, True]),
        CheckpointError,
        r"layers\.1\.b\[3\] must be a number; found True",
    ),
    (
        "60 null",
        put("arrays", "layers.1.w", [[0.1] * 4, [0.1, None, 0.1, 0.1], [0.1] * 4]),
        CheckpointError,
        r"layers\.1\.w\[1, 1\] must be a number; found None",
    ),
    ("60 list of text", put("arrays", "layers.1.b", ["a]", "[b", "c", "d"]), CheckpointError, r"layers\.1\.b"),
    ("60 all null", put("arrays", None), CheckpointError, r"arrays is not valid JSON: \{ expected"),
    (
        "64 chain",
        put("spec", "layers", 4, "in_features", 5),
        ShapeError,
        r"layers\[4\]: Dense\(5, 2\) got rows of 4 numbers from Dropout; write Dense\(4, 2\)",
    ),
    (
        "65 size",
        put("spec", "layers", 4, "out_features", 10**12),
        CheckpointError,
        r"asks for \d+ numbers and at most 250,000,000 are allowed; pass max_parameters",
    ),
    ("65 input", put("spec", "input_shape", [10**12, 10**12, 3]), CheckpointError, r"asks for \d+"),
    (
        "66 newer",
        put("format", 9),
        CheckpointError,
        r"written by format 9, and this nn_model reads up to format 1; upgrade",
    ),
    ("66 far newer", put("format", 10**99), CheckpointError, r"written by format 1000"),
    (
        "67 older",
        put("format", 0),
        CheckpointError,
        r"the format version must be a whole number of at least 1; found 0",
    ),
    ("68 missing", drop("format"), CheckpointError, r"there is no format version: not a checkpoint of nn_model"),
    ("68 negative", put("format", -1), CheckpointError, r"at least 1; found -1"),
    ("68 text", put("format", "1"), CheckpointError, r"at least 1; found '1'"),
    ("68 float", put("format", 1.0), CheckpointError, r"at least 1; found 1\.0"),
    ("68 boolean", put("format", True), CheckpointError, r"at least 1; found True"),
    ("68 null", put("format", None), CheckpointError, r"there is no format version"),
    ("68 list", put("format", [1]), CheckpointError, r"at least 1; found \[1\]"),
    (
        "69 path",
        put("arrays", "../../etc/passwd", [0.1]),
        CheckpointError,
        r"name of an array must be words .* found '\.\./\.\./etc/passwd'",
    ),
    ("69 absolute", put("arrays", "/etc/passwd", [0.1]), CheckpointError, r"found '/etc/passwd'"),
    ("69 NUL", put("arrays", "layers.0\0", [0.1]), CheckpointError, r"found 'layers\.0\\x00'"),
    ("69 long", put("arrays", "a" * 2**20, [0.1]), CheckpointError, r"at most 200 letters; found 'aaa"),
    ("69 empty", put("arrays", "", [0.1]), CheckpointError, r"name of an array must be words"),
    (
        "71 another",
        put("spec", "optimizer", {"kind": "Momentum"}),
        CheckpointError,
        r"no array optimizer\.m\.layers\.1\.w",
    ),
    ("71 none", put("spec", "optimizer", {"kind": "SGD"}), CheckpointError, r"no array optimizer\.m\.layers\.1\.w"),
    ("71 lost", drop("arrays", "optimizer.product"), CheckpointError, r"arrays are missing: optimizer\.product"),
    (
        "71 shape",
        put("arrays", "optimizer.v.layers.4.b", [0.1, 0.2, 0.3]),
        ShapeError,
        r"optimizer\.v\.layers\.4\.b must have the shape \(2,\)",
    ),
    (
        "callback lost",
        drop("arrays", "callbacks.EarlyStopping.layers.1.w"),
        CheckpointError,
        r"arrays are missing: callbacks\.EarlyStopping\.layers\.1\.w",
    ),
    (
        "callback shape",
        put("arrays", "callbacks.EarlyStopping.2.layers.1.w", [[0.1] * 3] * 4),
        ShapeError,
        r"callbacks\.EarlyStopping\.2\.layers\.1\.w must have the shape \(3, 4\)",
    ),
    (
        "callback not finite",
        put("arrays", "callbacks.EarlyStopping.layers.1.b", [0.1, 0.2, 1e39, 0.4]),
        CheckpointError,
        r"numbers must be finite in float32; callbacks\.EarlyStopping\.layers\.1\.b\[2\]",
    ),
    (
        "callback text",
        put("arrays", "callbacks.EarlyStopping.layers.1.b", [0.1, 0.2, "nan", 0.4]),
        CheckpointError,
        r"callbacks\.EarlyStopping\.layers\.1\.b\[2\] must be a number; found 'nan'",
    ),
    (
        "callback extra",
        put("arrays", "callbacks.Other.layers.1.w", [[0.1] * 4] * 3),
        CheckpointError,
        r"has no array callbacks\.Other\.layers\.1\.w",
    ),
    (
        "callback part",
        put("arrays", "callbacks.EarlyStopping.optimizer.m.layers.1.w", [[0.1] * 4] * 3),
        CheckpointError,
        r"has no array callbacks\.EarlyStopping\.optimizer",
    ),
    ("keepers less", drop("run", "keepers"), CheckpointError, r"has no array callbacks\.EarlyStopping\.layers"),
    (
        "keepers more",
        put("run", "keepers", ["EarlyStopping", "EarlyStopping:2", "Other"]),
        CheckpointError,
        r"arrays are missing: callbacks\.Other\.layers\.0\.mean",
    ),
    ("keepers text", put("run", "keepers", "EarlyStopping"), CheckpointError, r"run: keepers must be a list"),
    ("keepers numbers", put("run", "keepers", [1]), CheckpointError, r"run: keepers must be a list"),
    ("keepers twice", put("run", "keepers", ["A", "A"]), CheckpointError, r"every one of the keepers must stand once"),
    ("keepers alike", put("run", "keepers", ["A:2", "A.2"]), CheckpointError, r"the keepers must stand once"),
    ("keepers path", put("run", "keepers", ["../x"]), CheckpointError, r"must be words .* found 'callbacks\.\.\./x"),
    ("keepers many", put("run", "keepers", [f"A{i}" for i in range(2_000)]), CheckpointError, r"at most 10,000 arrays"),
    ("history word", put("history", 0, 1, "big"), CheckpointError, r"history\[0, 1\] must be a number; found 'big'"),
    ("53 spec", put("spec", []), CheckpointError, r"spec must be an object with layers, loss"),
    ("53 run", put("run", None), CheckpointError, r"run must be an object; found None"),
    ("a key more", put("extra", 1), CheckpointError, r"the file may hold format, .*; found 'extra'"),
    ("a key less", drop("run"), CheckpointError, r"the file must hold run, which is missing"),
    ("59 no arrays", put("arrays", {}), CheckpointError, r"arrays are missing: layers\.0\.mean, .* and \d+ more"),
    ("history", drop("run", "history"), CheckpointError, r"run must describe the columns of its history; found None"),
    ("history bare", put("run", "history", "rows", "columns", []), CheckpointError, r"run must describe the columns"),
    ("history rows", put("history", [[1, 0.1, None, 0.25]]), ShapeError, r"history must have the shape \(1, 5\)"),
    (
        "history kinds",
        put("run", "history", "rows", "columns", 0, 1, "text"),
        CheckpointError,
        r"a column has a name and holds int, float",
    ),
    ("history names", put("run", "history", "rows", "columns", 1, 0, "epoch"), CheckpointError, r"a name of its own"),
    ("history epoch", put("history", 0, 0, 1.5), CheckpointError, r"a column of the history that is int holds 1\.5"),
    ("history void", put("history", 0, 0, None), CheckpointError, r"a column of the history that is int holds nan"),
]


@pytest.mark.parametrize(("edit", "error", "message"), [case[1:] for case in EDITS], ids=[case[0] for case in EDITS])
def test_a_changed_file(forge: Any, edit: Edit, error: type[ValueError], message: str) -> None:
    path = forge.json(edit)
    with pytest.raises(error, match=message) as caught:
        read(path)
    assert type(caught.value) is error
    assert str(caught.value).startswith(f"{path}: ")
    assert len(str(caught.value)) < 800
    assert "\n" not in str(caught.value)


def test_a_forged_file_that_is_not_wrong_is_read(forge: Any, snapshot: Snapshot) -> None:
    path = forge.json(put("run", "step", 13))
    assert read(path).run["step"] == 13
    assert snapshot.run["step"] == 12


@pytest.mark.parametrize(
    "edit",
    [
        put("arrays", "layers.1.b", [0.1, 0.2, 0.3, 0.4]),
        put("run", "step", 13),
        put("spec", "seed", 8),
        put("spec", "optimizer", "lr", 0.003),
        put("history", 0, 1, 0.2),
        put("sha256", "0" * 64),
    ],
)
def test_row_52_another_content_than_the_checksum_says(forge: Any, edit: Edit) -> None:
    with pytest.raises(
        CheckpointError, match=r"does not fit its checksum .* damaged or was changed by hand; use anoth"
    ):
        read(forge.json(edit, resum=False))


def test_a_checksum_that_is_no_text(forge: Any) -> None:
    with pytest.raises(CheckpointError, match="sha256 must be text; found 5"):
        read(forge.json(put("sha256", 5), resum=False))


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("NaN", r"layers\.1\.w\[1, 2\] is nan"),
        ("Infinity", r"layers\.1\.w\[1, 2\] is inf"),
        ("-Infinity", r"layers\.1\.w\[1, 2\] is -inf"),
        ("1e999", r"layers\.1\.w\[1, 2\] is inf"),
        ("1" * 1_000_000, r"layers\.1\.w\[1, 2\] is inf"),
        ("1e39", r"finite in float32; layers\.1\.w\[1, 2\] is 1e\+39"),
        ("0x10", r"layers\.1\.w\[1\]: no row of numbers"),
        ("1_0", r"layers\.1\.w\[1\]: no row of numbers"),
        ("01", r"layers\.1\.w\[1\]: no row of numbers"),
        ("\u0661", r"layers\.1\.w\[1\]: no row of numbers"),
        ("", r"layers\.1\.w\[1\]: no row of numbers"),
        ("[0.1]", r"layers\.1\.w .*found a list at \[1\]"),
        ("{", r"layers\.1\.w|not valid JSON"),
    ],
)
def test_row_55_numbers_that_are_none(forge: Any, number: str, message: str) -> None:
    path = forge.json(put("arrays", "layers.1.w", 1, 2, 77.25))
    path.write_text(path.read_text("utf-8").replace("77.25", number), "utf-8")
    with pytest.raises((CheckpointError, ShapeError), match=message):
        read(path)


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "1e999", "-1e999"])
@pytest.mark.parametrize("place", [("spec", "optimizer", "lr"), ("run", "step"), ("spec", "seed")])
def test_row_55_outside_the_arrays(forge: Any, constant: str, place: tuple[str, ...]) -> None:
    path = forge.json(put(*place, 77.25))
    path.write_text(path.read_text("utf-8").replace("77.25", constant), "utf-8")
    with pytest.raises(CheckpointError, match=rf"{place[0]}: numbers must be finite; found {constant}"):
        read(path)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" * 400])
def test_row_55_in_the_history(forge: Any, number: str) -> None:
    path = forge.json(put("history", 1, 4, 77.25))
    path.write_text(path.read_text("utf-8").replace("77.25", number), "utf-8")
    with pytest.raises(CheckpointError, match=r"numbers must be finite; history\[1, 4\] is -?(nan|inf)"):
        read(path)


def deep(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("where", ["spec", "run"])
def test_row_56_too_much_of_everything(forge: Any, where: str) -> None:
    nested = forge.json(put(where, "x"))
    text = nested.read_text("utf-8")
    for content, message in (
        ("[" * 50_000 + "]" * 50_000, f"{where} may be nested at most 64 deep"),
        ("[" * 400 + "]" * 400, f"{where}.* may be nested at most 64 deep"),
        ('{"a":' * 65 + "1" + "}" * 65, f"{where}.* may be nested at most 64 deep"),
        ("{" + ",".join(f'"{i}":0' for i in range(100_002)) + "}", f"{where} may hold at most about 100,000 values"),
        ('"' + "a" * 3_000_000 + '"', f"{where} may take at most 2,097,152 bytes; found 3,000,002"),
        (
            '[["' + "a" * 3_000_000 + '"], [0]]',
            f"{where}: a value beside the arrays may take at most 2,097,152 bytes",
        ),
        ("1" * 5_000, f"{where}: whole numbers may have at most 100 digits; found 5,000"),
        ("1" * 1_000_000, f"{where}: whole numbers may have at most 100 digits; found 1,000,000"),
    ):
        nested.write_text(text.replace('"x"', content), "utf-8")
        with pytest.raises(CheckpointError, match=message):
            read(nested)


def test_row_56_in_the_arrays(forge: Any) -> None:
    path = forge.json(put("arrays", "layers.1.w", "x"))
    text = path.read_text("utf-8")
    for content, message in (
        ("[" * 100_000 + "]" * 100_000, r"arrays may be nested at most 64 deep"),
        ('"' + "\\\\" * 1_000_000 + '"', r"layers\.1\.w"),
        ("[[" + "1," * 1_000_000 + "1]]", r"layers\.1\.w .* found a row of more than 4 numbers"),
    ):
        path.write_text(text.replace('"x"', content), "utf-8")
        with pytest.raises((CheckpointError, ShapeError), match=message):
            read(path)
    path.write_text(text.replace('"x"', "{" + ",".join(f'"a{i}":0' for i in range(100_002)) + "}"), "utf-8")
    with pytest.raises((CheckpointError, ShapeError), match=r"layers\.1\.w"):
        read(path)
    many = text.replace('"arrays": {', '"arrays": {' + "".join(f'"a{i}":[0],' for i in range(100_000)))
    path.write_text(many, "utf-8")
    with pytest.raises(CheckpointError, match="arrays may have at most 10,000 members"):
        read(path)


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "null",
        "3",
        '"x"',
        "true",
        "{",
        "[[[",
        "}{",
        '{"format" 1}',
        '{"format"',
        '{"format":',
        '{"format":1',
        '{"format":1,',
        '{"format":1,}',
        "{}x",
        "{,}",
        "{format:1}",
    ],
)
def test_rows_51_and_53_no_checkpoint(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(CheckpointError, match=r"must begin with \{|is not valid JSON|no format version|must hold"):
        read(path)


@pytest.mark.parametrize("content", ["", " \n", "\t" * 4095])
def test_row_51_nothing_at_all(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(CheckpointError, match=r"a\.json: there is nothing in the file: truncated or damaged$"):
        read(path)


@pytest.mark.parametrize("count", [4096, 5000])
def test_a_file_that_begins_late(forge: Any, snapshot: Snapshot, count: int) -> None:
    path = forge.json(dict)
    text = path.read_text("utf-8")
    path.write_text(" " * count + text, "utf-8")
    assert read(path).run == snapshot.run
    path.write_text(" " * count + "[" + text, "utf-8")
    with pytest.raises(CheckpointError, match=r"the file is not valid JSON: \{ expected in line 1, found '\[\{"):
        read(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"format": 1,', '"format": 1, "format": 1,', r"the file: every key must stand once; found 'format' twice"),
        ('"spec": {', '"spec": {"seed": 7, ', r"spec: every key must stand once; found 'seed' twice"),
        ('"layers.1.b": ', '"layers.1.b": [1, 2, 3, 4], "layers.1.b": ', r"arrays: every key .* 'layers\.1\.b' twice"),
        ('"step"', '"st\\ud800ep"', r"run: text must be valid Unicode; found half a surrogate pair in 'st\\ud800ep'"),
        ('"PCG64"', '"\\udc00"', r"run\.generators\.1\.bit_generator: text must be valid Unicode"),
        ('"PCG64"', '"\n"', r"run is not valid JSON"),
        ('"PCG64"', "'x'", r"run is not valid JSON"),
        ('"PCG64"', "/* x */ 1", r"run is not valid JSON"),
        ('"format": 1', '"format": 1 2', r"the file is not valid JSON: , expected in line"),
        ('"format": 1', '"format": [1', r"the file is not valid JSON: , expected in line 1"),
        ('"format": 1', '"format": "1', r"not valid JSON|at least 1"),
        ('"format": 1', '"format": ]', r"format is not valid JSON: a value expected in line 1, found"),
    ],
)
def test_rows_54_and_57_text_that_is_not_right(forge: Any, old: str, new: str, message: str) -> None:
    path = forge.json(dict)
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(CheckpointError, match=message):
        read(path)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("w", "[[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4]}", r"a comma or a bracket is missing in line 1; found b'}, "),
        ("w", "[[1, 2, 3, 4], [1, 2, 3, 4] [1, 2, 3, 4]]", r"a comma or a bracket is missing in line 1; found b'\[1"),
        ("b", "[1, 2, 3, 4}", r"a comma or a bracket is missing in line 1; found b'1, 2"),
        ("b", f"[1, 2, 3, 4{' ' * 70_000},]", r"a number must follow the last comma"),
        ("b", f"[1, 2, 3, 4{' ' * 70_000}, 5]", r"found a row of more than 4 numbers"),
        ("b", f"[1, 2, 3{' ' * 70_000}]", r"found a row of 3 numbers"),
        ("b", '["]", 2, 3, 4]', r"no row of numbers"),
        ("b", "[{123456789]}", r"no row of numbers"),
    ],
)
def test_brackets_and_commas_of_an_array(forge: Any, name: str, value: str, message: str) -> None:
    path = forge.json(put("arrays", f"layers.1.{name}", "x"))
    path.write_text(path.read_text("utf-8").replace('"x"', value), "utf-8")
    with pytest.raises((CheckpointError, ShapeError), match=rf"a?layers\.1\.{name}.*{message}"):
        read(path)


def test_a_row_with_room_between_its_numbers(forge: Any, snapshot: Snapshot) -> None:
    path = forge.json(dict)
    bias = json.loads(path.read_text("utf-8"))["arrays"]["layers.1.b"]
    text = json.dumps(bias)
    assert path.read_text("utf-8").count(text) == 1
    path.write_text(path.read_text("utf-8").replace(text, text.replace(",", "," + " " * 70_000)), "utf-8")
    assert read(path).arrays["layers.1.b"].tobytes() == snapshot.arrays["layers.1.b"].tobytes()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp500"])
def test_row_57_encodings(forge: Any, encoding: str) -> None:
    path = forge.json(dict)
    path.write_bytes(path.read_text("utf-8").encode(encoding))
    with pytest.raises(CheckpointError, match=r"must begin with \{; found|not valid JSON"):
        read(path)


def test_row_57_bytes_that_are_no_utf8(forge: Any) -> None:
    path = forge.json(dict)
    path.write_bytes(path.read_bytes().replace(b"PCG64", b"\xff\xfe\xc0\x80"))
    with pytest.raises(CheckpointError, match=r"run is not valid JSON \('utf-8' codec"):
        read(path)


def test_row_51_every_tenth_and_the_last_byte(tmp_path: Path, snapshot: Snapshot) -> None:
    path = tmp_path / "a.json"
    write(path, snapshot)
    whole = path.read_bytes().rstrip()
    for size in (*(len(whole) * part // 10 for part in range(10)), len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(CheckpointError, match="truncated or damaged"):
            read(path)
    path.write_bytes(whole)
    assert read(path).run == snapshot.run


def test_long_rows_are_read_in_pieces(tmp_path: Path, make_snapshot: Callable[..., Snapshot]) -> None:
    snapshot = make_snapshot(layers=(Dense(1, 30_000), Dense(30_000, 1)), optimizer=SGD(), input_shape=(1,))
    path = tmp_path / "a.json"
    write(path, snapshot)
    found = read(path)
    assert all(found.arrays[name].tobytes() == array.tobytes() for name, array in snapshot.arrays.items())
    text = path.read_text("utf-8")
    data = json.loads(text)
    row = data["arrays"]["layers.0.b"]
    for i, value, error, message in (
        (29_000, "x", CheckpointError, r"layers\.0\.b\[29000\] must be a number; found 'x'"),
        (29_000, 1e39, CheckpointError, r"layers\.0\.b\[29000\] is 1e\+39"),
        (slice(29_000, None), [], ShapeError, r"found a row of 29,000 numbers, expected 30,000"),
        (slice(30_000, None), [1.5], ShapeError, r"found a row of more than 30,000 numbers"),
    ):
        changed = list(row)
        changed[i] = value  # type: ignore[index]
        path.write_text(json.dumps({**data, "arrays": {**data["arrays"], "layers.0.b": changed}}), "utf-8")
        with pytest.raises(error, match=message):
            read(path)
    path.write_text(text.replace('],\n  "layers.1.w"', ',],\n  "layers.1.w"'), "utf-8")
    with pytest.raises(CheckpointError, match=r"layers\.0\.b: (no row of numbers|a number must follow)"):
        read(path)
