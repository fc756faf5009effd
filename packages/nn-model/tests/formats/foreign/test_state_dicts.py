"""Weights under PyTorch's and Keras' names: round trips are exact, and the axes are those of the table."""

import json
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from nn_layers import (
    BatchNorm,
    Conv2D,
    Dense,
    Flatten,
    LayerNorm,
    MaxPool2D,
    MeanTokens,
    Patches,
    PositionalEncoding,
    Propagate,
    ReLU,
    Residual,
    SelfAttention,
    Standardize,
)
from nn_loss import CrossEntropy
from nn_model import NN
from nn_model.errors import CheckpointError
from nn_model.formats import state_dicts
from nn_optim import SGD

Array = np.ndarray[Any, np.dtype[Any]]


def made(layers: list[Propagate], shape: tuple[int, ...], seed: int = 0, dtype: Any = "float32") -> NN:
    nn = NN(layers, CrossEntropy(), SGD(), input_shape=shape, seed=seed, dtype=dtype)
    rng = np.random.default_rng(seed)
    nn.set_weights({name: rng.uniform(0.5, 1.5, array.shape) for name, array in nn.weights().items()})
    return nn


def convolutional(seed: int = 0, dtype: Any = "float32") -> NN:
    layers: list[Propagate] = [Standardize(), Conv2D(2, 6, (3, 2), bias=False), BatchNorm(6), ReLU()]
    layers += [Conv2D(6, 4, 2, groups=2), MaxPool2D(2), Flatten(), BatchNorm(), Dense(None, 5), LayerNorm(5)]
    return made([*layers, Dense(5, 3)], (2, 8, 9), seed, dtype)


def attentive(seed: int = 0, dtype: Any = "float32") -> NN:
    inside: list[Propagate] = [LayerNorm(8), SelfAttention(8, 2, projection=True)]
    layers: list[Propagate] = [Patches(2), PositionalEncoding(), Dense(None, 8), Residual(inside)]
    return made([*layers, MeanTokens(), Dense(8, 3)], (3, 4, 6), seed, dtype)


