"""The examples run as their users run them: as scripts, from any folder."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from nn_layers import ELU
from nn_model import Report, load
from nn_model.data import load_digits, write_idx
from nn_model.formats import nn_rs

EXAMPLES = Path(__file__).parents[1]


def run(script: str, folder: Path, *arguments: str) -> str:
    """Run one example in `folder` and give what it prints."""
    command = [sys.executable, "-W", "error", str(EXAMPLES / script), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603  # our own script
    assert done.returncode == 0, done.stderr
    return done.stdout


def accuracy_of(text: str) -> float:
    found = re.search(r"^accuracy +([\d.]+)%", text, re.MULTILINE)
    assert found is not None, text
    return float(found[1])


@pytest.fixture(scope="module")
def digits_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("mnist-nn")
    return folder, run("mnist-nn/main.py", folder)


def test_mnist_nn_reaches_95_percent_on_the_bundled_digits(digits_run: tuple[Path, str]) -> None:
    assert accuracy_of(digits_run[1]) >= 95.0


def test_mnist_nn_prints_dimensions_iterations_and_the_report(digits_run: tuple[Path, str]) -> None:
    text = digits_run[1]
    assert "Training data: (1437, 64), labels: (1437,)" in text
    assert len(re.findall(r"^Iteration +\d+: loss = \d+\.\d{6}, accuracy = \d+\.\d{2}%$", text, re.MULTILINE)) == 16
    assert re.search(r"^ +class +TP +FP +FN +TN +precision +recall +F1 +support$", text, re.MULTILINE)


def test_mnist_nn_saves_every_weight_under_its_name(digits_run: tuple[Path, str]) -> None:
    saved = load_file(digits_run[0] / "mnist_nn.safetensors")
    shapes = {name: array.shape for name, array in saved.items() if name.startswith("layers.")}
    assert shapes["layers.0.w"] == (64, 64)
    assert sorted(shapes) == [f"layers.{i}.{name}" for i in (0, 2, 4, 6) for name in "bw"]


def test_mnist_nn_writes_nn_rs_files_and_prints_its_report(tmp_path: Path, digits_run: tuple[Path, str]) -> None:
    text = run("mnist-nn/main.py", tmp_path, "--document-files", "--document-report", "--model", "a.safetensors")
    folder = tmp_path / "weights"
    assert sorted(path.name for path in folder.iterdir()) == [f"{name}{k}.csv" for name in "bw" for k in range(4)]
    theirs, ours = nn_rs.read(folder, activation=ELU()), load(tmp_path / "a.safetensors")
    x = load_digits().x_test
    assert np.array_equal(theirs.predict_proba(x), ours.predict_proba(x))
    report = ours.evaluate(x, load_digits().y_test)
    assert isinstance(report, Report)
    assert text.endswith(f"\n{report.to_text(style='nn-rs')}\n")
    assert "Confusion Matrix:\n[[36, 0," in text
    assert re.search(r"^Class 0: TP = \d+, FP = \d+, FN = \d+, TN = \d+\nPrecision = ", text, re.MULTILINE)
    assert [path.name for path in digits_run[0].iterdir()] == ["mnist_nn.safetensors"]  # what is not asked for


def test_mnist_nn_takes_a_folder_of_idx_files(tmp_path: Path) -> None:
    digits = load_digits()
    for part, x, y in (("train", digits.x_train, digits.y_train), ("t10k", digits.x_test, digits.y_test)):
        write_idx(tmp_path / f"{part}-images-idx3-ubyte.gz", (x * 255).astype(np.uint8).reshape(-1, 8, 8))
        write_idx(tmp_path / f"{part}-labels.idx1-ubyte", y.astype(np.uint8))
    assert "Training data: (1437, 64)" in run("mnist-nn/main.py", tmp_path, "--data", str(tmp_path))
