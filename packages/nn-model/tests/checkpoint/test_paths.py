"""What may stand at a path: a regular file of one of the two formats, of a size that can be, and nothing else."""

import gzip
import io
import math
import os
import pickle
import socket
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from nn_model import load
from nn_model.checkpoint import Snapshot, read, write
from nn_model.checkpoint.source import opened
from nn_model.errors import CheckpointError, PartError

if TYPE_CHECKING:
    from collections.abc import Callable

SUFFIXES = [".json", ".safetensors"]


@pytest.mark.parametrize("name", ["model", "model.bin", "model.pt", "model.pkl", "model.json.gz", ".json", "json"])
def test_only_two_suffixes(tmp_path: Path, snapshot: Snapshot, name: str) -> None:
    for call in (lambda: read(tmp_path / name), lambda: write(tmp_path / name, snapshot)):
        with pytest.raises(CheckpointError, match=r"the suffix must be \.safetensors or \.json; found '"):
            call()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["ckpt", "run.2026"])
def test_a_folder_is_said_to_be_one(tmp_path: Path, snapshot: Snapshot, name: str) -> None:
    (tmp_path / name).mkdir()
    for call in (lambda: read(tmp_path / name), lambda: write(tmp_path / name, snapshot)):
        with pytest.raises(CheckpointError, match=r"this is a folder; name a \.safetensors or \.json file in it"):
            call()


@pytest.mark.parametrize(("custom", "found"), [(3, "3"), (Snapshot, "Snapshot"), ("Own", "'Own'")])
def test_own_classes_are_handed_over_as_a_list(tmp_path: Path, snapshot: Snapshot, custom: Any, found: str) -> None:
    write(tmp_path / "a.json", snapshot)
    with pytest.raises(CheckpointError, match=rf"custom must be classes, as in custom=\(.*,\); found .*{found}"):
        load(tmp_path / "a.json", custom=custom)


@pytest.mark.parametrize("cap", ["max_bytes", "max_parameters"])
@pytest.mark.parametrize("value", [-1, 0, True, "10", 2.5, math.nan])
def test_a_cap_is_a_whole_number(tmp_path: Path, snapshot: Snapshot, cap: str, value: Any) -> None:
    write(tmp_path / "a.json", snapshot)
    with pytest.raises(PartError, match=f"{cap} must be a whole number of at least 1; got "):
        load(tmp_path / "a.json", **{cap: value})


def test_caps_that_are_left_open_are_the_usual_ones(tmp_path: Path, snapshot: Snapshot) -> None:
    write(tmp_path / "a.json", snapshot)
    with pytest.raises(CheckpointError, match="run state"):  # this file has none: all that was read before is fine
        load(tmp_path / "a.json", max_bytes=None, max_parameters=None)


def test_a_suffix_in_capitals(tmp_path: Path, snapshot: Snapshot) -> None:
    write(tmp_path / "A.JSON", snapshot)
    assert read(str(tmp_path / "A.JSON")).run == snapshot.run


