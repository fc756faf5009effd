"""`nn import`, as a person runs it."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from nn_layers import Dense, Softmax, Standardize
from nn_loss import CrossEntropy
from nn_model import NN, load
from nn_model.cli.app import app
from nn_model.formats import write as write_format
from nn_model.formats.onnx import write
from nn_optim import SGD


def run(*args: object) -> Result:
    return CliRunner().invoke(app, ["import", *map(str, args)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a model of classes a, b and c."""
    nn = NN([Standardize(), Dense(4, 3)], CrossEntropy(), SGD(), classes=["a", "b", "c"])
    nn.adapt(np.random.default_rng(0).random((9, 4)))
    write(nn, tmp_path / "model.onnx")
    return tmp_path / "model.onnx"


@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
def test_a_model_becomes_a_checkpoint(file: Path, suffix: str) -> None:
    target = file.with_suffix(suffix)
    result = run(file, target)
    assert result.exit_code == 0
    assert "Dense" in result.stdout
    assert result.stderr == f"Checkpoint saved to {target}\n"
    assert (load(target).layers, load(target).classes) == ((Standardize(), Dense(4, 3), Softmax()), ["a", "b", "c"])


def test_what_is_asked_for(file: Path) -> None:
    target = file.with_suffix(".json")
    assert run(file, target, *(f"--class={name}" for name in "xyz")).exit_code == 0
    assert load(target).classes == ["x", "y", "z"]
    assert run(file, target, "--task", "regression", "--output", "probabilities", "--force").exit_code == 0
    assert load(target).task == "regression"


def test_faults_are_one_line(file: Path, tmp_path: Path) -> None:
    (tmp_path / "there.json").write_text("old")
    (tmp_path / "bad.onnx").write_bytes(b"\x80")
    for args, words in (
        ((file, tmp_path / "there.json"), "is there already; give --force to replace it"),
        ((file, tmp_path / "model.pt"), "the suffix must be .safetensors or .json"),
        ((tmp_path / "bad.onnx", tmp_path / "a.json"), "bad.onnx: not an ONNX model, or truncated or damaged"),
        ((tmp_path / "none.onnx", tmp_path / "a.json"), "none.onnx: the file cannot be read: No such file"),
        ((file, tmp_path / "a.json", "--class", "a"), "classes has 1 names, the last layer tells 3 classes apart"),
        ((file, tmp_path / "a.json", "--output", "z"), "there is no output 'z'; the graph has 'probabilities'"),
    ):
        result = run(*args)
        assert result.exit_code == 1
        assert words in result.output
        assert result.output.count("\n") == 1
    assert not (tmp_path / "a.json").exists()
    assert run(file).exit_code == 2
    assert run(file, tmp_path / "a.json", "--task", "sorting").exit_code == 2


def test_a_file_that_is_no_onnx_model_is_named_with_the_command_that_reads_it(file: Path, tmp_path: Path) -> None:
    nn = NN([Dense(4, 3)], CrossEntropy(), SGD())
    nn.save(tmp_path / "a.safetensors")
    write_format(nn, tmp_path / "a.csv", "rsnet")
    write_format(nn, tmp_path / "weights", "nn-rs")
    for name, kind in (("a.safetensors", "checkpoint"), ("a.csv", "rsnet"), ("weights", "nn-rs")):
        result = run(tmp_path / name, tmp_path / "b.json")
        assert result.exit_code == 1
        assert result.output.startswith(f"Error: {tmp_path / name}: this is no ONNX model; its format is {kind} (")
        assert result.output.endswith(f"run: nn convert {tmp_path / name} {tmp_path / 'b.json'}\n")
    (tmp_path / "h.txt").write_text("hello\n")
    result = run(tmp_path / "h.txt", tmp_path / "b.json")
    assert (result.exit_code, "h.txt: nothing that nn_model reads" in result.output) == (1, True)
    file.rename(tmp_path / "model")
    assert run(tmp_path / "model", tmp_path / "b.json").exit_code == 0
