"""Bad CSV files: one sentence each, with the place, what was found, and the remedy."""

import os
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_model.data import read_csv
from nn_model.errors import DataError

MIB = 1 << 20
Case = tuple[str | bytes, dict[str, Any], str]


def refusal(path: Path, data: str | bytes, **options: Any) -> str:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    with pytest.raises(DataError) as error:
        read_csv(path, **options)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


STRUCTURE: dict[str, Case] = {
    "empty": ("", {}, "a table needs at least one row; the file is empty; add rows"),
    "mark only": (b"\xef\xbb\xbf", {}, "the file is empty"),
    "blank lines only": ("\n\n", {}, "the file is empty"),
    "header only": ("a,b\n", {}, "the file holds a header only"),
    "short row": ("1,2,0\n3,4,1\n5,6\n", {}, "line 3: every row has as many cells as line 1; found 2, expected 3"),
    "long row": ("a,b\n1,0\n1,2,3\n", {}, "line 3: every row has as many cells as line 1; found 3, expected 2"),
    "short under a header": ("a,b,c\n1,0\n", {}, "line 2: every row has as many cells as line 1; found 2, expected 3"),
    "long row after quotes": ('"1\n",2\n', {"header": False, "label": None}, "line 1, column 1 ('column 1')"),
    "line counted after a cell of two lines": ('"a\nb",c\n1,0\n1\n', {}, "line 4: every row"),
    "blank line": ("1,0\n\n2,1\n", {}, "line 2: a row must hold cells; found an empty line; delete it"),
    "blank lines": ("1,0\n\n\n2,1\n", {}, "line 2: a row must hold cells"),
    "blank first line": ("\n1,0\n", {}, "line 1: a row must hold cells"),
    "one column": ("1\n2\n", {}, "found 1 column; pass label=None to read features only"),
    "semicolons": ("1;2;0\n3;4;1\n", {}, "found 1 column; the cells hold ';': pass delimiter=';' (--delimiter)"),
    "tabs": ("a\tb\n1\t2\n", {}, r"found 1 column; the cells hold '\t': pass delimiter='\t' (--delimiter)"),
    "tabs, features only": ("1\t2\n3\t4\n", {"label": None}, r"pass delimiter='\t'"),
    "commas": ("1,2\n3,4\n", {"delimiter": ";"}, "found 1 column; the cells hold ',': pass delimiter=','"),
    "decimal commas": ("1,5;2,5;0\n3,5;1;1\n", {}, "pass delimiter=';' (--delimiter)"),
    "decimal commas under a header": ("a;b\n1,5;0\n", {"label": "b"}, "pass delimiter=';'"),
    "decimal commas, delimiter right": ("1;0\n1,5;1\n", {"delimiter": ";"}, "found '1,5'; write decimals with a point"),
    "numbers and words": (
        "1,x,0\n2,3,1\n",
        {},
        "(column 2: 'x'), so it may be names or data; pass header=True or header=False",
    ),
    "gap in line 1": (",2,0\n2,3,1\n", {}, "(column 1: '')"),
    "same name twice": (
        "a,b,a,c,b\n1,2,3,4,0\n",
        {},
        "found 'a', 'b' more than once among 'a', 'b', 'a', 'c', 'b'; rename a column",
    ),
    "no such name": ("a,b\n1,0\n", {"label": "kind"}, "no column is named 'kind'; columns present: 'a', 'b'; pass"),
    "name without header": ("1,0\n", {"label": "b", "header": False}, "columns present: 'column 1', 'column 2'"),
    "many names": (",".join(f"c{i}" for i in range(50)) + "\n", {"label": "x"}, "'c8', 'c9' and 40 more"),
    "label too far": ("1,0\n", {"label": 2}, "label=2 is outside the 2 columns; pass -2 to 1"),
    "label too far left": ("1,0\n", {"label": -3}, "label=-3 is outside"),
    "quote never closed": ('1,"0\n2,1\n3,1\n', {}, "line 1: a quote is never closed, or a cell is longer than 131,072"),
    "quote never closed, header": ('a,b\n1,0\n1,"2\n2,1\n', {}, "line 3: a quote is never closed"),
    "text after a quote": ('1,"0"x\n', {}, "line 1: quotes must enclose a whole cell"),
    "huge cell": ("1,0\n" + "1" * 131_073 + ",1\n", {}, "line 2: a quote is never closed, or a cell"),
    "returns alone": ("1,0\r2,1\r", {}, "line 1: a carriage return stands inside a row; end lines by a newline"),
    "too many columns": ("0," * 1_000_000 + "0\n", {}, "found 1,000,001 columns, over the limit of 100,000; pass"),
    "columns over the given limit": ("1,2,3\n", {"max_columns": 2}, "found 3 columns, over the limit of 2"),
    "huge cell of a small number": (
        "1,0\n" + "0" * 131_073 + "1,1\n",
        {},
        "line 2: a quote is never closed, or a cell",
    ),
    "endless row": ("1,0\n" + "0," * (16 * MIB), {}, "a line may have 6,400,000 bytes; the one at byte 4 has more"),
    "endless line": ("1,0\n" + "0" * (7 * MIB), {}, "a line may have 6,400,000 bytes; the one at byte 4 has more"),
}


