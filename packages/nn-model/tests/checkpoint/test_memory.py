"""Reading takes less memory than twice the file and 50 MB, for whole files and for files made to take more."""

import json
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nn_layers import Dense, Propagate
from nn_model.checkpoint import Snapshot, read, write
from nn_model.errors import CheckpointError, ShapeError

MB = 2**20
Make = Callable[..., Snapshot]


def peak_of(path: Path) -> tuple[float, str]:
    """Read a file: the most memory it took, in MB, and the sentence if it was refused."""
    said = ""
    tracemalloc.start()
    try:
        read(path)
    except (CheckpointError, ShapeError) as error:
        said = str(error)
    finally:
        peak = tracemalloc.get_traced_memory()[1] / MB
        tracemalloc.stop()
    return peak, said


@pytest.mark.parametrize(
    ("suffix", "layers", "input_shape"),
    [
        (".safetensors", (Dense(784, 512), Dense(512, 10)), (784,)),
        (".json", (Dense(100, 300), Dense(300, 10)), (100,)),
        (".json", (Dense(6_000, 1),), (6_000,)),
        (".json", (Dense(1, 50_000),), (1,)),
    ],
)
def test_a_whole_file(
    tmp_path: Path, make_snapshot: Make, suffix: str, layers: tuple[Propagate, ...], input_shape: tuple[int, ...]
) -> None:
    path = tmp_path / f"a{suffix}"
    read_once = make_snapshot()  # what is imported and built at the first load is not the file's
    write(path, read_once)
    read(path)
    write(path, make_snapshot(layers=layers, input_shape=input_shape))
    peak, said = peak_of(path)
    assert said == ""
    assert peak < 2 * path.stat().st_size / MB + 2


def in_header(content: bytes) -> bytes:
    return struct.pack("<Q", len(content)) + content


def in_run(text: str) -> bytes:
    return in_header(json.dumps({"__metadata__": {"format": "1", "spec": "{}", "sha256": "", "run": text}}).encode())


def json_with(**parts: str) -> bytes:
    filled = {"format": "1", "sha256": '""', "spec": "{}", "run": "{}", "arrays": "{}"} | parts
    return ("{" + ",".join(f'"{name}":{value}' for name, value in filled.items()) + "}").encode()


LISTS = "[" + "[]," * 690_000 + "0]"
OBJECTS = "[" + '{"a":1},' * 49_000 + "0]"
NUMBERS = "[" + "1," * 1_000_000 + "0]"
KEYS = "{" + ",".join(f'"{i}":1' for i in range(99_000)) + "}"
WIDE = '["\U0001f600",' + '"' + "a" * 2_000_000 + '"]'
DEEP = "[" * 1_000_000
SLASHES = '"' + "\\\\" * 20_000_000 + '"'
SHAPE = '{"a":{"dtype":"F32","shape":[' + "1," * 90_000 + '1],"data_offsets":[0,4]}}'

GREEDY: dict[str, bytes] = {
    **{f"run {name}.json": json_with(run=text) for name, text in [("lists", LISTS), ("objects", OBJECTS)]},
    **{f"spec {name}.json": json_with(spec=text) for name, text in [("numbers", NUMBERS), ("keys", KEYS)]},
    "spec wide.json": json_with(spec=WIDE),
    "spec deep.json": json_with(spec=DEEP),
    "string.json": json_with(run=SLASHES),
    "open string.json": json_with(run=SLASHES[:-1]),
    "members.json": ("{" + ",".join(f'"{i}":1' for i in range(1_000_000)) + "}").encode(),
    "brackets.json": b"[" * 20_000_000,
    "header lists.safetensors": in_header(f'{{"a":{LISTS}}}'.encode()),
    "header keys.safetensors": in_header(KEYS.encode()),
    "header shape.safetensors": in_header(SHAPE.encode()),
    "run wide.safetensors": in_run(f'{{"a":{WIDE}}}'),
}


@pytest.mark.parametrize("name", GREEDY)
def test_a_greedy_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(GREEDY[name])
    peak, said = peak_of(path)
    assert said != ""
    assert peak < 2 * path.stat().st_size / MB + 50


def test_a_declared_size_is_not_allocated(forge: Any) -> None:
    def grow(data: dict[str, Any]) -> None:
        data["spec"]["layers"][1] = {"kind": "Dense", "in_features": 3, "out_features": 9_000_000}
        data["spec"]["layers"][4]["in_features"] = 9_000_000

    def grow_header(header: dict[str, Any]) -> None:
        spec = json.loads(header["__metadata__"]["spec"])
        grow({"spec": spec})
        header["__metadata__"]["spec"] = json.dumps(spec)

    for path in (forge.json(grow), forge.tensors(grow_header)):
        peak, said = peak_of(path)
        assert "layers.1.w must have the shape (3, 9000000); found" in said
        assert peak < 5
