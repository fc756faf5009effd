"""IDX files: what is written comes back, and every bad file is refused in words."""

import gzip
import math
import os
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nn_model.data import read_idx, write_idx
from nn_model.errors import DataError

Array = np.ndarray[Any, np.dtype[Any]]

DTYPES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
MIB = 1 << 20


def header(code: int, *sizes: int) -> bytes:
    return bytes((0, 0, code, len(sizes))) + b"".join(size.to_bytes(4, "big") for size in sizes)


arrays = st.sampled_from(sorted(DTYPES)).flatmap(
    lambda name: hnp.arrays(
        np.dtype(name),
        hnp.array_shapes(max_dims=4, max_side=4),
        elements=hnp.from_dtype(np.dtype(name), allow_nan=False, allow_infinity=False),
    )
)


@given(array=arrays, ending=st.sampled_from(["", ".gz"]))
def test_what_is_written_comes_back(tmp_path_factory: pytest.TempPathFactory, array: Array, ending: str) -> None:
    path = tmp_path_factory.mktemp("idx") / f"array{ending}"
    write_idx(path, array)
    back = read_idx(path)
    assert back.dtype == array.dtype
    assert back.dtype.isnative
    np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize(("name", "code"), DTYPES.items())
def test_numbers_are_big_endian_in_the_file(tmp_path: Path, name: str, code: int) -> None:
    formats = {"u1": "B", "i1": "b", "i2": "h", "i4": "i", "f4": "f", "f8": "d"}
    body = struct.pack(f">6{formats[name]}", 1, 2, 3, 4, 5, 100)
    (tmp_path / "x").write_bytes(header(code, 2, 3) + body)
    array = read_idx(tmp_path / "x")
    assert array.dtype == np.dtype(name)
    assert array.tolist() == [[1, 2, 3], [4, 5, 100]]
    array[0, 0] = 7
    write_idx(tmp_path / "y", array.astype(array.dtype.newbyteorder(">"))[:, ::-1])
    assert (tmp_path / "y").read_bytes() == header(code, 2, 3) + struct.pack(f">6{formats[name]}", 3, 2, 7, 100, 5, 4)


def test_compression_is_seen_in_the_content_not_the_name(tmp_path: Path) -> None:
    data = header(0x08, 3) + b"abc"
    (tmp_path / "plain.gz").write_bytes(data)
    (tmp_path / "packed").write_bytes(gzip.compress(data))
    assert read_idx(tmp_path / "plain.gz").tolist() == read_idx(tmp_path / "packed").tolist() == [97, 98, 99]


def test_two_gzip_members_are_one_file(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(gzip.compress(header(0x08, 4) + b"\1\2") + gzip.compress(b"\3\4"))
    assert read_idx(str(tmp_path / "x")).tolist() == [1, 2, 3, 4]


def test_equal_arrays_give_equal_files(tmp_path: Path) -> None:
    for name in "a.gz", "b.gz":
        write_idx(tmp_path / name, np.arange(100, dtype=np.uint8))
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    assert (tmp_path / "a.gz").read_bytes()[3:8] == bytes(5), "neither a name nor a time is stored"


PACKED = gzip.compress(header(0x08, 100) + bytes(range(100)), mtime=0)
IMAGES = header(0x08, 2, 2, 2) + bytes(8)

BAD = {
    "empty": (b"", "found 0;"),
    "three bytes": (b"\0\0\x08", "found 3;"),
    "header cut": (header(0x08, 2, 2)[:10], "ends after 10 bytes, 12 expected"),
    "first bytes": (b"\1\0\x08\1" + bytes(5), "found 0x01000801"),
    "type": (header(0x0A, 4) + bytes(4), "found 0x00000A01"),
    "ndim 0": (b"\0\0\x08\0", "found 0x00000800"),
    "ndim 5": (header(0x08, 1, 1, 1, 1, 1) + b"\0", "found 0x00000805"),
    "terabytes": (header(0x08, *[0xFFFFFFFF] * 4) + bytes(9), f"20 + {0xFFFFFFFF**4} bytes in all; found 29 bytes"),
    "wraps": (header(0x0E, 1 << 31, 1 << 31, 4), f"16 + {1 << 67} bytes in all; found 16 bytes"),
    "terabytes in gz": (gzip.compress(header(0x08, *[0xFFFFFFFF] * 4)), "bytes of gzip data can hold"),
    "short": (IMAGES[:-1], "16 + 8 bytes in all; found 23 bytes"),
    "long": (IMAGES + b"\0", "16 + 8 bytes in all; found 25 bytes"),
    "short in gz": (gzip.compress(IMAGES[:-1]), "16 + 8 bytes in all; found 23 bytes"),
    "long in gz": (gzip.compress(IMAGES + b"\0"), "16 + 8 bytes in all; found more"),
    "no images": (header(0x08, 0, 28, 28), "no dimension may be 0; found (0, 28, 28)"),
    "zero width": (header(0x08, 3, 28, 0), "no dimension may be 0; found (3, 28, 0)"),
    "zip": (b"PK\3\4" + bytes(40), "looks like a zip archive"),
    "html": (b"<!DOCTYPE html><html>", "looks like HTML"),
    "text": (b"label,pixel1\n1,2\n", "looks like text"),
    "npy": (b"\x93NUMPY\1\0", "looks like a .npy array"),
    "gz cut": (PACKED[:-9], "damaged or cut"),
    "gz without its sums": (PACKED[:-8], "damaged or cut"),
    "gz CRC": (PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], "CRC check failed"),
    "gz size": (PACKED[:-4] + b"\1\2\3\4", "Incorrect length"),
    "gz garbage after it": (PACKED + b"garbage", "damaged or cut: Not a gzipped file"),
    "gz magic only": (b"\x1f\x8b", "damaged or cut"),
    "gz body": (PACKED[:20] + bytes(20) + PACKED[40:], "damaged or cut"),
    "gz in gz": (gzip.compress(PACKED), "looks like gzip-compressed data"),
    "NaN": (
        header(0x0E, 2, 2) + struct.pack(">4d", 1, 2, math.nan, math.inf),
        "found 2 NaN or infinite, the first at (1, 0)",
    ),
    "Inf": (header(0x0D, 2) + struct.pack(">2f", 1, -math.inf), "found 1 NaN or infinite, the first at (1,)"),
}


