"""`nn export`, as a person runs it."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from click.testing import CliRunner, Result

from nn_layers import Conv2D, Dense, Flatten, Propagate, Standardize
from nn_loss import CrossEntropy
from nn_model import NN, load
from nn_model.cli.app import app
from nn_optim import SGD


def run(*args: object) -> Result:
    return CliRunner().invoke(app, ["export", *map(str, args)])


@pytest.fixture
def flat(tmp_path: Path) -> list[object]:
    """Give the options for a network of rows."""
    NN([Standardize(), Dense(4, 3)], CrossEntropy(), SGD(), classes=["a", "b", "c"]).save(tmp_path / "flat.json")
    return ["--checkpoint-path", tmp_path / "flat.json", "--onnx-path", tmp_path / "out.onnx"]


@pytest.fixture
def images(tmp_path: Path) -> list[object]:
    """Give the options for a network of images."""
    layers: list[Propagate] = [Conv2D(2, 3, 3), Flatten(), Dense(None, 3)]
    NN(layers, CrossEntropy(), SGD(), input_shape=(2, 6, 5)).save(tmp_path / "images.safetensors")
    return ["--checkpoint-path", tmp_path / "images.safetensors", "--onnx-path", tmp_path / "out.onnx"]


def test_a_checkpoint_becomes_a_model(flat: list[object], tmp_path: Path) -> None:
    result = run(*flat)
    assert (result.exit_code, result.output) == (0, f"ONNX model saved to {tmp_path / 'out.onnx'}\n")
    session = onnxruntime.InferenceSession(tmp_path / "out.onnx", providers=["CPUExecutionProvider"])
    x = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)
    (p,) = session.run(["probabilities"], {"input": x})
    np.testing.assert_allclose(p, load(tmp_path / "flat.json").predict_proba(x), rtol=1e-5)
    assert json.loads(session.get_modelmeta().custom_metadata_map["classes"]) == ["a", "b", "c"]


def test_rsnets_flags_are_taken_and_checked(images: list[object], tmp_path: Path) -> None:
    sizes = ["--input-channels", 2, "--input-height", 6, "--input-width", 5]
    assert run(*images, *sizes).exit_code == 0
    assert (tmp_path / "out.onnx").is_file()
    assert run(*images, "--input-width", 5, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            ("--input-channels", 1),
            "--input-channels is 1, and the network takes rows of shape (2, 6, 5); give 2, or leave",
        ),
        (
            ("--input-height", 64),
            "--input-height is 64, and the network takes rows of shape (2, 6, 5); give 6, or leave",
        ),
        (("--input-width", 6), "--input-width is 6, and the network takes rows of shape (2, 6, 5); give 5, or leave"),
    ],
)
def test_other_sizes_than_the_networks_are_refused(
    said: tuple[object, ...], message: str, images: list[object], tmp_path: Path
) -> None:
    result = run(*images, *said)
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {message}")
    assert result.output.count("\n") == 1
    assert not (tmp_path / "out.onnx").exists()


def test_a_network_of_rows_has_no_height(flat: list[object]) -> None:
    result = run(*flat, "--input-height", 4)
    words = "Error: --input-height is for networks of images, and this one takes rows of 4 numbers; leave it out\n"
    assert (result.exit_code, result.output) == (1, words)


def test_scores_and_another_opset(flat: list[object], tmp_path: Path) -> None:
    assert run(*flat, "--scores", "--opset", 22).exit_code == 0
    model = onnx.load(tmp_path / "out.onnx")
    assert (model.graph.output[0].name, model.opset_import[0].version) == ("scores", 22)


@pytest.mark.parametrize(
    "args", [("--opset", 12), ("--opset", 27), ("--input-width", 0), ("--input-width", "x"), ("--onnx-path", "")]
)
def test_wrong_usage(args: tuple[object, ...], flat: list[object]) -> None:
    assert run(*flat, *args).exit_code == 2
    assert run(*flat[:2]).exit_code == 2
    assert run(*flat[2:]).exit_code == 2


def test_a_model_that_is_there_is_kept_without_force(flat: list[object], tmp_path: Path) -> None:
    (tmp_path / "out.onnx").write_bytes(b"old")
    result = run(*flat)
    assert result.exit_code == 1
    assert "is there already; give --force to replace it" in result.output
    assert (tmp_path / "out.onnx").read_bytes() == b"old"
    assert run(*flat, "--force").exit_code == 0
    assert (tmp_path / "out.onnx").read_bytes() != b"old"


def test_faults_are_one_line(flat: list[object], tmp_path: Path) -> None:
    checkpoint = flat[1]
    for path, words in (
        (tmp_path / "out.pb", "the suffix says what a file is"),
        (checkpoint, "cannot be written to: the command reads it"),
        (tmp_path / "none" / "out.onnx", "does not exist; make it first"),
    ):
        result = run("--checkpoint-path", checkpoint, "--onnx-path", path, "--force")
        assert result.exit_code == 1
        assert words in result.output
        assert result.output.count("\n") == 1
    result = run("--checkpoint-path", tmp_path / "absent.json", "--onnx-path", tmp_path / "out.onnx")
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
