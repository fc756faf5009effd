"""Tables in CSV files: what is accepted, and what comes out."""

import warnings
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn_model.data import Table, read_csv

Array = np.ndarray[Any, np.dtype[Any]]
Make = Any


def put(folder: Path, data: str | bytes) -> Path:
    path = folder / "table.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def labels(table: Table) -> list[float]:
    assert table.y is not None
    return list(table.y.tolist())


def test_header_and_names_of_classes(tmp_path: Path) -> None:
    table = read_csv(put(tmp_path, "weight,length,kind\n4.5,46,dog\n9,61.5,cat\n1,2,dog\n"))
    assert table.x.dtype == np.float32
    assert table.x.tolist() == [[4.5, 46], [9, 61.5], [1, 2]]
    assert table.x.flags.c_contiguous
    assert labels(table) == [1, 0, 1]
    assert table.y is not None
    assert table.y.dtype == np.int64
    assert table.classes == ("cat", "dog")
    assert table.columns == ("weight", "length")
    assert table.label == "kind"


def test_text_labels_do_not_make_line_1_a_header(tmp_path: Path) -> None:
    table = read_csv(put(tmp_path, "1,2,g\n3,4,b\n"))
    assert table.x.tolist() == [[1, 2], [3, 4]]
    assert labels(table) == [1, 0]
    assert table.columns == ("column 1", "column 2")
    assert table.label == "column 3"


@pytest.mark.parametrize("label", ["label", 0, -3])
def test_label_column_first_by_name_or_index(tmp_path: Path, label: int | str) -> None:
    table = read_csv(put(tmp_path, "label,1x1,1x2\n7,0,255\n2,128,0\n"), label=label)
    assert labels(table) == [7, 2]
    assert table.x.tolist() == [[0, 255], [128, 0]]
    assert table.columns == ("1x1", "1x2")
    assert table.classes == tuple("01234567")


def test_label_column_in_the_middle(tmp_path: Path) -> None:
    table = read_csv(put(tmp_path, "a,b,c\n1,0,2\n3,1,4\n"), label="b")
    assert table.columns == ("a", "c")
    assert table.x.tolist() == [[1, 2], [3, 4]]
    assert labels(table) == [0, 1]


def test_features_only(tmp_path: Path) -> None:
    table = read_csv(put(tmp_path, "1\n2\n"), label=None)
    assert table.x.tolist() == [[1], [2]]
    assert (table.y, table.classes, table.label) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "task", "expected", "classes"),
    [
        ("1,0\n2,1\n", None, [0, 1], ("0", "1")),
        ("1,0\n2,2.0\n", "classification", [0, 2], ("0", "1", "2")),
        ("1,0\n2,1\n", "regression", [0.0, 1.0], None),
        ("1,0.5\n2,1\n", None, [0.5, 1.0], None),
        ("1,-1\n2,1\n", None, [-1.0, 1.0], None),
        ("1,1e9\n2,3\n", "regression", [1e9, 3.0], None),
    ],
)
def test_labels_are_classes_or_values(
    tmp_path: Path,
    text: str,
    task: Literal["classification", "regression"] | None,
    expected: list[float],
    classes: tuple[str, ...] | None,
) -> None:
    table = read_csv(put(tmp_path, text), task=task)
    assert labels(table) == expected
    assert table.y is not None
    assert table.y.dtype == (np.float64 if classes is None else np.int64)
    assert table.classes == classes


def test_given_classes_number_a_test_file_as_its_training_file(tmp_path: Path) -> None:
    train = read_csv(put(tmp_path, "1,ant\n2,cat\n3,bee\n"))
    test = read_csv(put(tmp_path, "1,cat\n2,cat\n"), classes=train.classes)
    assert labels(test) == [2, 2]
    assert test.classes == ("ant", "bee", "cat")
    assert labels(read_csv(put(tmp_path, "1,cat\n2,cat\n"))) == [0, 0], "what the option is for"
    numbered = read_csv(put(tmp_path, "1,1\n2,0\n"), classes=("no", "yes"))
    assert labels(numbered) == [1, 0]
    assert numbered.classes == ("no", "yes")


SAME = {
    "plain": "1.5,-2,0\n3,4e1,1\n",
    "no last newline": "1.5,-2,0\n3,4e1,1",
    "CRLF": "1.5,-2,0\r\n3,4e1,1\r\n",
    "mark": b"\xef\xbb\xbf1.5,-2,0\n3,4e1,1\n",
    "mark and CRLF": b"\xef\xbb\xbf1.5,-2,0\r\n3,4e1,1",
    "quotes": '"1.5","-2",0\n3,"4e1","1"\n',
    "spaces": " 1.5 ,\t-2, 0\n3,4e1 ,1\t\n",
    "spellings": "+1.5,-2.,0\n3.000,.4E+2,01\n",
    "empty lines at the end": "1.5,-2,0\n3,4e1,1\n\n\r\n\n",
}


@pytest.mark.parametrize("header", [False, True])
@pytest.mark.parametrize("data", SAME.values(), ids=SAME)
def test_spellings_of_the_same_table(tmp_path: Path, data: str | bytes, header: bool) -> None:
    raw = data.encode() if isinstance(data, str) else data
    if header:
        mark = raw[:3] if raw.startswith(b"\xef") else b""
        raw = mark + '"größe",b,c\n'.encode() + raw.removeprefix(mark)
    table = read_csv(put(tmp_path, raw))
    assert table.x.tolist() == [[1.5, -2], [3, 40]]
    assert labels(table) == [0, 1]
    assert table.columns == (("größe", "b") if header else ("column 1", "column 2"))


