"""What the tests of the engines share: one small network, and a folder for what they compile."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, Sigmoid
from nn_loss import MSE
from nn_model import NN
from nn_optim import SGD

Array = np.ndarray[Any, np.dtype[Any]]


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Let what the tests compile be kept for this session only, and nothing of the person's own be read."""
    folder = tmp_path_factory.mktemp("compiled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUMBA_CACHE_DIR", str(folder))
        yield folder


@pytest.fixture
def xor() -> tuple[Array, Array]:
    """Give the four rows of XOR and their labels."""
    return np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32), np.array([0, 1, 1, 0])


@pytest.fixture
def xor_network() -> Callable[..., NN]:
    """Give a maker of the network 2-4-1 of sigmoids."""

    def make(engine: str = "numba", **options: Any) -> NN:
        layers = [Dense(2, 4), Sigmoid(), Dense(4, 1), Sigmoid()]
        return NN(layers, MSE(), options.pop("optimizer", SGD(lr=0.5)), task="classification", engine=engine, **options)  # type: ignore[arg-type]  # a name

    return make
