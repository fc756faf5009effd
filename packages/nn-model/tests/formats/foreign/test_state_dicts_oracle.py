"""PyTorch loads what we write and predicts the same; we load what PyTorch saves."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_layers import (
    ELU,
    BatchNorm,
    Conv2D,
    Dense,
    Flatten,
    LayerNorm,
    MaxPool2D,
    MeanTokens,
    Propagate,
    ReLU,
    Residual,
    SelfAttention,
)
from nn_loss import CrossEntropy
from nn_model import NN
from nn_model.formats import state_dicts
from nn_optim import SGD

torch = pytest.importorskip("torch")
files = pytest.importorskip("safetensors.torch")
pytestmark = pytest.mark.oracle


def convolutional() -> tuple[NN, Any]:
    layers: list[Propagate] = [
        Conv2D(2, 6, 3, padding=1),
        BatchNorm(6),
        ReLU(),
        MaxPool2D(2),
        Conv2D(6, 4, 2, groups=2),
    ]
    layers += [Flatten(), Dense(None, 8), BatchNorm(8), ELU(), LayerNorm(8), Dense(8, 3)]
    t = torch.nn
    module = t.Sequential(
        t.Conv2d(2, 6, 3, padding=1),
        t.BatchNorm2d(6),
        t.ReLU(),
        t.MaxPool2d(2),
        t.Conv2d(6, 4, 2, groups=2),
        t.Flatten(),
        t.Linear(36, 8),
        t.BatchNorm1d(8),
        t.ELU(),
        t.LayerNorm(8),
        t.Linear(8, 3),
    )
    return NN(layers, CrossEntropy(), SGD(), input_shape=(2, 8, 8), seed=1), module


def attentive() -> tuple[NN, Any]:
    class Attention(torch.nn.MultiheadAttention):  # type: ignore[misc,name-defined]  # torch has no types here
        def forward(self, x: Any) -> Any:
            return super().forward(x, x, x)[0]

    class Skip(torch.nn.Sequential):  # type: ignore[misc,name-defined]  # likewise
        def forward(self, x: Any) -> Any:
            return x + super().forward(x)

    class Mean(torch.nn.Module):  # type: ignore[misc,name-defined]  # likewise
        def forward(self, x: Any) -> Any:
            return x.mean(1)

    t = torch.nn
    skip = Skip(t.LayerNorm(8), Attention(8, 2, batch_first=True))
    module = t.Sequential(t.Linear(5, 8), skip, Mean(), t.Linear(8, 3))
    inside: list[Propagate] = [LayerNorm(8), SelfAttention(8, 2, projection=True)]
    layers: list[Propagate] = [Dense(5, 8), Residual(inside), MeanTokens(), Dense(8, 3)]
    return NN(layers, CrossEntropy(), SGD(), input_shape=(6, 5), seed=1), module


@pytest.mark.parametrize("make", [convolutional, attentive])
def test_pytorch_loads_our_file_and_we_load_its(tmp_path: Path, make: Any) -> None:
    nn, module = make()
    rng = np.random.default_rng(0)
    x = rng.standard_normal((7, *nn.core.layout.input_shape)).astype(np.float32)
    for _ in range(5):
        nn.train_step(x, rng.integers(0, 3, 7))  # running statistics of their own
    path = tmp_path / "a.safetensors"
    state_dicts.write(nn, path)
    module.load_state_dict(files.load_file(path))
    module.eval()
    with torch.no_grad():
        theirs = torch.softmax(module(torch.from_numpy(x)), 1).numpy()
    np.testing.assert_allclose(nn.predict_proba(x), theirs, rtol=1e-5, atol=1e-6)

    module.train()
    module(torch.from_numpy(x))  # moves its running statistics
    module.eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(3)))
        theirs = torch.softmax(module(torch.from_numpy(x)), 1).numpy()
    files.save_file(module.state_dict(), path)
    state_dicts.read(path, nn)
    np.testing.assert_allclose(nn.predict_proba(x), theirs, rtol=1e-5, atol=1e-6)
