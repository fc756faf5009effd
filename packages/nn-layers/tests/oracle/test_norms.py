"""Batch and layer normalisation against PyTorch, where it is installed: several steps of training, then inference."""

from typing import Any

import numpy as np
import pytest

from nn_layers import Stack
from nn_layers.layers.batch_norm import BatchNorm
from nn_layers.layers.layer_norm import LayerNorm
from nn_layers.protocol import Array, Shape

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

PRECISION = {"float32": 1e-5, "float64": 1e-10}
"""Of the largest number of an array."""

STAY, TOKENS_LAST = None, (0, 2, 1)
"""PyTorch's BatchNorm1d has the features of tokens at axis 1."""

PAIRS: list[tuple[Any, Any, Shape, tuple[int, ...] | None]] = [
    (BatchNorm(), torch.nn.BatchNorm1d(5), (9, 5), STAY),
    (BatchNorm(5, 0.3, 1e-2), torch.nn.BatchNorm1d(5, 1e-2, 0.3), (9, 7, 5), TOKENS_LAST),
    (BatchNorm(3), torch.nn.BatchNorm2d(3), (9, 3, 7, 5), STAY),
    (BatchNorm(), torch.nn.BatchNorm2d(3), (1, 3, 7, 5), STAY),
    (BatchNorm(), torch.nn.BatchNorm2d(3), (70, 3, 60, 50), STAY),
    (BatchNorm(), torch.nn.BatchNorm1d(5000), (70, 5000), STAY),
    (LayerNorm(), torch.nn.LayerNorm(5), (9, 5), STAY),
    (LayerNorm(5, 1e-2), torch.nn.LayerNorm(5, 1e-2), (400, 77, 5), STAY),
    (LayerNorm(), torch.nn.LayerNorm(7), (9, 3, 5, 7), STAY),
]


def assert_close(found: Array, expected: Any, dtype: str) -> None:
    expected = expected.detach().numpy()
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= PRECISION[dtype] * np.abs(expected).max()


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize(("layer", "oracle", "shape", "order"), PAIRS, ids=[f"{p[0]!r} on {p[2]}" for p in PAIRS])
def test_a_layer_follows_pytorch(
    layer: Any, oracle: Any, shape: Shape, order: tuple[int, ...] | None, dtype: Any
) -> None:
    rng = np.random.default_rng(3)
    stack = Stack([layer], shape[1:], rows=shape[0], dtype=dtype, input_grad=True)
    stack.theta = rng.standard_normal(stack.theta.size)
    oracle = oracle.to(getattr(torch, dtype)).train()
    w, b = (torch.tensor(part.copy()) for part in np.split(stack.theta, 2))
    oracle.weight.data, oracle.bias.data = w, b
    if isinstance(layer, BatchNorm):
        oracle.reset_running_stats()

    def other(x: Array) -> Array:
        return x if order is None else np.ascontiguousarray(x.transpose(order))

    for _ in range(3):
        x, dy = (rng.normal(1.0, 2.0, shape).astype(dtype) for _ in range(2))
        inputs = torch.tensor(other(x), requires_grad=True)
        oracle.zero_grad()
        scores = oracle(inputs)
        scores.backward(torch.tensor(other(dy)))
        assert_close(other(stack.forward(x, training=True)), scores, dtype)
        dx = stack.backward(dy)
        assert dx is not None
        assert_close(other(dx), inputs.grad, dtype)
        assert_close(stack.grad, torch.cat([oracle.weight.grad, oracle.bias.grad]), dtype)
        if isinstance(layer, BatchNorm):
            assert_close(stack.state, torch.cat([oracle.running_mean, oracle.running_var]), dtype)
    assert_close(other(stack.forward(x)), oracle.eval()(inputs), dtype)
