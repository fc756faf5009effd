"""Residual blocks, global pooling and alpha dropout against PyTorch, in float64, where it is installed."""

from typing import Any

import numpy as np
import pytest

from nn_layers import ELU, AlphaDropout, Dense, Flatten, GlobalAvgPool2D, Propagate, Residual, Stack, Tanh
from nn_layers.protocol import Array

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle


def linear(stack: Stack, name: str) -> Any:
    """Give the layer of PyTorch with the same weights."""
    w, b = stack.weights()[f"{name}.w"], stack.weights()[f"{name}.b"]
    layer = torch.nn.Linear(*w.shape, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(w.T.copy()))
        layer.bias.copy_(torch.from_numpy(b.copy()))
    return layer


def make(layers: list[Propagate], shape: tuple[int, ...]) -> tuple[Stack, Array]:
    stack = Stack(layers, shape, rows=7, seed=5, dtype="float64", input_grad=True)
    return stack, np.random.default_rng(6).standard_normal((7, *shape))


def close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, expected.detach().numpy(), rtol=1e-12, atol=1e-13)


def test_nested_residual_blocks() -> None:
    stack, x = make([Dense(3, 4), Residual([Dense(4, 6), Residual([ELU(), Dense(6, 6)]), Dense(6, 4)]), Tanh()], (3,))
    names = ["layers.0", "layers.1.0", "layers.1.1.1", "layers.1.2"]
    first, into, inside, out = layers = [linear(stack, name) for name in names]
    given = torch.from_numpy(x.copy()).requires_grad_()
    before = first(given)
    hidden = into(before)
    hidden = hidden + inside(torch.nn.functional.elu(hidden))
    expected = torch.tanh(before + out(hidden))
    (expected**2).sum().backward()

    scores = stack.forward(x, training=True)
    close(scores, expected)
    close(stack.backward(2.0 * scores), given.grad)
    gradients = [part.ravel() for layer in layers for part in (layer.weight.grad.numpy().T, layer.bias.grad.numpy())]
    np.testing.assert_allclose(stack.grad, np.concatenate(gradients), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("shape", [(2, 7, 7), (3, 1, 5), (1, 1, 1)])
def test_global_average_pooling(shape: tuple[int, int, int]) -> None:
    stack, x = make([GlobalAvgPool2D(), Flatten()], shape)
    given = torch.from_numpy(x.copy()).requires_grad_()
    expected = torch.nn.AdaptiveAvgPool2d(1)(given).flatten(1)
    (expected**2).sum().backward()
    scores = stack.forward(x, training=True)
    close(scores, expected)
    close(stack.backward(2.0 * scores), given.grad)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_alpha_dropout_of_the_same_mask(rate: float) -> None:
    """Where both kept a number, or both dropped it, they give the same: two draws cover all cases."""
    stack, x = make([AlphaDropout(rate)], (400,))
    given = torch.from_numpy(x.copy()).requires_grad_()
    torch.manual_seed(0)
    expected = torch.nn.AlphaDropout(rate)(given)
    expected.sum().backward()
    kept = given.grad.numpy() != 0.0

    scores = stack.forward(x, training=True)
    dx = stack.backward(np.ones_like(scores))
    assert dx is not None
    for ours, theirs in ((dx != 0.0, kept), (dx == 0.0, ~kept)):
        both = ours & theirs
        assert both.any()
        np.testing.assert_allclose(scores[both], expected.detach().numpy()[both], rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(dx[both], given.grad.numpy()[both], rtol=1e-12)
