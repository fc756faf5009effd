"""`nn convert`, `run`, `test` and `load` on files of other programs, whatever they are called."""

import json
import warnings
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from nn_layers import Dense, ReLU
from nn_loss import CrossEntropy
from nn_model import NN, formats, load
from nn_model.cli.app import app
from nn_model.data import load_digits, write_idx
from nn_model.errors import CheckpointError, OnnxError, PartError
from nn_model.formats import nn_rs
from nn_model.formats.recognise import recognise
from nn_model.rustnet import PyCNN, PyNeuralNetwork
from nn_optim import Adam

APART: dict[str, Any] = {"mix_stderr": False} if "mix_stderr" in signature(CliRunner).parameters else {}


def run(*args: object) -> Result:
    return CliRunner(**APART).invoke(app, [str(arg) for arg in args])


def warned(*args: object) -> Result:
    """Run a command that warns, as outside of tests: it goes on."""
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        return run(*args)


NAMES = {
    "mlp": "rust-nn",
    "mlp64": "rust-nn",
    "cnn": "rust-nn",
    "attention": "rust-nn",
    "rustnet": "rustnet",
    "rustnet-cnn": "rustnet-cnn",
    "rsnet": "rsnet",
    "caches": "rsnet",
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("called", ["model.bin", "model.json", "final_batch64_adam.csv", "model"])
def test_files_are_known_by_their_content(build: Any, tmp_path: Path, name: str, called: str) -> None:
    path = tmp_path / called
    path.write_bytes(build(name).content)
    assert recognise(path) == NAMES[name]
    assert np.array_equal(load(path).theta, formats.read(path, NAMES[name]).theta)


def test_our_own_and_onnx_and_none_of_them(build: Any, tmp_path: Path, nn_rs_folder: Path) -> None:
    nn = NN([Dense(4, 3), ReLU(), Dense(3, 2)], CrossEntropy(), Adam())
    for name in ("a.json", "a.safetensors"):
        nn.save(tmp_path / name)
        assert recognise(tmp_path / name) == "checkpoint"
        assert np.array_equal(formats.read(tmp_path / name).theta, nn.theta)
    assert recognise(nn_rs_folder) == "nn-rs"
    (tmp_path / "a.onnx").write_bytes(b"")
    (tmp_path / "b").write_bytes(b"\x08\x08\x12\x07pytorch")
    assert recognise(tmp_path / "a.onnx") == recognise(tmp_path / "b") == "onnx"
    (tmp_path / "c.bin").write_bytes(b"PK\3\4 and more")
    (tmp_path / "d").write_bytes(b'{"weights": 1}')
    for name in ("c.bin", "d"):
        with pytest.raises(CheckpointError, match=f"{name}: nothing that nn_model reads: no checkpoint, no ONNX"):
            load(tmp_path / name)
    (tmp_path / "e.bin").write_bytes(build("mlp64").content[:-1])
    with pytest.raises(
        CheckpointError, match=r"e\.bin: an MLP's file has .* none of these: truncated, or another file"
    ):
        load(tmp_path / "e.bin")
    for name in ("none.bin", "none.json", "none.onnx"):
        with pytest.raises(CheckpointError, match=f"{name}: the file cannot be read: No such file"):
            load(tmp_path / name)
    with pytest.raises(CheckpointError, match="a checkpoint must be a regular file; found a folder"):
        load(tmp_path)
    with pytest.raises(PartError, match="engine must be"):
        load(build("mlp64").put(tmp_path), engine="other")
    assert set(formats.FORMATS) >= set(NAMES.values())
    assert "convert" in dir(formats)
    with pytest.raises(AttributeError, match="has no attribute 'keras'"):
        formats.keras  # noqa: B018  # the access is the test


@pytest.mark.parametrize("target", ["a.safetensors", "a.json", "again.bin"])
def test_convert_there_and_back(build: Any, tmp_path: Path, target: str) -> None:
    built = build("cnn")
    source = built.put(tmp_path)
    done = run("convert", source, tmp_path / target)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == f"Network saved to {tmp_path / target}\n"
    run("convert", tmp_path / target, tmp_path / "back.bin")
    assert (tmp_path / "back.bin").read_bytes() == built.content
    assert np.array_equal(load(tmp_path / target).predict_proba(built.x), load(source).predict_proba(built.x))


def test_convert_names_formats_and_asks_for_what_is_not_in_the_files(tmp_path: Path, nn_rs_folder: Path) -> None:
    done = run("convert", nn_rs_folder, tmp_path / "a.safetensors", "--activation", "relu")
    assert done.exit_code == 0
    assert load(tmp_path / "a.safetensors").layers[1] == ReLU()
    done = run("convert", tmp_path / "a.safetensors", tmp_path / "a.csv", "--to", "rsnet")
    assert done.exit_code == 0
    assert "Softmax" in json.loads((tmp_path / "a.csv").read_text())["layers"][-1]
    done = warned("convert", tmp_path / "a.csv", tmp_path / "folder")
    assert done.exit_code == 0
    assert done.stderr.startswith("Warning: ")
    assert "read it with activation=ReLU(), or nn convert --activation relu\n" in done.stderr
    assert (tmp_path / "folder" / "w2.csv").read_bytes() == (nn_rs_folder / "w2.csv").read_bytes()


@pytest.mark.parametrize("command", ["convert", "export"])
def test_an_activation_that_nobody_names_is_assumed_with_a_warning(
    tmp_path: Path, nn_rs_folder: Path, command: str
) -> None:
    target = tmp_path / "a.onnx"
    export = ("--checkpoint-path", nn_rs_folder, "--onnx-path", target)
    done = warned(command, *((nn_rs_folder, target) if command == "convert" else export))
    assert done.exit_code == 0
    assert done.stderr.startswith(f"Warning: {nn_rs_folder}: nn-rs' files do not name the activation")
    assert "ELU() is assumed; name it with " in done.stderr
    assert "nn convert --activation\n" in done.stderr
    for name, activation in nn_rs.ACTIVATIONS.items():
        done = run("convert", nn_rs_folder, tmp_path / f"{name}.json", "--activation", name)
        assert "Warning" not in done.stderr
        assert load(tmp_path / f"{name}.json").layers[1] == activation


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("a.safetensors", "model.json", "--to", "rustnet"), 1, "its scores go through a sigmoid"),
        (("a.safetensors", "a.pt"), 1, "the suffix '.pt' says no format; take .safetensors, .json, .onnx, .bin"),
        (("a.safetensors", "a.safetensors"), 1, "cannot be written to: the command reads it"),
        (("a.safetensors", "b.safetensors"), 1, "is there already; give --force"),
        (("a.safetensors", "weights"), 2, "holds weights already; give --force"),
        (("a.safetensors", "b.bin", "--activation", "relu"), 2, "--activation is for folders of nn-rs"),
        (("none.bin", "b.bin"), 1, "none.bin: the file cannot be read"),
        (("a.safetensors", "b.bin", "--to", "keras"), 2, "'keras' is not one of"),
        (("a.safetensors",), 2, "Missing argument 'TARGET'"),
    ],
)
def test_convert_says_in_one_line_what_is_wrong(
    tmp_path: Path,
    nn_rs_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert nn_rs_folder.is_dir()
    for name in ("a.safetensors", "b.safetensors"):
        NN([Dense(4, 3)], CrossEntropy(), Adam()).save(tmp_path / name)
    done = run("convert", *arguments)
    assert done.exit_code == code
    assert sentence in done.stderr
    assert not (tmp_path / "model.json").exists()


def test_convert_replaces_with_force(tmp_path: Path, nn_rs_folder: Path) -> None:
    NN([Dense(4, 3)], CrossEntropy(), Adam(), seed=1).save(tmp_path / "a.safetensors")
    done = run("convert", tmp_path / "a.safetensors", nn_rs_folder, "--force")
    assert done.exit_code == 1
    assert "w1.csv there belongs to another network" in done.stderr
    (tmp_path / "b.bin").write_text("")
    nn = NN([Dense(4, 3), ReLU(), Dense(3, 2)], CrossEntropy(), Adam())
    nn.save(tmp_path / "a.safetensors")
    assert run("convert", tmp_path / "a.safetensors", tmp_path / "b.bin", "--force").exit_code == 0
    assert np.array_equal(load(tmp_path / "b.bin").theta, nn.theta)


def test_onnx_is_called_when_it_is_asked_for(build: Any, tmp_path: Path) -> None:
    built = build("cnn")
    for source, target in ((built.put(tmp_path), "a.onnx"), (tmp_path / "a.onnx", "b.bin")):
        done = run("convert", source, tmp_path / target)
        assert done.exit_code == 0, done.stderr
    assert (tmp_path / "b.bin").read_bytes() == built.content
    (tmp_path / "broken.onnx").write_bytes((tmp_path / "a.onnx").read_bytes()[:1000])
    with pytest.raises(OnnxError):
        load(tmp_path / "broken.onnx")


def test_a_format_that_there_is_not(tmp_path: Path) -> None:
    nn = NN([Dense(4, 3)], CrossEntropy(), Adam())
    with pytest.raises(CheckpointError, match=r"the format must be one of checkpoint, onnx, rustnet, .*; got 'keras'"):
        formats.write(nn, tmp_path / "a", "keras")
    formats.write(nn, tmp_path / "a.json")
    formats.convert(tmp_path / "a.json", tmp_path / "a", "nn-rs")
    assert np.array_equal(load(tmp_path / "a").theta, nn.theta)


def test_run_and_test_take_them(build: Any, tmp_path: Path, nn_rs_folder: Path) -> None:
    digits = load_digits()
    images = np.pad(np.kron(digits.x_test.reshape(-1, 8, 8), np.ones((3, 3))), [(0, 0), (2, 2), (2, 2)])
    pixels = (255 * images).astype(np.uint8)
    write_idx(tmp_path / "t10k-images-idx3-ubyte", pixels)
    write_idx(tmp_path / "t10k-labels-idx1-ubyte", digits.y_test.astype(np.uint8))
    (tmp_path / "digit").write_bytes(pixels[0].tobytes())
    for name in ("mlp", "cnn", "attention"):
        path = build(name).put(tmp_path)
        done = run("run", "--checkpoint", path, "--image-path", tmp_path / "digit", "--json")
        assert done.exit_code == 0, done.stderr
        shape = load(path).core.layout.input_shape
        expected = load(path).predict_proba(np.divide(pixels[:1], 255, dtype=np.float32).reshape(1, *shape))
        found = list(json.loads(done.stdout)[0]["probabilities"].values())
        np.testing.assert_allclose(found, expected[0], rtol=1e-6)
        done = run("test", "--checkpoint", path, "-d", tmp_path)
        assert "accuracy" in done.stdout, done.stderr
    (tmp_path / "rows.csv").write_text("a,b,c,d\n1,2,3,4\n0,0,1,0\n")
    done = warned("run", "--checkpoint", nn_rs_folder, "--image-path", tmp_path / "rows.csv")
    assert done.stdout.count("Prediction: ") == 2


def test_the_facade_writes_rustnets_own_files(build: Any, tmp_path: Path) -> None:
    net = PyNeuralNetwork([3, 4, 2], seed=5)
    net.save(tmp_path / "model.json")
    data = json.loads((tmp_path / "model.json").read_text())
    assert [layer["weights"][0] for layer in data] == [[3, 4], [4, 2]]
    assert PyNeuralNetwork.load(tmp_path / "model.json").predict([[1, 2, 3]]) == net.predict([[1, 2, 3]])
    built = build("rustnet")
    again = PyNeuralNetwork.load(built.put(tmp_path))
    np.testing.assert_allclose(again.predict(built.x), built.answers, rtol=1e-12)
    again.train(built.x, np.zeros((6, 2)), 0.1, 2, verbose=False)
    cnn = build("rustnet-cnn")
    np.testing.assert_allclose(PyCNN.load(cnn.put(tmp_path)).predict(cnn.x), cnn.answers, rtol=1e-12)
    PyCNN(6, 6, 3).save(tmp_path / "b.json")
    assert set(json.loads((tmp_path / "b.json").read_text())) == {"input_shape", "conv", "pool", "dense"}
    PyCNN(6, 6, 3).save(tmp_path / "b.safetensors")
    with pytest.raises(CheckpointError, match="this is no network of PyNeuralNetwork: layers"):
        PyNeuralNetwork.load(build("mlp64").put(tmp_path))
