"""The table of predictions, and the room from outside."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nn_model import rustnet
from nn_model.errors import DataError, ShapeError
from nn_model.rustnet import PyNeuralNetwork, export_predictions


def test_the_file_is_what_rustnet_writes(tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    path.write_text("old")
    export_predictions(path, [[0.1], [2.5e-7], [1.0]], [[0], [1], [1.0]])
    assert path.read_bytes() == b"predicted value,actual value\n0.1,0\n0.00000025,1\n1,1\n"
    assert [file.name for file in tmp_path.iterdir()] == ["predictions.csv"]


def test_it_takes_what_predict_gives(tmp_path: Path) -> None:
    net = PyNeuralNetwork([2, 3, 2])
    inputs, targets = [[0.0, 1.0], [1.0, 0.0]], [[0, 1], [1, 0]]
    export_predictions(str(tmp_path / "p.csv"), net.predict(inputs), targets)
    lines = (tmp_path / "p.csv").read_text().splitlines()[1:]
    assert [[float(cell) for cell in line.split(",")] for line in lines] == [
        [p, t] for ps, ts in zip(net.predict(inputs), targets, strict=True) for p, t in zip(ps, ts, strict=True)
    ]


@pytest.mark.parametrize(
    ("predicted", "actual", "error", "sentence"),
    [
        ([[0.5], [0.5]], [0, 1], ShapeError, r"must have the same shape; got \(2, 1\) and \(2,\)"),
        ([[0.5], []], [[0], [1]], DataError, "predicted must be a rectangular array"),
        ([[float("nan")]], [[0]], DataError, "predicted holds numbers that are NaN"),
        ([[0.5]], [[float("inf")]], DataError, "actual holds numbers that are NaN"),
    ],
)
def test_what_makes_no_table_leaves_the_file_alone(
    tmp_path: Path, predicted: Any, actual: Any, error: type[ValueError], sentence: str
) -> None:
    path = tmp_path / "predictions.csv"
    path.write_text("old")
    with pytest.raises(error, match=sentence):
        export_predictions(path, predicted, actual)
    assert path.read_text() == "old"


def test_a_path_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="this is a folder"):
        export_predictions(tmp_path, [[0.5]], [[0]])


def test_the_room_lists_its_names_and_loads_them_when_asked() -> None:
    assert dir(rustnet) == sorted(rustnet.__all__) == ["PyCNN", "PyNeuralNetwork", "export_predictions"]
    with pytest.raises(AttributeError, match="has no attribute 'PyThing'"):
        rustnet.PyThing  # noqa: B018  # the access is the test
    code = "import nn_model.rustnet, sys; print(*(name for name in sys.modules if name.startswith('nn_')))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout  # noqa: S603  # our own
    assert printed.split() == ["nn_model", "nn_model.rustnet"]