NETWORKS = {"convolutional": convolutional, "attentive": attentive}


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("framework", ["torch", "keras"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_round_trip_is_exact(tmp_path: Path, network: str, framework: Any, dtype: str) -> None:
    nn, other = NETWORKS[network](1, dtype), NETWORKS[network](2, dtype)
    path = tmp_path / "weights.safetensors"
    state_dicts.write(nn, path, framework, prefix="model/")
    assert all(name.startswith("model/") for name in load_file(path))
    state_dicts.read(path, other, framework, prefix="model/")
    assert other.theta.tobytes() == nn.theta.tobytes()
    assert other.state.tobytes() == nn.state.tobytes()


def test_names_and_axes_of_pytorch() -> None:
    nn = convolutional()
    own, found = nn.weights(), state_dicts.to_dict(nn)
    assert {name: array.shape for name, array in found.items()} == {
        "0.mean": (2, 8, 9),
        "0.scale": (2, 8, 9),
        "1.weight": (6, 2, 3, 2),
        "2.weight": (6,),
        "2.bias": (6,),
        "2.running_mean": (6,),
        "2.running_var": (6,),
        "4.weight": (4, 3, 2, 2),
        "4.bias": (4,),
        "7.weight": (24,),
        "7.bias": (24,),
        "7.running_mean": (24,),
        "7.running_var": (24,),
        "8.weight": (5, 24),
        "8.bias": (5,),
        "9.weight": (5,),
        "9.bias": (5,),
        "10.weight": (3, 5),
        "10.bias": (3,),
    }
    assert np.array_equal(found["8.weight"], own["layers.8.w"].T)
    assert np.array_equal(found["2.running_var"], own["layers.2.var"])
    assert not np.shares_memory(found["2.bias"], nn.theta)
    names = state_dicts.to_dict(attentive())
    assert list(names)[3:9] == ["3.0.weight", "3.0.bias", *(f"3.1.{name}" for name in ATTENTION[:4])]


ATTENTION = ["in_proj_weight", "out_proj.weight", "in_proj_bias", "out_proj.bias"]


def test_keras_has_channels_last() -> None:
    """A convolution and a dense layer on channels-last images give what ours give on channels-first ones."""
    nn = made([Conv2D(2, 3, 2), Flatten(), Dense(None, 4)], (2, 4, 5))
    found = state_dicts.to_dict(nn, "keras")
    assert list(found) == ["conv2d/kernel", "conv2d/bias", "dense/kernel", "dense/bias"]
    x = np.random.default_rng(0).random((6, 2, 4, 5), np.float32)
    last = x.transpose(0, 2, 3, 1)
    windows = np.lib.stride_tricks.sliding_window_view(last, (2, 2), axis=(1, 2))
    y = np.einsum("nijcyx,yxco->nijo", windows, found["conv2d/kernel"]) + found["conv2d/bias"]
    scores = y.reshape(6, -1) @ found["dense/kernel"] + found["dense/bias"]
    np.testing.assert_allclose(scores, nn._scores(x), rtol=1e-5)


def test_keras_attention() -> None:
    """Keras' separate kernels, and patches with their channels last, give the scores of ours."""
    nn = attentive()
    p = {name.replace("multi_head_attention/", ""): array for name, array in state_dicts.to_dict(nn, "keras").items()}
    x = np.random.default_rng(1).random((5, 3, 4, 6), np.float32)
    patches = x.reshape(5, 3, 2, 2, 3, 2).transpose(0, 2, 4, 3, 5, 1).reshape(5, 6, 12)
    t = (patches + p["position_embedding/embeddings"]) @ p["dense/kernel"] + p["dense/bias"]
    normal = (t - t.mean(-1, keepdims=True)) / np.sqrt(t.var(-1, keepdims=True) + 1e-5)
    h = normal * p["layer_normalization/gamma"] + p["layer_normalization/beta"]
    names = ("query", "key", "value")
    q, k, v = (np.einsum("ntf,fhd->nhtd", h, p[f"{n}/kernel"]) + p[f"{n}/bias"][:, None] for n in names)
    products = np.einsum("nhtd,nhsd->nhts", q, k) / 2
    a = np.exp(products - products.max(axis=-1, keepdims=True))
    mixed = np.einsum("nhts,nhsd->nthd", a / a.sum(-1, keepdims=True), v)
    t = t + np.einsum("nthd,hdf->ntf", mixed, p["attention_output/kernel"]) + p["attention_output/bias"]
    scores = t.mean(axis=1) @ p["dense_1/kernel"] + p["dense_1/bias"]
    np.testing.assert_allclose(scores, nn._scores(x), rtol=1e-4)


def test_modules_have_names_of_their_own(tmp_path: Path) -> None:
    nn, other = (made([Dense(2, 3), ReLU(), Dense(3, 2)], (2,), seed) for seed in (0, 1))
    path = tmp_path / "a.safetensors"
    state_dicts.write(nn, path, modules=["fc1", "head"])
    assert sorted(load_file(path)) == ["fc1.bias", "fc1.weight", "head.bias", "head.weight"]
    state_dicts.read(path, other, modules=["fc1", "head"])
    assert np.array_equal(other.theta, nn.theta)
    for names in (["fc1"], ["fc1", "fc1"]):
        with pytest.raises(CheckpointError, match=r"2 different names, for layers\[0\]: Dense\(2, 3\), layers\[2\]"):
            state_dicts.to_dict(nn, modules=names)


REFUSED: list[tuple[list[Propagate], tuple[int, ...], Any, str]] = [
    (
        [SelfAttention(8), Flatten(), Dense(None, 2)],
        (4, 8),
        "torch",
        r"layers\[0\].*MultiheadAttention always",
    ),
    ([SelfAttention(8), Flatten(), Dense(None, 2)], (4, 8), "keras", r"layers\[0\].*take projection=True"),
    ([Dense(5, 3), Flatten(), Dense(None, 2)], (2, 4, 5), "keras", r"layers\[0\].*last axis of images \(2, 4, 5\)"),
    ([LayerNorm(5), Flatten(), Dense(None, 2)], (2, 4, 5), "keras", r"layers\[0\]: LayerNorm.*the channels"),
    (
        [Flatten(), Residual([Dense(40, 40)]), Dense(None, 2)],
        (2, 4, 5),
        "keras",
        r"layers\[1\]: Residual follows",
    ),
    ([Dense(5, 3)], (5,), "jax", "must be 'torch' or 'keras'; got 'jax'"),
]


@pytest.mark.parametrize(("layers", "shape", "framework", "sentence"), REFUSED)
def test_what_a_framework_has_not(
    tmp_path: Path, layers: list[Propagate], shape: tuple[int, ...], framework: Any, sentence: str
) -> None:
    with pytest.raises(CheckpointError, match=sentence):
        state_dicts.write(made(layers, shape), tmp_path / "a.safetensors", framework)
    assert list(tmp_path.iterdir()) == []


def arrays() -> dict[str, Array]:
    rng = np.random.default_rng(0)
    return {"0.weight": rng.random((3, 2), np.float32), "0.bias": rng.random(3, np.float32)}


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"0.bias": None}, "'0.bias' is missing; the network has 0.weight, 0.bias"),
    ({"1.bias": np.zeros(3, np.float32)}, "'1.bias' belongs to no layer .* say modules= and prefix="),
    ({"0.weight": np.zeros((2, 3), np.float32)}, r"0\.weight must have the shape \(3, 2\); found \(2, 3\)"),
    ({"0.bias": np.zeros(3, np.int64)}, r"0\.bias must hold floats; found int64"),
    ({"0.bias": np.array([0, np.nan, 0], np.float32)}, r"must be finite; 0\.bias\[1\] is nan"),
    ({"0.bias": np.array([0, 1e300, 0])}, r"0\.bias holds numbers that float32 cannot"),
    ({"0.bias": np.zeros(3, np.int8)}, r"0\.bias: the dtype must be F16 or F32"),
    ({"a\nb": np.zeros(3, np.float32)}, "a name must have 1 to 200 letters that can be printed"),
]