def bind(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)  # a socket's path must be short


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_row_78_only_regular_files(tmp_path: Path, snapshot: Snapshot, suffix: str) -> None:
    real = tmp_path / f"real{suffix}"
    write(real, snapshot)
    kinds: dict[str, Callable[[Path], object]] = {
        "a symbolic link": lambda path: path.symlink_to(real),
        "a folder": Path.mkdir,
        "a pipe": os.mkfifo,
        "a socket": bind,
    }
    for i, (kind, make) in enumerate(kinds.items()):
        path = tmp_path / f"{i}{suffix}"
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path)
            make(path)
        with pytest.raises(CheckpointError, match=f"a checkpoint must be a regular file; found {kind}; name the file"):
            read(path)
        with pytest.raises(CheckpointError, match=r"this is a (folder|link, pipe or device)"):
            write(path, snapshot)
    assert read(real).run == snapshot.run


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_row_78_devices(tmp_path: Path, snapshot: Snapshot, suffix: str) -> None:
    path = tmp_path / f"zero{suffix}"
    try:
        os.mknod(path, 0o666 | 0o020000, os.makedev(1, 5))
    except PermissionError:  # only root may make one; to reach the same place, follow a link to the real one
        path.symlink_to("/dev/zero")
    with pytest.raises(CheckpointError, match=r"must be a regular file; found a (device|symbolic link)"):
        read(path)
    with pytest.raises(CheckpointError, match="this is a link, pipe or device, which would be replaced"):
        write(path, snapshot)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_row_79_a_size_that_cannot_be(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"large{suffix}"
    with path.open("wb") as file:
        file.truncate(10 * 2**30)
    most = {".json": "134,217,728", ".safetensors": "4,294,967,296"}[suffix]
    with pytest.raises(CheckpointError, match=f"has 10,737,418,240 bytes and at most {most} are allowed; pass max_"):
        read(path)
    with pytest.raises(CheckpointError, match=f"has 10,737,418,240 bytes and at most {most} are allowed; pass max_"):
        load(path)
    with pytest.raises(CheckpointError, match="at most 100 are allowed"):
        read(path, max_bytes=100)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_row_65_the_caller_decides_how_many_parameters(tmp_path: Path, snapshot: Snapshot, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write(path, snapshot)
    count = sum(array.size for array in snapshot.arrays.values()) - 1  # all but Nadam's product are counted
    with pytest.raises(CheckpointError, match=rf"asks for {count} numbers and at most {count - 1} are allowed"):
        read(path, max_parameters=count - 1)
    assert read(path, max_parameters=count).run == snapshot.run


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing", "No such file"),
        ("nul\0", "not a possible path"),
        ("a" * 300, "name too long"),
        ("no/such", "No such"),
    ],
)
def test_paths_where_nothing_is(tmp_path: Path, suffix: str, name: str, message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        read(tmp_path / f"{name}{suffix}")


def read_while_it_shrinks(path: Path) -> bytearray:
    with opened(path, max_bytes=100) as source:
        os.truncate(path, 60)
        return source.read(source.size)


def test_a_file_that_becomes_shorter_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(bytes(100))
    with pytest.raises(CheckpointError, match=r"a\.json: the file ended 40 bytes early: it is truncated or being writ"):
        read_while_it_shrinks(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_damaged_file_whose_copy_could_have_no_name(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / ("a" * (255 - len(suffix)) + suffix)
    path.write_bytes(b"")
    with pytest.raises(CheckpointError, match="truncated or damaged") as caught:
        read(path)
    assert "there is a copy" not in str(caught.value)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("ending", [".bak", "~"])
@pytest.mark.parametrize("size", [0, 7, 200])
def test_row_51_names_a_copy_that_lies_beside(
    tmp_path: Path, snapshot: Snapshot, suffix: str, ending: str, size: int
) -> None:
    path = tmp_path / f"a{suffix}"
    write(path, snapshot)
    path.with_name(path.name + ending).write_bytes(path.read_bytes())
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CheckpointError, match=f"truncated or damaged.*; there is a copy, a{suffix}{ending}$"):
        read(path)


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def saved(save: Any, *args: Any) -> bytes:
    buffer = io.BytesIO()
    save(buffer, *args)
    return buffer.getvalue()


class Trap:
    """An object that leaves a file behind when it is unpickled."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("trap",)


FOREIGN = {
    **{f"pickle {n}": ("a pickle", pickle.dumps(Trap(), protocol=n)) for n in (2, 3, 4, 5)},
    **{f"pickle {n}": ("", pickle.dumps(Trap(), protocol=n)) for n in (0, 1)},  # these have no mark of their own
    "torch legacy": ("a pickle", b"".join(pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, Trap()))),
    "zip": ("a zip archive", zipped({"archive/data.pkl": pickle.dumps(Trap())})),
    "npz": ("a zip archive", saved(np.savez, np.zeros(3))),
    "npz of objects": ("a zip archive", saved(np.savez, np.array([Trap()], object))),
    "npy": (r"a \.npy array", saved(np.save, np.array([Trap()], object))),
    "hdf5": ("an HDF5 file", b"\x89HDF\r\n\x1a\n" + bytes(2000)),
    "gzip": ("gzip-compressed data", gzip.compress(b'{"format": 1}')),
    "html": ("HTML or XML", b"<!DOCTYPE html><html><body>404</body></html>"),
    "noise": ("", np.random.default_rng(0).bytes(2000)),
    "zeros": ("", bytes(2000)),
}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", FOREIGN)
def test_row_70_other_files_under_a_checkpoints_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    looks, content = FOREIGN[kind]
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=f"not a checkpoint.*{looks and f'it looks like {looks}'}"):
        read(path)
    assert not (tmp_path / "trap").exists()


def nested(depth: int, value: Any) -> Any:
    for _ in range(depth):
        value = {"a": value}
    return value


BAD_RUNS: list[tuple[Any, str]] = [
    ([], "run must be an object; found list"),
    ({1: 2}, "run: keys must be text; found 1"),
    ({"a": [{"b": {1, 2}}]}, r"run\.a\[0\]\.b: JSON holds text, .*; found set"),
    ({"a": np.float32(1)}, r"run\.a: JSON holds text, .*; found float32"),
    ({"a": np.zeros(2)}, r"run\.a: JSON holds text, .*; found ndarray"),
    ({"a": b"x"}, r"run\.a: JSON holds text, .*; found bytes"),
    ({"a": 10**100}, r"run\.a: whole numbers may have at most 100 digits"),
    ({"a": "\ud800"}, r"run\.a: text must be valid Unicode"),
    ({"\ud800": 1}, r"run: text must be valid Unicode"),
    ({"a": {"float": "nan"}}, r"run: the object .* would come back as a number"),
    (nested(63, math.inf), r"run\.a\.a.* may be nested at most 64 deep"),
    (nested(64, math.inf), r"run\.a\.a.* may be nested at most 64 deep"),
    ({"a": "x" * 3_000_000}, r"run may take at most 2,097,152 bytes; found 3,000,0"),
    ({"a": [0] * 200_000}, r"run may hold at most about 100,000 values; found 200,0"),
]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(("run", "message"), BAD_RUNS)
def test_a_run_that_no_file_can_hold(
    tmp_path: Path, make_snapshot: "Callable[..., Snapshot]", suffix: str, run: Any, message: str
) -> None:
    snapshot = make_snapshot({})
    path = tmp_path / f"a{suffix}"
    with pytest.raises(CheckpointError, match=message) as caught:
        write(path, Snapshot(snapshot.spec, snapshot.arrays, run))
    assert str(path) in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_too_deep(tmp_path: Path, snapshot: Snapshot) -> None:
    run: Any = {}
    for _ in range(500):
        run = {"a": run}
    with pytest.raises(CheckpointError, match=r"run\.a\.a.* may be nested at most 64 deep"):
        write(tmp_path / "a.json", Snapshot(snapshot.spec, snapshot.arrays, run))
    loop: dict[str, Any] = {}
    loop["a"] = [loop]
    with pytest.raises(CheckpointError, match="may be nested at most 64 deep"):
        write(tmp_path / "a.json", Snapshot(snapshot.spec, snapshot.arrays, loop))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_arrays_that_do_not_belong_together_are_not_written(tmp_path: Path, snapshot: Snapshot, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write(path, snapshot)
    before = path.read_bytes()
    arrays = snapshot.arrays
    bad = np.full_like(arrays["layers.1.w"], np.nan)
    for changed, message in (
        ({n: a for n, a in arrays.items() if n != "layers.1.w"}, r"arrays are missing: layers\.1\.w"),
        ({**arrays, "more": bad}, r"the network has no array more"),
        (
            {**arrays, "layers.1.w": arrays["layers.1.w"].T},
            r"layers\.1\.w must have the shape \(3, 4\); found \(4, 3\)",
        ),
        ({**arrays, "layers.1.w": arrays["layers.1.w"].astype("f8")}, r"layers\.1\.w must hold float32; found float64"),
        ({**arrays, "layers.1.w": bad}, r"numbers must be finite; layers\.1\.w\[0, 0\] is nan"),
        ({**arrays, "layers.1.w": bad * np.inf}, r"numbers must be finite"),
    ):
        with pytest.raises(ValueError, match=message):
            write(path, Snapshot(snapshot.spec, changed, snapshot.run))
    assert path.read_bytes() == before
