"""Reading takes less memory than twice the file and 50 MB, for whole files and for files made to take more."""

import json
import struct
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, Propagate, ReLU
from nn_loss import CrossEntropy
from nn_model import NN, load
from nn_model.checkpoint import Snapshot, read, write
from nn_model.errors import CheckpointError, ShapeError
from nn_model.train import Checkpoint, EarlyStopping
from nn_optim import SGD

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

EMPTY, QUOTE, COMMAS = '"",', '\\"', '","' * 690_000

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


MANY: dict[str, bytes] = {
    "nested": json_with(arrays=f'{{"a":[{"[[1]]," * 5_000_000}1]}}'),
    "texts": json_with(arrays=f'{{"a":[{EMPTY * 10_000_000}1]}}'),
    "escapes": json_with(history=f'["{QUOTE * 15_000_000}"]'),
    "members": ("{" + ",".join(f'"{i}":["{COMMAS}"]' for i in range(15)) + "}").encode(),
}


@pytest.mark.parametrize("kind", MANY)
def test_a_file_of_many_small_things_is_soon_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(MANY[kind])
    began = time.process_time()
    with pytest.raises(CheckpointError):
        read(path)
    assert time.process_time() - began < 4


def sparse(path: Path, head: bytes, size: int) -> Path:
    """Make a file of a size that takes no room on the disk."""
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size * MB)
    return path


@pytest.mark.parametrize(
    ("head", "size", "message"),
    [
        (b'{"format": 1, "x": "aaa', 300, "has 314,572,800 bytes and at most 134,217,728 are allowed; pass max_bytes"),
        (b'{"format": 9, "x": "aaa', 120, "written by format 9, and this nn_model reads up to format 1; upgrade"),
        (b'\n{ "format"\t:\r9 }', 120, "written by format 9"),
        (b"\x80\x04", 120, "not a checkpoint, or damaged; it looks like a pickle"),
    ],
)
def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path, head: bytes, size: int, message: str) -> None:
    path = sparse(tmp_path / "a.json", head, size)
    began = time.process_time()
    peak, said = peak_of(path)
    assert time.process_time() - began < 1
    assert peak < 1
    assert message in said


def test_the_caller_decides_how_large_a_file_may_be(tmp_path: Path) -> None:
    path = sparse(tmp_path / "a.json", b"{", 129)
    with pytest.raises(CheckpointError, match="at most 134,217,728 are allowed"):
        load(path)
    with pytest.raises(CheckpointError, match="the file is not valid JSON: a key in quotes expected"):
        load(path, max_bytes=129 * MB)


def test_a_declared_size_is_not_allocated(forge: Any) -> None:
    def grow(data: dict[str, Any]) -> None:
        data["spec"]["layers"][1] = {"kind": "Dense", "in_features": 3, "out_features": 6_000_000}
        data["spec"]["layers"][4]["in_features"] = 6_000_000

    def grow_header(header: dict[str, Any]) -> None:
        spec = json.loads(header["__metadata__"]["spec"])
        grow({"spec": spec})
        header["__metadata__"]["spec"] = json.dumps(spec)

    for path in (forge.json(grow), forge.tensors(grow_header)):
        peak, said = peak_of(path)
        assert "layers.1.w must have the shape (3, 6000000); found" in said
        assert peak < 5


def measured(call: Callable[[], object]) -> tuple[float, float]:
    """Give, in MB, how much more memory a call takes at its height, and how much of it stays."""
    tracemalloc.start()
    try:
        kept = call()
        now, peak = tracemalloc.get_traced_memory()
        del kept
    finally:
        tracemalloc.stop()
    return peak / MB, now / MB


def test_the_best_weights_of_six_million_parameters(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 1_000)).astype("float32"), np.arange(20) % 2
    nn = NN([Dense(1_000, 6_000), ReLU(), Dense(6_000, 2)], CrossEntropy(), SGD(0.01))
    assert nn.theta.size > 6_000_000
    options: dict[str, Any] = {"batch_size": 10, "validation_split": 0.2, "verbose": False}
    nn.fit(x, y, epochs=1, callbacks=[EarlyStopping(), Checkpoint(tmp_path)], **options)
    path = tmp_path / "last.safetensors"
    size = path.stat().st_size / MB
    assert size > 2 * nn.theta.nbytes / MB

    peak, stays = measured(lambda: nn.save(tmp_path / "again.safetensors"))
    assert peak < 2 * size + 50
    assert stays < 1
    peak, stays = measured(lambda: load(path))
    assert peak < 2 * size + 50
    assert stays < 3.1 * nn.theta.nbytes / MB, "parameters, gradient and what is kept; the file's bytes are let go"

    again, stopping = load(path), EarlyStopping()
    for network, told in ((nn, EarlyStopping()), (again, stopping)):
        network.fit(x, y, epochs=2, callbacks=[told, Checkpoint(tmp_path)], resume=True, **options)
    assert again.theta.tobytes() == nn.theta.tobytes()
    assert stopping.best.epoch >= 1
    assert load(path).theta.shape == nn.theta.shape
