"""The tabular example: any table of two classes, judged by cross-validation, exported and drawn."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.datasets
from numpy.typing import NDArray

from nn_model import load
from nn_model.data import read_csv

ROOT = Path(__file__).parents[2]
TUMOURS = ROOT / "test_data/breast_cancer/breast_cancer.csv"
PNG = b"\x89PNG\r\n\x1a\n"


def start(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(ROOT / "examples/tabular-csv" / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603  # our own script


def run(*arguments: str | Path) -> str:
    done = start("main.py", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def judged(text: str) -> tuple[float, float]:
    """Read the mean and the spread of the accuracy, in percent."""
    found = re.search(r"^Cross-validated accuracy: ([\d.]+)% \+- ([\d.]+)%$", text, re.MULTILINE)
    assert found is not None, text
    return float(found[1]), float(found[2])


def predictions(folder: Path) -> NDArray[np.float64]:
    return np.loadtxt(folder / "predictions_exported.csv", delimiter=",", skiprows=1)


def write(path: Path, x: NDArray[np.float64], y: NDArray[np.int64], names: tuple[str, str], header: str = "") -> Path:
    lines = [",".join([*map(repr, row.tolist()), names[label]]) for row, label in zip(x, y, strict=True)]
    path.write_text("\n".join([*([header] if header else []), *lines]), encoding="utf-8")
    return path


def arrays(layer: dict[str, Any], name: str) -> NDArray[np.float64]:
    shape, numbers = layer[name]
    return np.array(numbers).reshape(shape)


@pytest.fixture
def blobs() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    x, y = sklearn.datasets.make_blobs(60, 3, centers=2, random_state=0)
    return x, y


@pytest.fixture(scope="module")
def tumours(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("tumours")
    return folder, run("--recommended", "--epochs", "20", "--out", folder)


def test_the_recommended_training_is_right_about_more_than_nine_tumours_in_ten(tumours: tuple[Path, str]) -> None:
    assert "569 rows of 10 features; 0 is benign (357), 1 is malignant (212)" in tumours[1]
    assert judged(tumours[1])[0] >= 92.0


def test_the_exported_predictions_are_those_that_were_judged(tumours: tuple[Path, str]) -> None:
    folder, text = tumours
    assert (folder / "predictions_exported.csv").read_bytes().startswith(b"predicted value,actual value\r\n")
    predicted, actual = predictions(folder).T
    np.testing.assert_array_equal(actual, read_csv(TUMOURS).y)
    assert np.all((predicted >= 0) & (predicted <= 1))
    mean, spread = judged(text)
    parts = [float(a) for a in re.findall(r"^Part \d of 5: accuracy ([\d.]+)%$", text, re.MULTILINE)]
    assert len(parts) == 5
    np.testing.assert_allclose([np.mean(parts), np.std(parts)], [mean, spread], rtol=0, atol=0.011)
    assert 100 * np.mean((predicted >= 0.5) == actual) == pytest.approx(mean, abs=0.05)  # parts differ by a row


def test_the_picture_is_drawn_in_rustnets_shape(tumours: tuple[Path, str]) -> None:
    picture = (tumours[0] / "predictions.png").read_bytes()
    assert picture.startswith(PNG)
    assert (int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big")) == (1000, 600)
    assert len(picture) > 10_000


def test_the_documents_training_learns_tumours(tmp_path: Path) -> None:
    assert judged(run("--document", "--out", tmp_path))[0] >= 88.0


@pytest.mark.parametrize("how", ["--document", "--recommended"])
def test_rustnets_file_is_written_and_takes_the_features_as_they_are(tmp_path: Path, how: str) -> None:
    run(how, "--epochs", "2000" if how == "--document" else "5", "--out", tmp_path, "--document-files")
    layers = json.loads((tmp_path / "model.json").read_text())
    assert [layer["weights"][0] for layer in layers] == [[10, 10], [10, 1]]
    table = read_csv(TUMOURS, dtype="float64")
    x = table.x
    network = load(tmp_path / "model.json")
    h = np.maximum(x @ arrays(layers[0], "weights") + arrays(layers[0], "biases"), 0)
    z = (h @ arrays(layers[1], "weights") + arrays(layers[1], "biases"))[:, 0]
    np.testing.assert_allclose(network.predict_proba(x)[:, 1], 1 / (1 + np.exp(-z)), rtol=1e-9)
    assert np.mean((z > 0) == table.y) > 0.88  # it was trained on standardised features


def test_no_other_file_is_written_unasked(tumours: tuple[Path, str]) -> None:
    assert sorted(path.name for path in tumours[0].iterdir()) == ["predictions.png", "predictions_exported.csv"]


def test_a_seed_gives_the_same_bytes_and_another_seed_gives_others(tmp_path: Path) -> None:
    for folder, seed in (("a", "3"), ("b", "3"), ("c", "4")):
        run("--epochs", "2", "--seed", seed, "--out", tmp_path / folder)
    a, b, c = ((tmp_path / folder / "predictions_exported.csv").read_bytes() for folder in "abc")
    assert a == b
    assert a != c


@pytest.mark.parametrize(
    ("names", "header", "shown"),
    [
        (("b", "g"), "", "0 is b (30), 1 is g (30)"),
        (("0", "1"), "", "0 is 0 (30), 1 is 1 (30)"),
        (("1", "2"), "p,q,r,kind", "0 is 1 (30), 1 is 2 (30)"),
        (("-1", "1"), "p,q,r,kind", "0 is -1 (30), 1 is 1 (30)"),
    ],
)
def test_labels_are_any_two_texts_or_numbers(
    blobs: tuple[NDArray[np.float64], NDArray[np.int64]],
    tmp_path: Path,
    names: tuple[str, str],
    header: str,
    shown: str,
) -> None:
    data = write(tmp_path / "blobs.csv", *blobs, names, header)
    text = run("--epochs", "20", "--data", data, "--out", tmp_path)
    assert f"60 rows of 3 features; {shown}" in text
    np.testing.assert_array_equal(predictions(tmp_path)[:, 1], blobs[1])


@pytest.mark.parametrize("label", ["kind", "0", "-4"])
def test_the_label_is_any_column_by_name_or_index(tmp_path: Path, label: str) -> None:
    rows = "\n".join(f"{i % 2},{i},{i % 2},{i % 3}" for i in range(20))
    (tmp_path / "first.csv").write_text(f"kind,a,b,c\n{rows}\n")
    text = run("--epochs", "1", "--data", tmp_path / "first.csv", "--label", label, "--out", tmp_path)
    assert "20 rows of 3 features; 0 is 0 (10), 1 is 1 (10)" in text
    assert predictions(tmp_path)[:4, 1].tolist() == [0, 1, 0, 1]


def test_features_are_standardised_by_training_rows_alone(
    blobs: tuple[NDArray[np.float64], NDArray[np.int64]], tmp_path: Path
) -> None:
    # A row far away changes no prediction of its own part, whose networks it was not shown to.
    x, y = blobs
    far = x.copy()
    far[0] *= 1e6
    for name, features in (("near", x), ("far", far)):
        data = write(tmp_path / f"{name}.csv", features, y, ("a", "b"))
        run("--recommended", "--epochs", "2", "--data", data, "--out", tmp_path / name)
    same = predictions(tmp_path / "near")[:, 0] == predictions(tmp_path / "far")[:, 0]
    assert 5 <= np.sum(same[1:]) < 30  # the 11 others of its part; the rest has learnt from it


def test_a_feature_that_never_varies_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("\n".join(f"7,{i},{'ab'[i % 2]}" for i in range(20)))
    command = [sys.executable, str(ROOT / "examples/tabular-csv/main.py"), "--epochs", "1", "--data", "t.csv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True)  # noqa: S603  # our own script
    assert done.stderr.startswith("Warning: layers[0]: Standardize(): 1 of 2 features never vary")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b,c\n1,2,0\n3,,1\n", "line 3, column 2"),
        ("a,b,c\n1,2,0\n3,nan,1\n", "line 3, column 2"),
        ("a,b,c\n1,2,0\n3,4\n", "line 3"),
        ("a,b,c\n1,2,0\n3,red,1\n", "'red'"),
        ("a,b,c\n" + "1,2,0\n" * 20, "labels must be of two classes; found 1 in 'c'"),
        ("a,b,c\n" + "1,2,x\n3,4,y\n5,6,z\n" * 9, "labels must be of two classes; found 3 in 'c'"),
        ("a,b,c\n" + "1,2,0\n" * 20 + "1,2,1\n" * 4, "5 parts need 5 rows of each class; found 4"),
        ("", "is empty"),
        (None, "t.csv"),
    ],
    ids=["missing", "nan", "short", "text", "one-class", "three-classes", "rare", "empty", "no-file"],
)
def test_a_fault_of_the_data_is_one_line_and_exit_code_1(tmp_path: Path, text: str | None, said: str) -> None:
    data = tmp_path / "t.csv"
    if text is not None:
        data.write_text(text)
    done = start("main.py", "--data", data, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_label_that_is_no_column_and_a_folder_that_is_a_file_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for arguments in (("--label", "kind"), ("--label", "99"), ("--out", tmp_path / "file")):
        done = start("main.py", *arguments)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert done.stderr.startswith("Error: ")


@pytest.mark.parametrize("arguments", [("--epochs", "0"), ("--hidden", "x"), ("--document", "--recommended")])
def test_a_wrong_argument_is_exit_code_2(arguments: tuple[str, str]) -> None:
    done = start("main.py", *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_compare_prints_a_row_for_each_training(
    blobs: tuple[NDArray[np.float64], NDArray[np.int64]], tmp_path: Path
) -> None:
    done = start("compare.py", "--seeds", "1", write(tmp_path / "blobs.csv", *blobs, ("a", "b")))
    assert done.returncode == 0, done.stderr
    lines = list(csv.reader(done.stdout.splitlines(), delimiter="|"))
    assert [cell.strip() for cell in lines[0][1:-1]] == ["training", "blobs"]
    assert len(lines) == 7
    rows = {line[1].strip(): float(line[2].split()[0]) for line in lines[2:]}
    assert rows.pop("always the larger class") == 50.0
    assert all(accuracy > 85.0 for accuracy in rows.values())


def test_compare_says_in_one_line_that_scikit_learn_is_missing(tmp_path: Path) -> None:
    (tmp_path / "sklearn.py").write_text("raise ModuleNotFoundError('No module named sklearn', name='sklearn')")
    program = f"import sys, runpy; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT / 'examples/tabular-csv')!r}]\n"
    program += "runpy.run_module('compare')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603  # our own script
    assert done.returncode == 1
    assert done.stderr == (
        "Error: compare.py compares with scikit-learn, which is not installed; run: pip install scikit-learn\n"
    )


def test_the_bundled_table_is_what_its_script_writes(tmp_path: Path) -> None:
    script = ROOT / "test_data/breast_cancer/write.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, timeout=60)  # noqa: S603  # our own script
    assert (tmp_path / TUMOURS.name).read_bytes() == TUMOURS.read_bytes()