@pytest.mark.parametrize(("changes", "sentence"), FAULTS)
def test_files_that_do_not_fit_leave_the_network_as_it_was(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    path = tmp_path / "a.safetensors"
    save_file({name: array for name, array in (arrays() | changes).items() if array is not None}, path)
    nn = made([Dense(2, 3)], (2,))
    before = nn.theta.copy()
    with pytest.raises(CheckpointError, match=sentence) as fault:
        state_dicts.read(path, nn)
    assert str(fault.value).startswith(f"{path}: ")
    assert np.array_equal(nn.theta, before)


def test_what_a_framework_keeps_beside_weights_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    beside = {"1.num_batches_tracked": np.array(7), "seed_generator_state": np.zeros(2, np.uint32)}
    save_file(arrays() | beside | {"0.bias": np.array([1, 2, 3], np.float16)}, path)
    nn = made([Dense(2, 3)], (2,))
    state_dicts.read(path, nn)
    assert np.array_equal(nn.weights()["layers.0.w"], arrays()["0.weight"].T)
    assert nn.weights()["layers.0.b"].tolist() == [1, 2, 3]


def test_a_variance_is_not_negative_and_files_are_named_rightly(tmp_path: Path) -> None:
    nn = made([BatchNorm(2), Dense(2, 2)], (2,))
    found = state_dicts.to_dict(nn) | {"0.running_var": np.array([1, -1], np.float32)}
    save_file(found, tmp_path / "a.safetensors")
    with pytest.raises(CheckpointError, match=r"0\.running_var must be not negative; 0\.running_var\[1\] is -1"):
        state_dicts.read(tmp_path / "a.safetensors", nn)
    with pytest.raises(CheckpointError, match=r"the suffix must be \.safetensors; found '\.pt'"):
        state_dicts.write(nn, tmp_path / "a.pt")
    nn.theta[0] = np.inf
    with pytest.raises(CheckpointError, match=r"numbers must be finite; 0\.weight\[0\] is inf"):
        state_dicts.write(nn, tmp_path / "b.safetensors")


def test_a_standardisation_that_came_from_a_file_is_one(tmp_path: Path) -> None:
    nn = made([Standardize(), Dense(2, 2)], (2,))
    state_dicts.write(nn, tmp_path / "a.safetensors")
    other = NN([Standardize(), Dense(2, 2)], CrossEntropy(), SGD(), input_shape=(2,))
    state_dicts.read(tmp_path / "a.safetensors", other)
    other.train_step([[0.0, 1.0]], [0])  # would warn of a layer that has seen no data
    assert other.step == 1


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(place=st.integers(0, 250), length=st.integers(0, 9), new=st.binary(max_size=9))
def test_whatever_happens_to_the_bytes(tmp_path: Path, place: int, length: int, new: bytes) -> None:
    path = tmp_path / "a.safetensors"
    save_file(arrays(), path)
    content = path.read_bytes()
    path.write_bytes(content[:place] + new + content[place + length :])
    nn = made([Dense(2, 3)], (2,))
    with suppress(CheckpointError):
        state_dicts.read(path, nn)
        assert np.isfinite(nn.theta).all()


def test_two_gigabytes_that_are_declared(tmp_path: Path) -> None:
    entry = {"dtype": "F32", "shape": [500_000_000], "data_offsets": [0, 2_000_000_000]}
    header = json.dumps({"0.weight": entry}).encode()
    (tmp_path / "a.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(100))
    with pytest.raises(CheckpointError, match="the tensors take 2000000000 bytes and the file has 100 for them"):
        state_dicts.read(tmp_path / "a.safetensors", made([Dense(2, 3)], (2,)))
