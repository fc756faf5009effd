"""The MNIST example, on a small set of the same kind: the bundled digits, enlarged, in four IDX files."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nn_model import load
from nn_model.data import load_digits, write_idx

MNIST = Path(__file__).parents[1] / "mnist"


def start(script: Path, folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(script), *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603  # our own script


def run(script: Path, folder: Path, *arguments: str | Path) -> str:
    done = start(script, folder, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def accuracy_of(text: str) -> float:
    found = re.search(r"^accuracy +([\d.]+)%", text, re.MULTILINE)
    assert found is not None, text
    return float(found[1])


def write_digits(folder: Path, enlarged: int, frame: int, rows: int | None = None) -> Path:
    """Write the bundled 8 x 8 digits, each pixel so many times wide and high, in a frame."""
    digits = load_digits()
    parts = {"train": (digits.x_train[:rows], digits.y_train[:rows]), "t10k": (digits.x_test, digits.y_test)}
    for part, (x, y) in parts.items():
        images = np.kron(x.reshape(-1, 8, 8), np.ones((enlarged, enlarged)))
        images = np.pad(images, [(0, 0), (frame, frame), (frame, frame)])
        write_idx(folder / f"{part}-images-idx3-ubyte.gz", (255 * images).astype(np.uint8))
        write_idx(folder / f"{part}-labels-idx1-ubyte.gz", y.astype(np.uint8))
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_digits(tmp_path_factory.mktemp("data"), enlarged=3, frame=2)


def test_the_documents_settings_train_its_network(data: Path, tmp_path: Path) -> None:
    text = run(MNIST / "main.py", tmp_path, "mnist_cnn", "--data", data)
    assert text.startswith("mnist_cnn: 8 convolutions of 3 x 3")
    assert "SGD of 0.01, up to 3 epochs of batches of 32" in text
    assert len(re.findall(r"^Epoch \d/3, .*Val Loss: ", text, re.MULTILINE)) == 3
    network = load(tmp_path / "mnist_cnn.safetensors")
    assert network.theta.size == 15_770
    assert network.step == 3 * 41  # 1,437 rows, of which a tenth is held out


def test_the_recommended_settings_learn_more(data: Path, tmp_path: Path) -> None:
    arguments = ("mnist_cnn", "--data", data, "--model", "a.json")
    document = accuracy_of(run(MNIST / "main.py", tmp_path, *arguments))
    recommended = accuracy_of(run(MNIST / "main.py", tmp_path, *arguments, "--recommended"))
    assert recommended >= 93.0
    assert recommended > document + 3
    assert load(tmp_path / "a.json").step == 3 * 45


PRESETS = {"mnist_mlp": "mnist_model", "mnist_cnn": "mnist_cnn_model", "mnist_attention": "mnist_attention_model"}


@pytest.mark.parametrize("preset", PRESETS)
def test_models_are_written_under_the_documents_names(tmp_path: Path, preset: str) -> None:
    small = write_digits(tmp_path, enlarged=3, frame=2, rows=200)
    run(MNIST / "main.py", tmp_path, preset, "--data", small, "--document-files")
    sizes = {"mnist_mlp": 1_628_212, "mnist_cnn": 63_108, "mnist_attention": 135_720}
    x = np.random.default_rng(0).random((3, 1, 28, 28), np.float32)
    for name in (PRESETS[preset], f"{PRESETS[preset]}_best"):
        binary, ours = tmp_path / f"{name}.bin", load(tmp_path / f"{name}.safetensors")
        assert binary.stat().st_size == sizes[preset]
        rows = x.reshape(3, *ours.core.layout.input_shape)
        assert np.array_equal(load(binary).predict_proba(rows), ours.predict_proba(rows))


def test_rsnets_checkpoints_are_written_after_every_epoch(tmp_path: Path) -> None:
    small = write_digits(tmp_path, enlarged=3, frame=2, rows=100)
    run(MNIST / "main.py", tmp_path, "rsnet", "--data", small, "--document-files")
    written = {path.name: path for path in (tmp_path / "checkpoints").iterdir()}
    assert set(written) == {f"checkpoint_{epoch}.json" for epoch in range(1, 11)}
    last, ours = load(written["checkpoint_10.json"]), load(tmp_path / "rsnet.safetensors")
    x = np.random.default_rng(0).random((3, 1, 28, 28), np.float32)
    assert np.array_equal(last.predict_proba(x), ours.predict_proba(x))
    assert not np.array_equal(load(written["checkpoint_9.json"]).theta, last.theta)


def test_a_network_without_a_document_has_no_documents_files(data: Path, tmp_path: Path) -> None:
    done = start(MNIST / "main.py", tmp_path, "best_cnn", "--data", data, "--recommended", "--document-files")
    assert done.returncode == 2
    assert "best_cnn is of no document; --document-files is for mnist_mlp, mnist_cnn," in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("preset", "least"), [("best_cnn", 85.0), ("best_attention", 60.0)])
def test_our_best_networks_learn_from_images_that_are_changed_at_random(
    tmp_path: Path, preset: str, least: float
) -> None:
    small = write_digits(tmp_path, enlarged=2, frame=0, rows=500)
    text = run(MNIST / "main.py", tmp_path, preset, "--data", small, "--recommended")
    assert "images shifted, turned and scaled" in text
    assert accuracy_of(text) >= least  # of 500 rows each has learnt a little


def test_a_network_without_a_document_asks_for_our_settings(data: Path, tmp_path: Path) -> None:
    done = start(MNIST / "main.py", tmp_path, "best_attention", "--data", data)
    assert done.returncode == 2
    assert "best_attention follows no document; give --recommended" in done.stderr
    assert not list(tmp_path.iterdir())


def test_results_are_written_into_the_page_and_taken_over(data: Path, tmp_path: Path) -> None:
    for name in ("results.py", "README.md"):
        shutil.copy(MNIST / name, tmp_path)
    before = (tmp_path / "README.md").read_text(encoding="utf-8")
    arguments = ("--data", data, "--seeds", "1", "--write")
    run(tmp_path / "results.py", tmp_path, *arguments, "--only", "rsnet")
    text = run(tmp_path / "results.py", tmp_path, *arguments, "--only", "mnist_cnn")
    page = (tmp_path / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+) \|.*\| \*\*([\d.]+)\*\* \| ([\d.]+) \| [\d.]+ \|$", page, re.MULTILINE)
    assert [(name, size) for name, size, *_ in rows] == [("mnist_cnn", "15,770")] * 2 + [("rsnet", "925")] * 2
    assert all(median == only for _, _, median, only in rows)
    shown = [line for line in text.splitlines() if line.startswith("| `")]
    assert len(shown) == 4
    assert all(line in page for line in shown)
    begin, end = "<!-- results: written by results.py -->", "<!-- end of results -->"
    assert page.split(begin)[0] == before.split(begin)[0]
    assert page.split(end)[1] == before.split(end)[1]
