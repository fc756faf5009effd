"""The layers on tokens against PyTorch, forward and backward, where it is installed."""

from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, Propagate, ReLU, Stack
from nn_layers.layers.mean_tokens import MeanTokens
from nn_layers.layers.patches import Patches
from nn_layers.layers.positional_encoding import PositionalEncoding
from nn_layers.layers.self_attention import SelfAttention
from nn_layers.protocol import Array

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

TOLERANCE = {"float32": 1e-5, "float64": 1e-10}
every_dtype = pytest.mark.parametrize("dtype", TOLERANCE)


def numbers(shape: tuple[int, ...], dtype: Any, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def tensor(x: Array) -> Any:
    return torch.tensor(x, requires_grad=True)


def agree(found: Array | None, expected: Any, dtype: str) -> None:
    """Check that the gap is small beside the largest number."""
    assert found is not None
    want = expected.detach().numpy()
    np.testing.assert_allclose(found, want, rtol=0, atol=TOLERANCE[dtype] * max(1.0, np.abs(want).max()))


@every_dtype
@pytest.mark.parametrize("heads", [1, 2, 8])
@pytest.mark.parametrize("tokens", [1, 5, 49])
def test_projected_attention_is_multihead_attention(tokens: int, heads: int, dtype: Any) -> None:
    stack = Stack([SelfAttention(16, heads, projection=True)], (tokens, 16), rows=6, dtype=dtype, input_grad=True)
    stack.theta = 0.3 * numbers((stack.theta.size,), dtype, 1)
    ours = stack.weights()
    oracle = torch.nn.MultiheadAttention(16, heads, batch_first=True, dtype=getattr(torch, dtype))
    names = {"w": "in_proj_weight", "b": "in_proj_bias", "w_out": "out_proj.weight", "b_out": "out_proj.bias"}
    oracle.load_state_dict({theirs: torch.tensor(ours[f"layers.0.{own}"].T) for own, theirs in names.items()})
    x, dy = numbers((6, tokens, 16), dtype), numbers((6, tokens, 16), dtype, 2)
    xt = tensor(x)
    expected, shares = oracle(xt, xt, xt, average_attn_weights=False)
    expected.backward(torch.tensor(dy))
    agree(stack.forward(x), expected, dtype)
    agree(stack.forward(x, training=True), expected, dtype)
    agree(stack.backward(dy), xt.grad, dtype)
    assert shares.shape == (6, heads, tokens, tokens)
    grads = {name: p.grad for name, p in oracle.named_parameters()}
    expected_grad = torch.cat(
        [grads[theirs].T.reshape(-1) if "w" in own else grads[theirs] for own, theirs in names.items()]
    )
    agree(stack.grad, expected_grad, dtype)


@every_dtype
@pytest.mark.parametrize("size", [1, 2, 4])
def test_patches_are_unfolds_columns_and_go_back_as_it_folds(size: int, dtype: Any) -> None:
    stack = Stack([Patches(size)], (3, 8, 12), rows=5, dtype=dtype, input_grad=True)
    x = numbers((5, 3, 8, 12), dtype)
    columns = torch.nn.functional.unfold(torch.tensor(x), size, stride=size)
    y = stack.forward(x, training=True)
    assert np.array_equal(y, columns.transpose(1, 2).numpy())
    folded = torch.nn.functional.fold(columns, (8, 12), size, stride=size)
    dx = stack.backward(y.copy())
    assert dx is not None
    assert np.array_equal(dx, folded.numpy())


@every_dtype
def test_patches_and_dense_are_a_convolution_with_that_stride(dtype: Any) -> None:
    stack = Stack([Patches(4), Dense(48, 6)], (3, 8, 12), rows=5, dtype=dtype)
    x = numbers((5, 3, 8, 12), dtype)
    w, b = (torch.tensor(array) for array in stack.weights().values())
    expected = torch.nn.functional.conv2d(torch.tensor(x), w.T.reshape(6, 3, 4, 4), b, stride=4)
    agree(stack.forward(x), expected.flatten(2).transpose(1, 2), dtype)


def digits(x: Any, p: list[Any]) -> Any:
    """Compute the digit network of 33,930 parameters with PyTorch's functions."""
    patches = torch.nn.functional.unfold(x, 4, stride=4).transpose(1, 2)
    tokens = torch.relu(patches @ p[0] + p[1] + p[2])
    q, k, v = (tokens @ p[3] + p[4]).chunk(3, dim=-1)
    mixed = torch.nn.functional.scaled_dot_product_attention(q, k, v)
    return (torch.relu(mixed @ p[5] + p[6]) @ p[7] + p[8]).mean(1) @ p[9] + p[10]


@every_dtype
def test_the_digit_network(dtype: Any) -> None:
    layers: list[Propagate] = [
        *(Patches(4), Dense(16, 64), PositionalEncoding(), ReLU(), SelfAttention()),
        *(Dense(64, 128), ReLU(), Dense(128, 64), MeanTokens(), Dense(64, 10)),
    ]
    stack = Stack(layers, (1, 28, 28), rows=32, dtype=dtype, input_grad=True)
    x, dy = np.abs(numbers((32, 1, 28, 28), dtype)), numbers((32, 10), dtype, 2)
    xt, parameters = tensor(x), [tensor(array) for array in stack.weights().values()]
    expected = digits(xt, parameters)
    expected.backward(torch.tensor(dy))
    agree(stack.forward(x, training=True), expected, dtype)
    agree(stack.backward(dy), xt.grad, dtype)
    for found, parameter in zip(stack.weights(), parameters, strict=True):
        place = next(place for place in stack.layout.params() if place.name == found)
        agree(place.view(stack.grad), parameter.grad, dtype)
