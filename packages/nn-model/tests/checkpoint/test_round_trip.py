"""What is written comes back bit for bit, in both formats, and others can read it."""

import difflib
import json
import math
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file

from nn_layers import Dense, Frame, Param, Plan, Propagate, State, Zeros
from nn_loss import MSE
from nn_model.checkpoint import NetworkSpec, Snapshot, read, write
from nn_model.checkpoint.places import wanted
from nn_optim import SGD, Adam, Momentum, Nadam, Optimizer

Array = np.ndarray[Any, np.dtype[Any]]
SUFFIXES = [".json", ".safetensors"]
Make = Callable[..., Snapshot]

here = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def assert_same(found: Snapshot, given: Snapshot) -> None:
    assert found.spec == given.spec
    assert list(found.arrays) == list(given.arrays)
    for name, array in given.arrays.items():
        assert found.arrays[name].dtype == array.dtype
        assert found.arrays[name].shape == array.shape
        assert found.arrays[name].tobytes() == array.tobytes()
        assert found.arrays[name].flags.writeable
    assert same_json(found.run, given.run)


def same_json(a: Any, b: Any) -> bool:
    """Equal to the type of every number and the sign of every zero; a NaN equals a NaN."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same_json(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(same_json, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return struct.pack("d", a) == struct.pack("d", b) or (math.isnan(a) and math.isnan(b))
    return type(a) is type(b) and bool(a == b)


def bits(rng: np.random.Generator, shape: tuple[int, ...], dtype: "np.dtype[Any]") -> Array:
    """Random bit patterns: all sizes of finite numbers, denormal ones and both zeros among them."""
    numbers = rng.integers(0, 256, (*shape, dtype.itemsize), np.uint8).view(dtype).reshape(shape)
    special = rng.choice(
        np.array([0.0, -0.0, np.finfo(dtype).smallest_subnormal, -np.finfo(dtype).max, 0.1], dtype), shape
    )
    out: Array = np.where(np.isfinite(numbers) & (rng.random(shape) < 0.8), numbers, special)
    return out


@st.composite
def networks(draw: st.DrawFn) -> NetworkSpec:
    sizes = draw(st.lists(st.integers(1, 7), min_size=2, max_size=4))
    layers = tuple(Dense(n, m) for n, m in pairwise(sizes))
    optimizers: list[Optimizer] = [SGD(), Momentum(), Adam(), Nadam()]
    optimizer = draw(st.sampled_from(optimizers))
    dtype = draw(st.sampled_from(["float32", "float64"]))
    return NetworkSpec(layers, MSE(), optimizer, input_shape=(sizes[0],), task="regression", dtype=dtype)


@here
@given(spec=networks(), seed=st.integers(0, 2**32), suffix=st.sampled_from(SUFFIXES))
def test_arrays_come_back_bit_for_bit(tmp_path: Path, spec: NetworkSpec, seed: int, suffix: str) -> None:
    rng = np.random.default_rng(seed)
    arrays = {name: bits(rng, want.shape, want.dtype) for name, want in wanted(spec).items()}
    for name, want in wanted(spec).items():
        if want.sign != "any":
            np.abs(arrays[name], out=arrays[name])
            assert want.sign == "not negative"
    path = tmp_path / f"a{suffix}"
    write(path, Snapshot(spec, arrays, {}))
    assert_same(read(path), Snapshot(spec, arrays, {}))


numbers = st.floats() | st.integers(-(10**99), 10**99) | st.none() | st.booleans()
texts = st.text(st.characters(codec="utf-8"), max_size=5)
values = st.recursive(
    numbers | texts, lambda v: st.lists(v, max_size=4) | st.dictionaries(texts, v, max_size=4), max_leaves=12
)
cells = st.sampled_from([1, 2**53, 2**53 + 1, -1, 0.0, -0.0, 0.1, None, math.nan, math.inf, True])
rows = st.integers(0, 4).flatmap(
    lambda n: st.lists(st.fixed_dictionaries({f"c{i}": cells for i in range(n)}), max_size=4)
)
histories = st.fixed_dictionaries({"rows": rows, "reason": st.none() | texts})
runs = st.fixed_dictionaries(
    {},
    optional={
        "history": histories | values,
        "fit": st.fixed_dictionaries({"history": histories}) | values,
        "x": values,
    },
)


@here
@given(run=runs, suffix=st.sampled_from(SUFFIXES))
def test_the_run_comes_back_exactly(tmp_path: Path, make_snapshot: Make, run: dict[str, Any], suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write(path, make_snapshot(run))
    assert same_json(read(path).run, run)


@dataclass(frozen=True)
class Oddly:
    """A layer with arrays of every shape."""

    shapes: tuple[tuple[int, ...], ...] = ((), (0,), (2, 0), (0, 2), (1, 2, 3), (2, 1, 2, 2))

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        state = {f"s{i}": State(shape) for i, shape in enumerate(self.shapes)}
        return Plan(in_shape, {f"p{i}": Param(shape, Zeros()) for i, shape in enumerate(self.shapes)}, state)

    def forward(self, f: Frame) -> Iterator[tuple[Any, ...]]:
        yield np.copyto, f.y, f.x

    def backward(self, f: Frame) -> Iterator[tuple[Any, ...]]:
        yield np.copyto, f.dx, f.dy


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_arrays_of_any_number_of_axes(tmp_path: Path, make_snapshot: Make, suffix: str) -> None:
    layers: tuple[Propagate, ...] = (Oddly(), Dense(3, 2))
    snapshot = make_snapshot(layers=layers)
    write(tmp_path / f"a{suffix}", snapshot)
    assert_same(read(tmp_path / f"a{suffix}", custom=(Oddly,)), snapshot)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_strided_and_foreign_arrays_are_written_as_they_read(tmp_path: Path, make_snapshot: Make, suffix: str) -> None:
    snapshot = make_snapshot()
    odd = {name: np.asfortranarray(np.repeat(a, 2, axis=-1)[..., ::2]) for name, a in snapshot.arrays.items()}
    path = tmp_path / f"a{suffix}"
    write(path, Snapshot(snapshot.spec, odd, snapshot.run))
    assert_same(read(path), snapshot)


def test_a_number_that_two_roundings_would_change(tmp_path: Path, make_snapshot: Make) -> None:
    # 7.038531e-26 lies closest to one float32, but its float64 lies closest to another.
    number = np.array([0x15AE43FD], np.uint32).view(np.float32)
    assert str(number[0]) == "7.038531e-26"
    assert np.float32(float(str(number[0]))) != number[0]
    snapshot = make_snapshot()
    snapshot.arrays["layers.4.b"][:1] = number
    write(tmp_path / "a.json", snapshot)
    assert_same(read(tmp_path / "a.json"), snapshot)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_network_gives_the_same_bytes(tmp_path: Path, snapshot: Snapshot, suffix: str) -> None:
    contents = set()
    for i in range(8):
        write(tmp_path / f"{i}{suffix}", snapshot)
        contents.add((tmp_path / f"{i}{suffix}").read_bytes())
    assert len(contents) == 1


def test_one_format_becomes_the_other_and_back(tmp_path: Path, snapshot: Snapshot) -> None:
    a, b, c = tmp_path / "a.safetensors", tmp_path / "b.json", tmp_path / "c.safetensors"
    write(a, snapshot)
    write(b, read(a))
    write(c, read(b))
    assert a.read_bytes() == c.read_bytes()
    assert json.loads(b.read_text("utf-8"))["sha256"].encode() in a.read_bytes()


def test_the_safetensors_library_reads_the_tensors_by_name(tmp_path: Path, snapshot: Snapshot) -> None:
    write(tmp_path / "a.safetensors", snapshot)
    with safe_open(tmp_path / "a.safetensors", framework="numpy") as file:
        assert set(file.keys()) == {*snapshot.arrays, "history"}
        for name, array in snapshot.arrays.items():
            np.testing.assert_array_equal(file.get_tensor(name), array)
        np.testing.assert_array_equal(file.get_tensor("history")[:, 1], [0.1, 1 / 3])
        metadata = file.metadata()
    assert metadata["format"] == "1"
    assert json.loads(metadata["spec"])["layers"][1]["kind"] == "Dense"
    assert json.loads(metadata["run"])["step"] == 12


def test_a_plain_reader_finds_what_callbacks_keep(tmp_path: Path, snapshot: Snapshot) -> None:
    write(tmp_path / "a.safetensors", snapshot)
    found = load_file(tmp_path / "a.safetensors")
    for name, array in snapshot.weights().items():
        for keeper in ("EarlyStopping", "EarlyStopping.2"):
            kept = found[f"callbacks.{keeper}.{name}"]
            assert kept.shape == array.shape
            assert kept.tobytes() == snapshot.arrays[f"callbacks.{keeper}.{name}"].tobytes()


def test_a_changed_weight_is_one_changed_line_and_the_checksum(tmp_path: Path, snapshot: Snapshot) -> None:
    write(tmp_path / "a.json", snapshot)
    snapshot.arrays["layers.1.w"][2, 1] += 1
    write(tmp_path / "b.json", snapshot)
    old, new = ((tmp_path / name).read_text("utf-8").splitlines() for name in ("a.json", "b.json"))
    added = [line for line in difflib.ndiff(old, new) if line.startswith("+ ")]
    assert len(old) == len(new)
    assert len(added) == 2
    assert added[0].startswith('+  "sha256": ')
    row = [float(text) for text in added[1][2:].strip(" [],").split(",")]
    np.testing.assert_array_equal(np.array(row, np.float32), snapshot.arrays["layers.1.w"][2])


def test_the_json_file_is_readable(tmp_path: Path, make_snapshot: Make) -> None:
    snapshot = make_snapshot()
    snapshot.arrays["layers.4.w"][...] = [[0.1, -0.0], [1e-45, 3], [1e20, 123456.7], [0, 1]]
    write(tmp_path / "a.json", snapshot)
    text = (tmp_path / "a.json").read_text("utf-8")
    assert '{"kind": "Dropout", "rate": 0.5}' in text
    assert '"classes": ["no", "yes, \u00e9"]' in text
    assert '"history": [\n  [1, 0.1, null, 0.25, 0.01],\n  [2, 0.3333333333333333, null, null, 0.01]\n ]' in text
    assert '"layers.4.w": [\n   [0.1, -0.0],\n   [1e-45, 3.0],\n   [1e+20, 123456.7],\n   [0.0, 1.0]\n  ]' in text
    assert text.index('"layers.1.w"') < text.index('"layers.4.w"') < text.index('"optimizer.m.layers.1.w"')


def test_a_rearranged_json_file_is_the_same(tmp_path: Path, snapshot: Snapshot) -> None:
    write(tmp_path / "a.json", snapshot)
    data = json.loads((tmp_path / "a.json").read_text("utf-8"))
    (tmp_path / "b.json").write_text(json.dumps(data, indent=7, sort_keys=True), "utf-8")
    (tmp_path / "c.json").write_text(json.dumps(data, separators=(",", ":")), "utf-8")
    found = [read(tmp_path / name) for name in ("b.json", "c.json")]
    assert_same(found[0], snapshot)
    assert_same(found[1], snapshot)


def test_ten_thousand_epochs_fit_into_either_file(tmp_path: Path, make_snapshot: Make) -> None:
    rows = [{"epoch": i, "loss": i / 7, "a": None, "b": 0.5, "c": 0.1, "d": 1.5, "e": None} for i in range(20_000)]
    snapshot = make_snapshot({"fit": {"history": {"rows": rows, "reason": None}}})
    for suffix in SUFFIXES:
        write(tmp_path / f"a{suffix}", snapshot)
        assert read(tmp_path / f"a{suffix}").run == snapshot.run


def test_weights_are_the_arrays_without_the_optimizers(snapshot: Snapshot) -> None:
    assert list(snapshot.weights()) == [
        "layers.0.mean", "layers.0.scale", "layers.1.w", "layers.1.b", "layers.4.w", "layers.4.b"
    ]  # fmt: skip
    assert [name for name in snapshot.arrays if "layers" not in name] == ["optimizer.product"]