@pytest.mark.parametrize(("data", "options", "words"), STRUCTURE.values(), ids=STRUCTURE)
def test_bad_structure(tmp_path: Path, data: str | bytes, options: dict[str, Any], words: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    tracemalloc.start()
    with pytest.raises(DataError) as error:
        read_csv(path, **options)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert str(error.value).startswith(f"{path}: ")
    assert words in str(error.value)
    assert peak < (96 if "columns" in words else 20) * MIB, "far under the size of the largest files here"


WORDS = ["", " ", "nan", "NaN", "inf", "-Infinity", "abc", "True", "None", "0x10", "1_000", "1 2", "1j", "1,5"]
PIECES = [".", "1e", "e5", "--1", "1.2.3"]
OTHER_DIGITS = [
    "\N{ARABIC-INDIC DIGIT ONE}",
    "\N{FULLWIDTH DIGIT ONE}",
    "\N{VULGAR FRACTION ONE HALF}",
    "1\N{NO-BREAK SPACE}",
]


@pytest.mark.parametrize("cell", [*WORDS, *PIECES, *OTHER_DIGITS])
@pytest.mark.parametrize("text_labels", [False, True])
def test_a_cell_that_is_no_number_is_placed(tmp_path: Path, cell: str, text_labels: bool) -> None:
    ends = ("cat", "dog") if text_labels else ("0", "1")
    shown = f'"{cell}"' if "," in cell else cell
    message = refusal(tmp_path / "x.csv", f"size,height,kind\n1,2,{ends[0]}\n3,{shown},{ends[1]}\n")
    assert message.startswith(
        f"line 3, column 2 ('height'): a cell must hold a finite decimal number; found {cell!r}; correct the cell"
    )


@pytest.mark.parametrize(("cell", "dtype"), [("1e999", "float64"), ("-1e999", "float32"), ("1e39", "float32")])
def test_a_number_that_overflows_is_placed(tmp_path: Path, cell: str, dtype: str) -> None:
    message = refusal(tmp_path / "x.csv", f"1,0\n{cell},1\n", dtype=dtype)
    assert message.startswith("line 2, column 1 ('column 1'): the number must be finite in the dtype asked for; found")
    assert repr(cell) in message


def test_a_long_cell_is_cut_to_40_characters(tmp_path: Path) -> None:
    message = refusal(tmp_path / "x.csv", f"1,0\n{'x' * 1000},1\n")
    assert f"found {'x' * 40!r}...; correct" in message


ENCODINGS: dict[str, tuple[bytes, str]] = {
    "UTF-16 with mark": ("1,0\n".encode("utf-16"), "found UTF-16 (mark at byte offset 0); save it as UTF-8"),
    "UTF-16 big end": (b"\xfe\xff" + "1,0\n".encode("utf-16-be"), "found UTF-16 (mark at byte offset 0)"),
    "UTF-32": ("1,0\n".encode("utf-32"), "found UTF-32 (mark at byte offset 0)"),
    "UTF-16 without mark": ("1,0\n".encode("utf-16-le"), "found a NUL at byte offset 1, as in UTF-16 or binary"),
    "NUL": (b"a,b\n1,0\n2,\x001\n", "found a NUL at byte offset 10"),
    "NUL after a mark": (b"\xef\xbb\xbf1,0\n\0", "found a NUL at byte offset 7"),
    "NUL in the first line, after a mark": (b"\xef\xbb\xbf1,\0\n", "found a NUL at byte offset 5"),
    "Latin-1": ("größe,b\n1,0\n".encode("latin-1"), "found 0xF6 at byte offset 2, as in Latin-1 or binary files"),
    "Latin-1 label": ("a,b\n1,ok\n2,süß\n".encode("latin-1"), "found 0xFC at byte offset 12"),
    "cut UTF-8": (b"a,b\n1,x\xc3", "found 0xC3 at byte offset 7"),
    "binary": (bytes(range(128, 256)), "found 0x80 at byte offset 0"),
    "gzip": (b"\x1f\x8b\x08\0\0\0\0\0", "found gzip-compressed data at byte offset 0; unpack or convert it"),
    "sheet": (b"PK\3\4\0\0", "found a zip archive (an .xlsx sheet is one, too) at byte offset 0"),
    "page": (b"<!DOCTYPE html>\n<html>", "found HTML"),
}


@pytest.mark.parametrize(("data", "words"), ENCODINGS.values(), ids=ENCODINGS)
def test_other_encodings_are_named_with_the_byte(tmp_path: Path, data: bytes, words: str) -> None:
    assert words in refusal(tmp_path / "x.csv", data)


LABELS: dict[str, Case] = {
    "billion": ("1,3\n2,1000000000\n", {}, 'below 10,000; found 1000000000 in data row 2; pass task="regression"'),
    "over max_classes": ("1,3\n2,4\n", {"max_classes": 4}, "below 4; found 4 in data row 2"),
    "fraction": ("1,0\n2,0.5\n", {"task": "classification"}, "found 0.5 in data row 2"),
    "negative": ("1,-1\n2,1\n", {"task": "classification"}, "found -1 in data row 1; number the classes from 0"),
    "not among the given": (
        "1,ant\n2,bee\n",
        {"classes": ("ant", "cat")},
        "line 2, column 2: no such class: 'bee'; the classes given are",
    ),
    "number over the given": ("1,0\n2,2\n", {"classes": ("no", "yes")}, "below 2; found 2 in data row 2"),
    "fraction among the given": ("1,0\n2,0.5\n", {"classes": ("no", "yes")}, "found 0.5"),
    "text, then number": ("1,ant\n2,3\n", {}, "text as in the first row, or numbers in all rows; found '3'"),
    "text, then nothing": ("1,ant\n2,\n", {}, "found ''"),
    "text, then nan": ("1,ant\n2, NaN\n", {}, "found ' NaN'"),
    "number, then text": ("1,0\n2,ant\n", {}, "line 2, column 2 ('column 2'): a cell must hold a finite decimal"),
    "nothing": ("1,\n2,3\n", {}, "line 1, column 2 ('column 2'): a cell must hold a finite decimal"),
    "text as values": ("1,ant\n2,bee\n", {"task": "regression"}, "found 'ant'"),
    "too many names": (
        "".join(f"1,n{i}\n" for i in range(10_001)),
        {},
        "line 10001, column 2: more than 10,000 classes",
    ),
}


@pytest.mark.parametrize(("data", "options", "words"), LABELS.values(), ids=LABELS)
def test_bad_labels(tmp_path: Path, data: str, options: dict[str, Any], words: str) -> None:
    assert words in refusal(tmp_path / "x.csv", data, **options)


def test_memory_is_judged_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("1,2,0\n")
    os.truncate(path, 6 * 10**9)  # a file of 10^9 rows, by its size; it takes no room on the disk
    tracemalloc.start()
    with pytest.raises(DataError, match="6,000,000,000 bytes of text may need up to 32,000,000,000 bytes of memory"):
        read_csv(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MIB


def test_max_bytes_allows_what_fits(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("1,2,0\n" * 100)
    assert read_csv(path, max_bytes=3200).x.nbytes == 800
    with pytest.raises(DataError, match="limit of 3,199; divide the file, or pass a larger max_bytes"):
        read_csv(path, max_bytes=3199)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        *[({"delimiter": bad}, "delimiter must be one character") for bad in ("", ",,", '"', "\n", "5", "e", ".", "é")],
        ({"dtype": "float16"}, "dtype must be 'float32' or 'float64'"),
        ({"task": "ranking"}, "task must be None"),
        ({"task": "regression", "classes": ("a",)}, "a regression has no classes"),
        ({"task": ["regression"]}, r"task must be None, .*; found \['regression'\]"),
        ({"dtype": np.float32}, "dtype must be 'float32' or 'float64'; found"),
        *[({"delimiter": bad}, f"delimiter must be one character .*; found {bad!r}") for bad in (3, None, b",")],
        *[({"label": bad}, f"label must be the index .*; found {bad!r}; try") for bad in (1.0, True, b"x")],
        *[({"header": bad}, f"header must be True, False or None; found {bad!r}") for bad in (1, "no")],
        ({"classes": ("a", "b", "a", "c", "b")}, "classes must be different names; found 'a', 'b' more than once"),
        *[({"classes": bad}, "classes must be a sequence of names") for bad in ("ab", b"ab", 3, (), (0, 1), ("a", 1))],
        *[
            ({name: bad}, f"{name} must be a whole number above 0; found {bad!r}")
            for name in ("max_columns", "max_classes", "max_bytes")
            for bad in (0, -1, 1.5, True, "9", None)
        ],
    ],
)
def test_bad_options(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    (tmp_path / "x.csv").write_text("1,0\n")
    with pytest.raises(DataError, match=words):
        read_csv(tmp_path / "x.csv", **options)


@pytest.mark.parametrize("path", [3, None, 1.5, b"x.csv", ["x.csv"]])
def test_a_path_of_another_type(path: Any) -> None:
    with pytest.raises(DataError, match="a path must be text or a path object; found"):
        read_csv(path)


ROWS = f"1,2.{'0' * 30},0\n" * 40_000  # more than the fast reader takes at a time
FAR: dict[str, Case] = {
    "word": ("3,x,1\n", {}, "line 40002, column 2 ('b'): a cell must hold a finite decimal number; found 'x'"),
    "broken number": ("3,1e,1\n", {}, "line 40002, column 2 ('b')"),
    "short": ("3,1\n", {}, "line 40002: every row has as many cells as line 1; found 2, expected 3"),
    "large": ("3,1e39,1\n", {}, "line 40002, column 2 ('b'): the number must be finite in the dtype asked for"),
    "large label": ("3,1,1e999\n", {}, "line 40002, column 3 ('c'): the number must be finite"),
    "large, no label": ("3,1,1e39\n", {"label": None}, "line 40002, column 3 ('c'): the number must be finite"),
    "blank": ("\n", {}, "line 40002: a row must hold cells; found an empty line"),
    "quote": ('3,"1,1\n', {}, "line 40002: a quote is never closed"),
}


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize(("row", "options", "words"), FAR.values(), ids=FAR)
def test_a_fault_far_down_is_placed(tmp_path: Path, row: str, options: dict[str, Any], words: str, mark: str) -> None:
    assert refusal(tmp_path / "x.csv", f"{mark}a,b,c\n{ROWS}{row}3,4,1\n", **options).startswith(words)
    two_lines = words.replace("40002", "40003")
    assert refusal(tmp_path / "x.csv", f'{mark}"a\na",b,c\n{ROWS}{row}3,4,1\n', **options).startswith(two_lines)


def test_a_byte_far_down_is_placed(tmp_path: Path) -> None:
    at = len(ROWS) + len("3,")
    assert f"found a NUL at byte offset {at}" in refusal(tmp_path / "x.csv", ROWS + "3,\0,1\n")


def test_a_fault_far_down_needs_no_careful_look_at_all_rows(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(ROWS * 4 + '"3",4,1\n')
    began = time.process_time()
    assert len(read_csv(path).x) == 160_001
    careful = time.process_time() - began
    began = time.process_time()
    refusal(path, ROWS * 4 + "3,x,1\n")
    assert time.process_time() - began < 0.7 * careful, "a quote, unlike a word, needs that look"