@pytest.mark.parametrize(("data", "words"), BAD.values(), ids=BAD)
def test_bad_file_is_refused_by_name_with_what_was_found(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(data)
    tracemalloc.start()
    with pytest.raises(DataError) as error:
        read_idx(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert str(error.value).startswith(f"{path}: ")
    assert words in str(error.value)
    remedy = str(error.value).rpartition("; ")[2]
    assert remedy.split()[0] in {"fetch", "use", "clean"}
    assert peak < 4 * MIB


def bomb(begin: bytes, mebibytes: int) -> bytes:
    """Make a gzip file of about 1 KiB per MiB: `begin`, then zeros; its end is never written."""
    packer = zlib.compressobj(9, wbits=31)
    start = packer.compress(begin) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + (packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)) * mebibytes


BOMBS = {
    "more than declared": (lambda: bomb(header(0x08, 1000), 1024), "found more"),
    "declared over the limit": (lambda: bomb(header(0x08, 1024, MIB + 1), 1024), "pass a larger max_bytes"),
    "zeros only": (lambda: bomb(b"", 1024), "found 0x00000000"),
    "bomb in bomb": (lambda: gzip.compress(bomb(b"", 1024)), "found 0x1F8B0800"),
    "less than declared": (lambda: bomb(header(0x08, 1023, MIB), 16) + bytes(MIB), "damaged or cut"),
}


@pytest.mark.parametrize(("make", "words"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_in_little_memory(tmp_path: Path, make: Callable[[], bytes], words: str) -> None:
    (tmp_path / "bomb").write_bytes(make())
    tracemalloc.start()
    with pytest.raises(DataError, match=words):
        read_idx(tmp_path / "bomb")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * MIB


def test_max_bytes_is_the_largest_body(tmp_path: Path) -> None:
    write_idx(tmp_path / "x", np.zeros((10, 10), np.float32))
    assert read_idx(tmp_path / "x", max_bytes=400).shape == (10, 10)
    with pytest.raises(DataError, match="over the limit of 399; pass a larger max_bytes"):
        read_idx(tmp_path / "x", max_bytes=399)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(3, np.int64),
        np.zeros(3, np.bool_),
        np.zeros(3, np.uint16),
        np.zeros((), np.uint8),
        np.zeros((1, 1, 1, 1, 1), np.uint8),
        np.zeros((0, 3), np.uint8),
        np.array([1.0, np.nan]),
    ],
    ids=lambda array: f"{array.dtype}-{array.shape}",
)
def test_what_idx_cannot_hold_is_not_written(tmp_path: Path, array: Array) -> None:
    with pytest.raises(DataError, match=r"IDX holds|numbers must be finite"):
        write_idx(tmp_path / "x", array)
    assert not list(tmp_path.iterdir())


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "real").write_bytes(b"mine")
    (tmp_path / "link").symlink_to("real")
    for path, message in (
        (tmp_path / "taken", "taken: this is a folder; name a file in it"),
        (tmp_path / "missing" / "x", "x: the folder .*missing does not exist; make it first"),
        (tmp_path / "link", "link: this is a link, pipe or device, which would be replaced; name a file"),
        (tmp_path / "nul\0", "not a possible path: embedded null"),
        (tmp_path / ("a" * 250), "cannot be written: File name too long"),
    ):
        with pytest.raises(DataError, match=message):
            write_idx(path, np.zeros(3, np.uint8))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["link", "real", "taken"]
    assert (tmp_path / "real").read_bytes() == b"mine"


@pytest.mark.parametrize(("name", "needs"), [("x", "50,008"), ("x.gz", "50,[0-9]{3}")])
def test_a_file_that_is_too_large_for_the_disk_leaves_the_old_one(tmp_path: Path, name: str, needs: str) -> None:
    resource = pytest.importorskip("resource")
    path, noise = tmp_path / name, np.random.default_rng(0).integers(0, 256, 50_000).astype(np.uint8)
    write_idx(path, noise[:100])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(
            DataError,
            match=rf"{path}: cannot be written: File too large; the file needs {needs} bytes and [0-9,]+ are free; "
            "what was there is unchanged; free some space, or choose another folder",
        ):
            write_idx(path, noise)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert read_idx(path).tolist() == noise[:100].tolist()
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_what_a_dead_process_left_of_an_idx_file_is_swept(tmp_path: Path) -> None:
    litter = tmp_path / f".x.{os.getpid()}.0123456789abcdef.tmp"  # of an earlier life of this number
    litter.write_bytes(b"half")
    write_idx(tmp_path / "x", np.zeros(3, np.uint8))
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]


def test_writing_replaces_the_file(tmp_path: Path) -> None:
    for value in 1, 2:
        write_idx(tmp_path / "x.gz", np.full(3, value, np.uint8))
    assert read_idx(tmp_path / "x.gz").tolist() == [2, 2, 2]
    assert len(list(tmp_path.iterdir())) == 1
