"""Thousands of damaged files: a DataError or the right numbers comes out, and nothing else."""

import gzip
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_model.data import read_csv, read_idx
from nn_model.errors import DataError

Array = np.ndarray[Any, np.dtype[Any]]

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
ALPHABET = b"\0\1\2\3\4\x08\x0b\x0d\x0e\xff\x1f\x8b"
CSV_ALPHABET = b',;\n\r"0123456789.-+eEnaif_x \t\0\xe9\xff\xc3\xa9'


def mutated(data: bytes, rng: np.random.Generator, alphabet: bytes) -> bytes:
    """One to three random changes: a byte set, put in, taken out, copied, or the end cut."""
    changed = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(0, max(len(changed), 1)))
        byte = alphabet[rng.integers(len(alphabet))] if rng.random() < 0.7 else int(rng.integers(256))
        match rng.integers(8):
            case 0 | 1 | 2:
                changed[at : at + 1] = bytes([byte])
            case 3 | 4:
                changed[at:at] = bytes([byte])
            case 5:
                del changed[at : at + int(rng.integers(1, 5))]
            case 6:
                changed[at:at] = changed[at : at + int(rng.integers(1, 9))]
            case _:
                del changed[at:]
    return bytes(changed)


def idx_by_hand(data: bytes) -> Array:
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(data[3])]
    return np.frombuffer(data, TYPES[data[2]], offset=4 + 4 * len(shape)).reshape(shape)


def idx_file(code: int) -> bytes:
    numbers = np.arange(24).reshape(2, 3, 4).astype(TYPES[code])
    return bytes((0, 0, code, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4)) + numbers.tobytes()


@pytest.mark.parametrize("code", [0x08, 0x0B, 0x0E])
def test_mutated_idx(tmp_path: Path, code: int) -> None:
    rng = np.random.default_rng(code)
    good, path = idx_file(code), tmp_path / "x"
    read = refused = 0
    for _ in range(1000):
        data = mutated(good, rng, ALPHABET)
        path.write_bytes(data)
        try:
            array = read_idx(path)
        except DataError:
            refused += 1
            continue
        np.testing.assert_array_equal(array, idx_by_hand(data))
        assert array.dtype.isnative
        assert np.isfinite(array).all()
        read += 1
    assert min(read, refused) > 50


def test_mutated_gzip(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    plain, path = idx_file(0x0C), tmp_path / "x.gz"
    good = gzip.compress(plain, mtime=0)
    read = refused = 0
    for _ in range(2000):
        path.write_bytes(mutated(good, rng, ALPHABET))
        try:
            array = read_idx(path)
        except DataError:
            refused += 1
            continue
        np.testing.assert_array_equal(array, idx_by_hand(plain))
        read += 1
    assert read > 5, "a byte of the time stamp harms nothing"
    assert refused > 1000


def csv_by_hand(data: bytes) -> list[list[float]]:
    lines = data.decode("utf-8-sig").replace("\r\n", "\n").rstrip("\r\n").split("\n")
    return [[float(cell) for cell in line.split(",")] for line in lines]


GOOD_CSV = b"1.5,-2,30\r\n4,5e1,6\r\n7,8,9.25\r\n0,-0.125,12\r\n"


@pytest.mark.parametrize("good", [GOOD_CSV, GOOD_CSV.replace(b"\r", b""), b"\xef\xbb\xbf" + GOOD_CSV])
def test_mutated_csv(tmp_path: Path, good: bytes) -> None:
    rng = np.random.default_rng(len(good))
    path = tmp_path / "x.csv"
    read = refused = 0
    for _ in range(1000):
        data = mutated(good, rng, CSV_ALPHABET)
        path.write_bytes(data)
        try:
            table = read_csv(path, label=None, header=False, dtype="float64")
        except DataError:
            refused += 1
            continue
        assert np.isfinite(table.x).all()
        if b'"' not in data:
            assert table.x.tolist() == csv_by_hand(data)
            read += 1
    assert min(read, refused) > 50


def test_mutated_table_with_header_and_names(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    good = "size,height,kind\n1,2,cat\n3,4,dög\n5,6,cat\n".encode()
    path = tmp_path / "x.csv"
    read = refused = 0
    for _ in range(2000):
        path.write_bytes(mutated(good, rng, CSV_ALPHABET))
        try:
            table = read_csv(path)
        except DataError:
            refused += 1
            continue
        assert table.y is not None
        assert len(table.columns) == table.x.shape[1] >= 1
        assert len(table.y) == len(table.x) >= 1
        assert all(math.isfinite(number) for number in table.x.ravel().tolist())
        assert table.classes is None or 0 <= table.y.min() <= table.y.max() < len(table.classes)
        read += 1
    assert min(read, refused) > 50