@pytest.mark.parametrize("delimiter", [";", "\t", "|", " ", ":"])
def test_other_delimiters(tmp_path: Path, delimiter: str) -> None:
    path = put(tmp_path, "a,b,c\n1,2,0\n3,4,1\n".replace(",", delimiter))
    assert read_csv(path, delimiter=delimiter).x.tolist() == [[1, 2], [3, 4]]


def test_a_header_of_numbers_must_be_asked_for(tmp_path: Path) -> None:
    path = put(tmp_path, "0,1,2\n5,6,1\n")
    assert read_csv(path).x.shape == (2, 2)
    table = read_csv(path, header=True)
    assert table.x.tolist() == [[5, 6]]
    assert table.columns == ("0", "1")
    assert read_csv(path, label="1").label == "1", "a label by name says that there is a header"


def test_quoted_cells_may_hold_delimiters_and_line_ends(tmp_path: Path) -> None:
    table = read_csv(put(tmp_path, '"a,\nb",kind\n1,"x, ""y"""\n2,z\n'))
    assert table.columns == ("a,\nb",)
    assert table.classes == ('x, "y"', "z")


def test_float64_keeps_all_digits(tmp_path: Path) -> None:
    path = put(tmp_path, "0.1,16777217.5\n1e-300,2.5\n")
    table = read_csv(path, dtype="float64")
    assert table.x.tolist() == [[0.1], [1e-300]]
    assert labels(table) == [16777217.5, 2.5]
    assert read_csv(path).x.tolist() == [[float(np.float32(0.1))], [0.0]]


FLOAT32_MAX = "3.4028235e38"


@pytest.mark.parametrize("quote", ["", '"'])
def test_the_largest_float32_is_a_number(tmp_path: Path, quote: str) -> None:
    table = read_csv(put(tmp_path, f"{quote}{FLOAT32_MAX}{quote},0\n-{FLOAT32_MAX},1\n"))
    assert table.x[0, 0] == np.finfo(np.float32).max
    assert table.x[1, 0] == np.finfo(np.float32).min


def test_a_large_table_comes_in_many_blocks(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).integers(0, 256, (6000, 200))
    path = put(tmp_path, "\n".join(",".join(map(str, row)) for row in numbers.tolist()))
    assert path.stat().st_size > 3 << 20
    table = read_csv(path, label=0)
    np.testing.assert_array_equal(table.x, numbers[:, 1:])
    np.testing.assert_array_equal(np.array(labels(table)), numbers[:, 0])


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("label", [0, 1, -1])
def test_labels_are_not_rounded_to_the_dtype_of_the_features(tmp_path: Path, label: int, quote: str) -> None:
    rows = [["1.5", "2"], ["3", "4"]]
    for row, target in zip(rows, (f"{quote}16777217{quote}", "1e300"), strict=True):
        row.insert(label if label >= 0 else 2, target)
    path = put(tmp_path, "\n".join(",".join(row) for row in rows))
    table = read_csv(path, label=label, task="regression")
    assert labels(table) == [16777217.0, 1e300]
    assert table.x.tolist() == [[1.5, 2], [3, 4]]
    assert table.x.dtype == np.float32
    assert table.x.flags.c_contiguous
    assert table.x.flags.owndata


@pytest.mark.parametrize("names", [["no", "yes"], np.array(["no", "yes"])])
def test_names_of_classes_in_any_sequence(tmp_path: Path, names: Make) -> None:
    table = read_csv(put(tmp_path, "1,yes\n2,no\n"), classes=names)
    assert labels(table) == [1, 0]
    assert table.classes == ("no", "yes")


@pytest.mark.parametrize("end", ["", "\n", "\n\n\r\n"])
def test_a_quote_far_down_is_read_with_all_the_rest(tmp_path: Path, end: str) -> None:
    text = f"1.{'5' * 30},2,0\n" * 40_000
    table = read_csv(put(tmp_path, text + '3,"4",1' + end))
    assert len(table.x) == 40_001
    assert table.x[-1].tolist() == [3, 4]
    assert labels(table)[-2:] == [0, 1]


cells = st.one_of(
    st.integers(-(10**12), 10**12).map(str),
    st.floats(-1e30, 1e30, allow_nan=False).map(repr),
    st.floats(-1e30, 1e30, allow_nan=False).map("{:.3e}".format),
    st.sampled_from([" 1", "2 ", "+3", "4.", ".5", "-0", "1E5", "1e-400"]),
)
tables = st.integers(1, 5).flatmap(lambda d: st.lists(st.lists(cells, min_size=d, max_size=d), min_size=1, max_size=6))


@given(rows=tables, dtype=st.sampled_from(["float32", "float64"]), end=st.sampled_from(["\n", "\r\n"]))
def test_both_readers_agree_with_float(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], dtype: Make, end: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's word on 1e-400 in the expected numbers
        expected = np.array([[float(cell) for cell in row] for row in rows]).astype(dtype)
    folder = tmp_path_factory.mktemp("csv")
    for text in (
        end.join(",".join(row) for row in rows),
        end.join(",".join(f'"{cell}"' for cell in row) for row in rows),
    ):
        table = read_csv(put(folder, text + end), label=None, dtype=dtype)
        assert table.x.dtype == np.dtype(dtype)
        np.testing.assert_array_equal(table.x, expected)
