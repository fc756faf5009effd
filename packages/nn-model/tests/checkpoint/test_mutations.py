"""Thousands of damaged files: one of two errors, or exactly the network that was written; never anything else."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nn_model.checkpoint import Snapshot, read, write
from nn_model.errors import CheckpointError, ShapeError

here = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
BYTES = b'[]{}",:\\0123456789.-+eEtfn \n\0\xff\xc3\x80x'


@pytest.fixture(params=[".json", ".safetensors"])
def whole(request: pytest.FixtureRequest, tmp_path: Path, snapshot: Snapshot) -> tuple[Path, bytes]:
    path = tmp_path / f"a{request.param}"
    write(path, snapshot)
    return path, path.read_bytes()


Content = tuple[Any, Any, dict[str, tuple[str, tuple[int, ...], bytes]]]


def content_of(snapshot: Snapshot) -> Content:
    arrays = {name: (array.dtype.str, array.shape, array.tobytes()) for name, array in snapshot.arrays.items()}
    return snapshot.spec, snapshot.run, arrays


def outcome(path: Path) -> Content | str:
    """Read a damaged file: what is in it, or the sentence that refuses it. An error of another kind is not caught."""
    try:
        return content_of(read(path))
    except (CheckpointError, ShapeError) as error:
        return str(error)


def is_refused(found: Content | str, path: Path) -> bool:
    return isinstance(found, str) and found.startswith(f"{path}: ") and len(found) < 1000


Change = Callable[[bytearray], None]


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """One change of a file's bytes, at a place given as a part of its length."""
    at, length = draw(st.floats(0, 1)), draw(st.integers(1, 40))
    piece = draw(
        st.binary(min_size=1, max_size=4) | st.lists(st.sampled_from(BYTES), min_size=1, max_size=4).map(bytes)
    )
    kind = draw(st.sampled_from(["flip", "set", "insert", "delete", "copy", "cut"]))
    head = draw(st.booleans())

    def change(data: bytearray) -> None:
        i = int(at * (min(len(data), 2500 if head else 10**9) - 1)) if data else 0
        if kind == "flip" and data:
            data[i] ^= 1 << (length % 8)
        elif kind == "set":
            data[i : i + len(piece)] = piece
        elif kind == "insert":
            data[i:i] = piece
        elif kind == "delete":
            del data[i : i + length]
        elif kind == "copy":
            data[i:i] = data[i : i + length]
        elif kind == "cut":
            del data[i:]

    return change


@settings(here, max_examples=500)
@given(edits=st.lists(changes(), min_size=1, max_size=3))
def test_bytes_changed(whole: tuple[Path, bytes], snapshot: Snapshot, edits: list[Change]) -> None:
    path, content = whole
    data = bytearray(content)
    for edit in edits:
        edit(data)
    path.write_bytes(data)
    found = outcome(path)
    assert is_refused(found, path) or found == content_of(snapshot)


Spot = tuple[Any, Any]


def spots(value: Any) -> list[Spot]:
    """Find every place in a piece of JSON: the list or object that holds it, and its key there."""
    found: list[Spot] = []
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        found += [(value, key), *spots(value[key])]
    return found


scalars: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=6)
)
kinds = st.sampled_from(["Dense", "ReLU", "Adam", "SGD", "MSE", "Cosine", "ClipNorm", "os.system", "float32", "nan"])
sizes = st.sampled_from([0, 1, -1, 2, 3, 4, 10**6, 10**12, 2**63, 2**64, 10**101, 1.0, "1", 1e308])
values = (
    scalars | kinds | sizes | st.sampled_from([[], {}, [[]], {"kind": "ReLU"}, {"float": "nan"}, [1, "2"], [[0.5]]])
)


@st.composite
def rewrites(draw: st.DrawFn) -> Callable[[Any], None]:
    """One change of JSON's structure: a value replaced, dropped, doubled, moved, or a key renamed."""
    where, other = draw(st.floats(0, 0.9999)), draw(st.floats(0, 0.9999))
    value, name = draw(values), draw(st.sampled_from(["kind", "x", "w", "lr", "__class__", "format", "layers"]))
    kind = draw(st.sampled_from(["replace", "replace", "drop", "add", "swap", "rename"]))

    def rewrite(data: Any) -> None:
        places = spots(data)
        if not places:
            return
        holder, key = places[int(where * len(places))]
        if kind == "replace":
            holder[key] = deepcopy(value)
        elif kind == "drop":
            del holder[key]
        elif kind == "add":
            holder.__setitem__(name, deepcopy(value)) if isinstance(holder, dict) else holder.insert(
                key, deepcopy(value)
            )
        elif kind == "rename" and isinstance(holder, dict):
            holder[name] = holder.pop(key)
        elif kind == "swap":
            from_holder, from_key = places[int(other * len(places))]
            holder[key] = deepcopy(from_holder[from_key])

    return rewrite


@settings(here, max_examples=500)
@given(
    edits=st.lists(rewrites(), min_size=1, max_size=3), resum=st.booleans(), part=st.sampled_from(["spec", "run", ""])
)
def test_json_rewritten(forge: Any, edits: list[Callable[[Any], None]], resum: bool, part: str) -> None:
    def edit(data: dict[str, Any]) -> None:
        for change in edits:
            change(data[part] if part and isinstance(data.get(part), dict | list) else data)

    path = forge.json(edit, resum=resum)
    found = outcome(path)
    assert is_refused(found, path) or not isinstance(found, str)


@settings(here, max_examples=500)
@given(edits=st.lists(rewrites(), min_size=1, max_size=3), part=st.sampled_from(["spec", "run", ""]))
def test_header_rewritten(forge: Any, edits: list[Callable[[Any], None]], part: str) -> None:
    def edit(header: dict[str, Any]) -> None:
        target = json.loads(header["__metadata__"][part]) if part else header
        for change in edits:
            change(target)
        if part:
            header["__metadata__"][part] = json.dumps(target)

    path = forge.tensors(edit)
    found = outcome(path)
    assert is_refused(found, path) or not isinstance(found, str)


def test_an_untouched_file_is_harmless(whole: tuple[Path, bytes], snapshot: Snapshot) -> None:
    assert outcome(whole[0]) == content_of(snapshot)
