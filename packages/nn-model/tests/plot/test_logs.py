"""Logs with a header and without, and what is wrong with a broken one, by its line."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn_model.errors import DataError
from nn_model.plot.logs import read_log
from nn_model.train.history import History, Row

HEADER = "epoch,train_loss,train_time,val_loss,val_accuracy\n"


def log(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "log.csv"
    path.write_text(text, encoding="utf-8")
    return path


GOOD = {
    "own": (HEADER + "1,0.5,2.5,0.4,90.25\n", (0.5, 2.5, 0.4, 90.25)),
    "other order": ("epoch,val_accuracy,lr,train_loss\n1,90.25,0.01,0.5\n", (0.5, None, None, 90.25)),
    "spaces": ("epoch, train_loss\n 1, 0.5\n", (0.5, None, None, None)),
    "empty cells": (HEADER + "1,0.5,2.5,,\n", (0.5, 2.5, None, None)),
    "three columns": ("1,0.5,2.5\n", (0.5, 2.5, None, None)),
    "four columns": ("1,0.500000,90.25,2.50\n", (0.5, 2.5, None, 90.25)),
    "five columns": ("1,0.5,2.5,0.4,90.25\n", (0.5, 2.5, 0.4, 90.25)),
    "six columns": ("1,0.5,2.5,0.4,90.25,2.5\n", (0.5, 2.5, 0.4, 90.25)),
    "no newline, CRLF and mark": (
        "\ufeff" + HEADER.replace("\n", "\r\n") + "1,5e-1,2.5,.4,90.25",
        (0.5, 2.5, 0.4, 90.25),
    ),
}


@pytest.mark.parametrize(("text", "expected"), GOOD.values(), ids=GOOD)
def test_columns_are_found(tmp_path: Path, text: str, expected: tuple[float | None, ...]) -> None:
    (epoch,) = read_log(log(tmp_path, text))
    assert epoch["epoch"] == 1
    names = ("train_loss", "train_time", "val_loss", "val_accuracy")
    assert tuple(epoch.get(name) for name in names) == expected


def test_the_line_of_the_six_column_document(tmp_path: Path) -> None:
    epochs = read_log(log(tmp_path, "2,2.0583007,9.421429,1.9611144,43,9.421429\n3,1.9,9.5,1.8,52.999996,9.5\n"))
    assert [epoch["val_loss"] for epoch in epochs] == [1.9611144, 1.8]
    assert [epoch["val_accuracy"] for epoch in epochs] == [43, 52.999996]


def test_a_diverged_run_can_be_read(tmp_path: Path) -> None:
    (epoch,) = read_log(log(tmp_path, "1,NaN,2.5,inf,10,2.5\n"))
    assert epoch["train_loss"] != epoch["train_loss"]
    assert epoch["val_loss"] == float("inf")


BAD = {
    "empty": ("", "a log needs a line for each epoch; the file is empty"),
    "header only": (HEADER, "a log needs a line for each epoch; found a header only"),
    "no epoch": ("step,train_loss\n1,0.5\n", "line 1: a header must name epoch and train_loss; found step,train_loss"),
    "no loss": ("epoch,val_loss\n1,0.5\n", "line 1: a header must name epoch and train_loss"),
    "two columns": ("1,0.5\n", "line 1: a log without a header has 3, 4, 5 or 6 columns; found 2"),
    "seven columns": ("1,2,3,4,5,6,7\n", "line 1: a log without a header has 3, 4, 5 or 6 columns; found 7"),
    "cut line": (HEADER + "1,0.5,2.5,0.4,90\n2,0.4,2.", "line 3: 5 cells are needed, as in line 1; found 3"),
    "long line": (HEADER + "1,0.5,2.5,0.4,90,7\n", "line 2: 5 cells are needed, as in line 1; found 6"),
    "no number": (
        HEADER + "1,0.5,2.5,0.4,90\n2,high,2.5,0.4,90\n",
        "line 3: train_loss must be a number; found 'high'",
    ),
    "no loss in a line": (HEADER + "1,,2.5,0.4,90\n", "line 2: train_loss must be a number; found ''"),
    "no epoch in a line": (HEADER + ",0.5,2.5,0.4,90\n", "line 2: epoch must be a number; found ''"),
    "underscore": (HEADER + "1,1_0,2.5,0.4,90\n", "line 2: train_loss must be a number; found '1_0'"),
    "half an epoch": (
        HEADER + "1.5,0.5,2.5,0.4,90\n",
        "line 2: epochs must be whole numbers that rise; found 1.5; mend",
    ),
    "no finite epoch": ("inf,0.5,2.5\n", "line 1: epochs must be whole numbers that rise; found inf"),
    "negative epoch": ("-1,0.5,2.5\n", "line 1: epochs must be whole numbers that rise; found -1; mend the line"),
    "two runs": (
        "1,0.5,2\n2,0.4,2\n1,0.5,2\n",
        "line 3: epochs must be whole numbers that rise; found 1 after 2; is it the",
    ),
    "the same again": ("0,0.5,2\n0,0.4,2\n", "line 2: epochs must be whole numbers that rise; found 0 after 0"),
    "blank line": (HEADER + "1,0.5,2.5,0.4,90\n\n2,0.5,2.5,0.4,90\n", "line 3: a row must hold cells"),
    "too long": ("1," + "0" * 20_000 + ",2\n", "a line may have 10,000 bytes"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_a_broken_log_is_refused_by_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = log(tmp_path, text)
    with pytest.raises(DataError, match=f"^{re.escape(f'{path}: {message}')}"):
        read_log(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(DataError, match=r"log\.csv: a CSV file is UTF-8 text; found a PNG image"):
        read_log(tmp_path / "log.csv")
    with pytest.raises(DataError, match="must be a regular file; found a folder"):
        read_log(tmp_path)


numbers = st.floats(0, 1e6)


@given(st.lists(st.tuples(numbers, numbers, st.none() | numbers, st.none() | st.floats(0, 1)), min_size=1, max_size=5))
def test_what_a_history_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, float, float | None, float | None]]
) -> None:
    path = tmp_path_factory.mktemp("logs") / "log.csv"
    History([Row(e, loss, None, t, val, acc, 0.1) for e, (loss, t, val, acc) in enumerate(rows, 1)]).to_csv(path)
    epochs = read_log(path)
    assert [epoch["epoch"] for epoch in epochs] == list(range(1, len(rows) + 1))
    for epoch, (loss, time, val, accuracy) in zip(epochs, rows, strict=True):
        assert epoch["train_loss"] == pytest.approx(loss, abs=1e-6)
        assert epoch["train_time"] == pytest.approx(time, abs=1e-6)
        assert epoch["val_loss"] == (None if val is None else pytest.approx(val, abs=1e-6))
        assert epoch["val_accuracy"] == (None if accuracy is None else pytest.approx(100 * accuracy, abs=0.0051))
