"""Warnings point to the line of the program that asked for the file, not to one of this package."""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nn_layers import Dense
from nn_loss import MSE
from nn_model import NN, load
from nn_model.checkpoint import capture, write
from nn_model.disk.lock import claim
from nn_model.train import Checkpoint
from nn_optim import SGD

X = np.ones((4, 1), "float32")


@pytest.fixture
def nn() -> NN:
    return NN([Dense(1, 1)], MSE(), SGD())


def claimed(path: Path) -> None:
    with claim(path):
        pass


CALLS: list[tuple[str, Callable[[NN, Path], object]]] = [
    ("a.json", lambda nn, path: nn.save(path)),
    ("a.safetensors", lambda nn, path: nn.save(path)),
    ("a.json", lambda nn, path: write(path, capture(nn))),
    ("a.json", lambda nn, path: nn.fit(X, X, callbacks=[Checkpoint(path)], verbose=False)),
    ("a.json", lambda _, path: claimed(path)),
]


@pytest.mark.parametrize(("name", "call"), CALLS)
def test_another_writer(tmp_path: Path, nn: NN, name: str, call: Callable[[NN, Path], object]) -> None:
    fcntl = pytest.importorskip("fcntl")
    with (tmp_path / f".{name}.lock").open("wb") as lock, warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        fcntl.flock(lock, fcntl.LOCK_EX)
        call(nn, tmp_path / name)
    assert [(w.category, Path(w.filename).name) for w in seen] == [(UserWarning, "test_warnings.py")]
    assert "another process writes to this path as well" in str(seen[0].message)


def test_another_numpy(tmp_path: Path, nn: NN) -> None:
    nn.fit(X, X, verbose=False)
    snapshot = capture(nn)
    snapshot.run["made_with"]["numpy"] = "1.0"
    write(tmp_path / "a.json", snapshot)
    with pytest.warns(UserWarning, match=r"the file was written with NumPy 1\.0") as seen:
        load(tmp_path / "a.json")
    assert Path(seen[0].filename).name == "test_warnings.py"
