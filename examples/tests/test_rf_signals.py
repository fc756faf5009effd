"""The radio examples run as their users run them, learn what they promise, and their page shows what they found."""

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nn_model import load

RADIO = Path(__file__).parents[1] / "rf-signals"
PNG = b"\x89PNG\r\n\x1a\n"


def run(script: str, folder: Path, *arguments: str) -> str:
    """Run one script in `folder` and give what it prints."""
    command = [sys.executable, "-W", "error", str(RADIO / script), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)  # noqa: S603  # our own script
    assert done.returncode == 0, done.stderr
    return done.stdout


def columns(text: str) -> dict[int, list[float]]:
    """Read a table: the numbers of each level."""
    found = re.findall(r"^\| (-?\d+) \| ([-\d.| ]+) \|$", text, re.MULTILINE)
    return {int(level): [float(number) for number in rest.split(" | ")] for level, rest in found}


def pictures(folder: Path) -> set[str]:
    paths = list(folder.glob("*.png"))
    assert all(path.read_bytes().startswith(PNG) and 5_000 < path.stat().st_size <= 60_000 for path in paths)
    return {path.name for path in paths}


@pytest.mark.parametrize("settings", [(), ("--recommended",)], ids=["as documented", "recommended"])
def test_noisy_sine_reaches_99_percent(tmp_path: Path, settings: tuple[str, ...]) -> None:
    text = run("noisy_sine.py", tmp_path, *settings, "--seeds", "5")
    median = re.search(r"median ([\d.]+)%$", text, re.MULTILINE)
    assert median is not None
    assert float(median[1]) >= 99.0


def test_noisy_sine_prints_and_writes_what_rustnet_does(tmp_path: Path) -> None:
    text = run("noisy_sine.py", tmp_path, "--recommended", "--seed", "2", "--pictures", "made")
    numbers = re.match(
        r"Test Accuracy: (\d+\.\d\d)%\nConfusion Matrix \(test\):\n"
        r"  TP: (\d+) \| FP: (\d+)\n  FN: (\d+) \| TN: (\d+)\n",
        text,
    )
    assert numbers is not None, text
    tp, fp, fn, tn = map(int, numbers.groups()[1:])
    assert tp + fp + fn + tn == 200
    assert float(numbers[1]) == (tp + tn) / 2
    with (tmp_path / "predictions_exported_rf.csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["probability", "predicted_label", "actual_label"]
    assert all(int(predicted) == (float(probability) >= 0.5) for probability, predicted, _ in rows)
    answers = [(predicted, actual) for _, predicted, actual in rows]
    assert [answers.count(pair) for pair in (("1", "1"), ("1", "0"), ("0", "1"), ("0", "0"))] == [tp, fp, fn, tn]
    assert fp != fn, "a seed with errors, or the two could change places"
    assert pictures(tmp_path / "made") == {"noisy_sine.png"}
    assert load(tmp_path / "noisy_sine.safetensors").classes == [0, 1]


@pytest.fixture(scope="module")
def detection(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("detect")
    return folder, run("detect.py", folder, "--quick", "--pictures", "made")


def test_detection_beats_the_energy_detector(detection: tuple[Path, str]) -> None:
    folder, text = detection
    found = columns(text)
    assert sorted(found) == list(range(-20, 11, 2))
    for level in (-8, -6, -4):  # where most is to be gained
        theory, energy, band, cnn = found[level][:4]
        assert abs(energy - theory) < 9  # 280 rows: three standard errors
        assert band > energy
        assert cnn > max(theory, energy) + 5
    ahead = re.findall(r"ahead of energy at (\d+) of the 11 levels to 0 dB", text)
    assert len(ahead) == 2
    assert min(map(int, ahead)) >= 8  # at -20 dB all detectors do little but guess
    assert pictures(folder / "made") == {"detection.png", "roc.png"}
    assert (folder / "made/detection.md").read_text() in text


def test_detection_keeps_its_rates_of_false_alarms_on_other_noise(detection: tuple[Path, str]) -> None:
    folder, trained = detection
    text = run("detect.py", folder, "--quick", "--trained", "detect.safetensors")
    assert "Epoch" in trained
    assert "Epoch" not in text
    assert columns(text) == columns(trained), "the saved network is the one that was trained"
    alarms = re.findall(r"^false alarms of (\d+) %.*: ([\d.]+) %, ([\d.]+) %, ([\d.]+) %", text, re.MULTILINE)
    assert len(alarms) == 2
    for wanted, *got in alarms:
        assert all(abs(float(rate) - float(wanted)) < 0.25 * float(wanted) + 0.5 for rate in got)


def test_classification_beats_the_cumulants(tmp_path: Path) -> None:
    text = run("classify.py", tmp_path, "--quick", "--pictures", "made")
    found = columns(text)
    assert sorted(found) == list(range(-20, 21, 2))
    ahead = re.search(r"The CNN is ahead at (\d+) of the 16 levels", text)
    assert ahead is not None
    assert int(ahead[1]) >= 14
    cnn, cumulants = (sum(found[level][i] for level in range(-10, 21, 2)) / 16 for i in (0, 1))
    assert cnn > 60
    assert cumulants > 45  # no straw man
    assert cnn > cumulants + 5
    assert pictures(tmp_path / "made") == {"classification.png", "confusion_0dB.png", "confusion_10dB.png"}
    network = load(tmp_path / "classify.safetensors")
    assert network.classes == ["BPSK", "QPSK", "8PSK", "16QAM", "2FSK", "AM", "FM", "noise"]
    assert network.theta.size < 100_000


def test_the_page_shows_the_results_as_the_scripts_wrote_them() -> None:
    page = (RADIO / "README.md").read_text(encoding="utf-8")
    tables = sorted((RADIO / "results").glob("*.md"))
    assert [path.name for path in tables] == ["classification.md", "detection.md"]
    assert all(path.read_text(encoding="utf-8") in page for path in tables)
    assert all(f"results/{name}" in page for name in pictures(RADIO / "results"))


def test_the_results_shown_keep_the_promise_at_every_level() -> None:
    detection = columns((RADIO / "results/detection.md").read_text(encoding="utf-8"))
    for level in range(-20, 1, 2):
        theory, counted, _, cnn, theory_10, counted_10, _, cnn_10, *areas = detection[level]
        assert cnn > max(theory, counted)
        assert cnn_10 > max(theory_10, counted_10)
        assert areas[2] > areas[0]
    classification = columns((RADIO / "results/classification.md").read_text(encoding="utf-8"))
    assert all(classification[level][0] > classification[level][1] for level in range(-10, 21, 2))
