"""`nn test`, `nn summary`, `nn explain` and `nn plot`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image

from nn_model import Report, load
from nn_model.data import load_mnist

Invoke = Callable[..., Result]


@pytest.fixture
def report(digits: Path, best: Path) -> Report:
    """Give the report that the library makes."""
    report = load(best).evaluate(*load_mnist(digits)[2:])
    assert isinstance(report, Report)
    return report


def test_the_report_is_that_of_the_library(nn: Invoke, digits: Path, best: Path, report: Report) -> None:
    result = nn("test", "--checkpoint", best, "-d", digits)
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{report}\n", "")
    assert json.loads(nn("test", "--checkpoint", best, "-d", digits, "--json").stdout) == report.to_dict()


def test_the_confusion_matrix_is_drawn(nn: Invoke, digits: Path, best: Path, tmp_path: Path) -> None:
    picture = tmp_path / "confusion.png"
    args = ("test", "--checkpoint", best, "-d", digits, "--plot", picture)
    result = nn(*args)
    assert (result.exit_code, result.stderr) == (0, f"Picture saved to {picture}\n")
    with Image.open(picture) as image:
        assert min(image.size) > 500
    before = picture.read_bytes()
    refused = nn(*args)
    assert (refused.exit_code, refused.stdout, picture.read_bytes() == before) == (1, "", True)
    assert "is there already; give --force to replace it" in refused.stderr
    assert nn(*args, "--force").exit_code == 0


def test_images_of_another_size(nn: Invoke, digits: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ckpt"
    args = ("--model", "small", "--nb-epochs", 1, "--checkpoint-folder", folder)
    (tmp_path / "rows.csv").write_text("1,2,0\n3,4,1\n5,7,0\n1,1,1\n" * 5)
    assert nn("train", "-d", tmp_path / "rows.csv", *args).exit_code == 0
    result = nn("test", "--checkpoint", folder / "best.safetensors", "-d", digits)
    assert (result.exit_code, "the network takes rows of 2 numbers; these have 64" in result.stderr) == (1, True)


def test_summary_and_explain_print_what_the_library_does(nn: Invoke, best: Path) -> None:
    network = load(best)
    assert nn("summary", "--checkpoint", best).stdout == f"{network.summary()}\n"
    assert nn("explain", "--checkpoint", best).stdout == f"{network.explain()}\n"
    assert nn("explain", "--checkpoint", best, "--rows", 3).stdout == f"{network.explain(3)}\n"


@pytest.mark.parametrize(("name", "parameters"), [("mlp", 407_050), ("nn-rs", 53_018), ("small", 50_890)])
def test_presets_have_the_sizes_of_mnist(nn: Invoke, name: str, parameters: int) -> None:
    assert f"{parameters:,} parameters" in nn("summary", "--model", name).stdout


def test_the_spec_is_printed_as_json(nn: Invoke, best: Path, tmp_path: Path) -> None:
    spec = json.loads(nn("summary", "--checkpoint", best, "--json").stdout)
    assert [layer["kind"] for layer in spec["layers"]] == ["Dense", "ReLU", "Dense"]
    assert spec["optimizer"]["lr"] == 0.01
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(spec))
    assert nn("summary", "--model", path).stdout == nn("summary", "--checkpoint", best).stdout


@pytest.mark.parametrize("command", ["summary", "explain"])
def test_one_network_must_be_named(nn: Invoke, best: Path, command: str) -> None:
    for args in ((), ("--checkpoint", best, "--model", "mlp")):
        result = nn(command, *args)
        assert (result.exit_code, "Give either --checkpoint or --model" in result.stderr) == (2, True)


def test_logs_are_drawn_side_by_side(nn: Invoke, trained: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("1,0.5,3.1\n2,0.25,3.0\n")
    picture = tmp_path / "comparison.png"
    result = nn("plot", trained / "loss.csv", other, "-o", picture)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"Picture saved to {picture}\n")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert nn("plot", other, "-o", picture).exit_code == 1
    assert nn("plot", other, "-o", picture, "--force").exit_code == 0


def test_a_log_that_is_none(nn: Invoke, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("hello\n")
    result = nn("plot", other, "-o", tmp_path / "a.png")
    assert (result.exit_code, result.stderr.count("\n"), (tmp_path / "a.png").exists()) == (1, 1, False)
    assert nn("plot", "-o", tmp_path / "a.png").exit_code == 2
