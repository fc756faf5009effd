"""Files of the five systems give the answers that their networks give by plain NumPy, and are written as they were."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_layers import ELU, Dense, Dropout, Flatten, LeakyReLU, Propagate, ReLU, Softmax
from nn_loss import CrossEntropy
from nn_model import NN, load
from nn_model.formats import nn_rs, rsnet, rust_nn, rustnet, rustnet_cnn
from nn_model.presets import PRESETS
from nn_optim import Adam

Array = np.ndarray[Any, np.dtype[Any]]
Build = Callable[[str], Any]
MODULES: dict[str, Any] = dict.fromkeys(("mlp", "mlp64", "cnn", "attention"), rust_nn)
MODULES |= {"rustnet": rustnet, "one": rustnet, "rustnet-cnn": rustnet_cnn}
MODULES |= dict.fromkeys(("rsnet", "caches", "values"), rsnet)


def answers_of(nn: NN, x: Array) -> Array:
    if nn.task == "regression":
        return nn.predict(x)
    shares = nn.predict_proba(x)
    return shares[:, -1:] if nn.loss.link == "sigmoid" and nn.core.body.out_shape == (1,) else shares


def without_caches(text: bytes) -> Any:
    data = json.loads(text)
    if isinstance(data, dict) and "layers" in data:
        for layer in data["layers"]:
            for fields in layer.values():
                fields |= {key: None for key in fields if key.startswith("last_") or key.endswith("_grad")}
    return data


@pytest.mark.parametrize("name", MODULES)
def test_a_file_answers_as_its_network_does(build: Build, tmp_path: Path, name: str) -> None:
    built = build(name)
    path = built.put(tmp_path)
    for nn in (MODULES[name].read(path), load(path)):
        tolerance = 1e-12 if nn.theta.dtype == np.float64 else 2e-5
        np.testing.assert_allclose(answers_of(nn, built.x), built.answers, rtol=tolerance, atol=tolerance / 100)


@pytest.mark.parametrize("name", ["mlp", "mlp64", "cnn", "attention"])
def test_a_binary_file_is_written_byte_for_byte(build: Build, tmp_path: Path, name: str) -> None:
    built = build(name)
    rust_nn.write(load(built.put(tmp_path)), tmp_path / "again.bin")
    assert (tmp_path / "again.bin").read_bytes() == built.content


@pytest.mark.parametrize("name", ["rustnet", "one", "rustnet-cnn", "rsnet", "caches", "values"])
def test_a_json_file_is_written_with_the_same_values(build: Build, tmp_path: Path, name: str) -> None:
    built = build(name)
    MODULES[name].write(load(built.put(tmp_path)), tmp_path / "again.json")
    content = (tmp_path / "again.json").read_bytes()
    assert json.loads(content) == without_caches(built.content)
    if name == "rustnet":
        assert content == built.content.replace(b"e-0", b"e-")
    if name == "rsnet":
        assert [line.strip() for line in content.splitlines()][:4] == [b"{", b'"layers": [', b"{", b'"Conv": {']
        assert content.count(b"\n") == built.content.count(b"\n")


def test_sizes_and_offsets_are_those_of_the_tables(build: Build) -> None:
    mlp, cnn, attention = (build(name).content for name in ("mlp", "cnn", "attention"))
    assert (len(mlp), len(cnn), len(attention)) == (1_628_212, 63_108, 135_720)
    for content, offsets in ((mlp, (12, 1_605_644, 1_607_692, 1_628_172)), (cnn, (20, 308, 348, 63_068))):
        for place in offsets:
            assert f"{place:,}" in (rust_nn.__doc__ or "")
            assert len(content) > place
    assert struct.unpack_from("<2i", cnn, 340) == (1568, 10)
    assert 12 + 8 * (len(mlp) - 12) // 4 == 3_256_412


def test_an_attention_files_offsets(build: Build, tmp_path: Path) -> None:
    built = build("attention")
    weights = rust_nn.read(built.put(tmp_path)).weights()
    numbers = np.frombuffer(built.content, "<f4")
    for name, at, columns in (
        ("1.w", 0, slice(None)),
        ("1.b", 4_096, slice(None)),
        ("2.w", 4_352, slice(None)),
        ("4.w", 16_896, slice(0, 64)),
        ("4.w", 33_536, slice(64, 128)),
        ("4.w", 50_176, slice(128, 192)),
        ("4.b", 66_560, slice(128, 192)),
        ("5.w", 66_816, slice(None)),
        ("7.w", 100_096, slice(None)),
        ("9.w", 133_120, slice(None)),
        ("9.b", 135_680, slice(None)),
    ):
        assert f"{at:,}" in (rust_nn.__doc__ or "")
        array = weights[f"layers.{name}"][..., columns]
        assert np.array_equal(numbers[at // 4 : at // 4 + array.size], array.ravel()), name


def evaluated(x: Array, layers: list[tuple[Array, Array]], activation: Callable[[Array], Array]) -> Array:
    for i, (w, b) in enumerate(layers):
        x = x @ w + b
        x = x if i == len(layers) - 1 else activation(x)
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def test_a_folder_of_nn_rs(tables: Any, nn_rs_folder: Path, tmp_path: Path) -> None:
    files, x, layers = tables
    with pytest.warns(UserWarning, match=r"weights: nn-rs' files do not name the activation .* ELU\(\) is assumed; "):
        nn = load(nn_rs_folder)
    assert np.array_equal(nn_rs.read(nn_rs_folder, activation=ELU()).theta, nn.theta)
    expected = evaluated(x, layers, lambda z: np.where(z > 0, z, np.expm1(z)))
    np.testing.assert_allclose(nn.predict_proba(x), expected, rtol=1e-5)
    nn_rs.write(nn, tmp_path / "again")
    assert {path.name: path.read_text() for path in (tmp_path / "again").iterdir()} == files
    nn_rs.write(nn, tmp_path / "again")  # over what is there
    leaky = nn_rs.read(nn_rs_folder, activation=LeakyReLU(0.2))
    expected = evaluated(x, layers, lambda z: np.where(z > 0, z, 0.2 * z))
    np.testing.assert_allclose(leaky.predict_proba(x), expected, rtol=1e-5)
    with pytest.warns(
        UserWarning, match=r"do not name the activation; read it with activation=LeakyReLU\(alpha=0\.2\)$"
    ):
        nn_rs.write(leaky, tmp_path / "leaky")


NUMBERS = [1.0, 0.1, 1e-7, 1.5e-7, 1e-6, 2.5e-5, 0.0001, 1e12, 3e38, 1.1754944e-38, 7.038531e-26, -0.0]


def test_numbers_are_written_as_rust_writes_them_and_come_back_exactly(tmp_path: Path) -> None:
    nn = NN([Dense(len(NUMBERS), 2)], CrossEntropy(), Adam())
    nn.set_weights({"layers.0.w": np.array([NUMBERS, NUMBERS]).T})
    nn_rs.write(nn, tmp_path / "a")
    lines = (tmp_path / "a" / "w0.csv").read_text().splitlines()[1:]
    texts = ["1.0", "0.1", "1e-7", "1.5e-7", "0.000001", "0.000025", "0.0001"]
    assert [line.split(",")[0] for line in lines][:7] == texts
    assert load(tmp_path / "a").theta.tobytes() == nn.theta.tobytes()
    rsnet.write(nn, tmp_path / "a.json")
    assert rsnet.read(tmp_path / "a.json").theta.tobytes() == nn.theta.tobytes()


def test_presets_travel_with_their_documents_formats(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("mnist_mlp", "mnist_cnn", "mnist_attention", "rsnet", "nn-rs"):
        preset = PRESETS[name]
        shape = (1, 28, 28) if preset.images else (784,)
        recipe = preset.recommended or preset.document
        assert recipe is not None
        nn = preset.network((64, *shape), 10, recipe, seed=3)
        path = tmp_path / {"rsnet": "a.json", "nn-rs": "folder"}.get(name, f"{name}.bin")
        {"rsnet": rsnet, "nn-rs": nn_rs}.get(name, rust_nn).write(nn, path)
        x = rng.random((5, *shape), np.float32)
        again = nn_rs.read(path, activation=ELU()) if name == "nn-rs" else load(path)
        assert np.array_equal(again.predict_proba(x), nn.predict_proba(x)), name
        assert again.core.layout.input_shape == shape
        again.train_step(x, [0, 1, 2, 3, 4])
        assert again.step == 1


def test_what_changes_no_prediction_is_left_out(tmp_path: Path) -> None:
    layers: list[Propagate] = [Flatten(), Dense(16, 5), ReLU(), Dropout(0.5), Dense(5, 3), Softmax()]
    nn = NN(layers, CrossEntropy(), Adam(), input_shape=(1, 4, 4), seed=2)
    rust_nn.write(nn, tmp_path / "a.bin")
    x = np.random.default_rng(0).random((3, 16), np.float32)
    assert np.array_equal(load(tmp_path / "a.bin").predict_proba(x), nn.predict_proba(x.reshape(3, 1, 4, 4)))
    with pytest.warns(UserWarning, match="activation=ReLU"):
        nn_rs.write(nn, tmp_path / "b")
    again = nn_rs.read(tmp_path / "b", activation=ReLU())
    assert np.array_equal(again.predict_proba(x), nn.predict_proba(x.reshape(3, 1, 4, 4)))


def test_a_float64_network_is_rounded_where_the_format_is_float32(tmp_path: Path) -> None:
    nn = NN([Dense(4, 3), ELU(), Dense(3, 2)], CrossEntropy(), Adam(), dtype="float64")
    nn_rs.write(nn, tmp_path / "a")
    assert np.array_equal(nn_rs.read(tmp_path / "a", activation=ELU()).theta, nn.theta.astype(np.float32))
