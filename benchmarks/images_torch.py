"""Training steps of networks for images and tokens beside eager PyTorch's, in one process, turn by turn.

Both begin with the same weights, and must agree on the loss after 20 steps before anything is timed. Needs torch.
"""

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import relu

from nn_layers import Conv2D, Stack
from nn_loss import CrossEntropy
from nn_model import NN
from nn_model.presets import PRESETS
from nn_optim import SGD

RATE = 0.01
Step = Callable[[], float]


class Cnn(nn.Module):  # type: ignore[misc]  # torch is not installed where types are checked
    """8 convolutions of 3 x 3, pooled, one dense layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.out = nn.Conv2d(1, 8, 3, padding=1), nn.Linear(1568, 10)

    def forward(self, x: Any) -> Any:
        """Give the scores of images."""
        return self.out(nn.functional.max_pool2d(relu(self.conv(x)), 2).flatten(1))

    def take(self, w: dict[str, Any]) -> None:
        """Begin with our weights."""
        put(self.conv.weight, w["layers.0.w"])
        put(self.conv.bias, w["layers.0.b"])
        put_dense(self.out, w, 4)


class Attention(nn.Module):  # type: ignore[misc]  # as above
    """Patches of 4 x 4, one head over 49 tokens, two dense layers, their mean."""

    def __init__(self) -> None:
        super().__init__()
        self.patch, self.qkv = nn.Linear(16, 64), nn.Linear(64, 192)
        self.place = nn.Parameter(torch.zeros(49, 64))
        self.up, self.down, self.out = nn.Linear(64, 128), nn.Linear(128, 64), nn.Linear(64, 10)

    def forward(self, x: Any) -> Any:
        """Give the scores of images."""
        tokens = x.reshape(-1, 7, 4, 7, 4).transpose(2, 3).reshape(-1, 49, 16)
        q, k, v = self.qkv(relu(self.patch(tokens) + self.place)).chunk(3, -1)
        seen = torch.softmax(q @ k.transpose(1, 2) / 8.0, -1) @ v
        return self.out(self.down(relu(self.up(seen))).mean(1))

    def take(self, w: dict[str, Any]) -> None:
        """Begin with our weights."""
        put(self.place, w["layers.2.w"])
        for layer, i in ((self.patch, 1), (self.up, 5), (self.down, 7), (self.out, 9)):
            put_dense(layer, w, i)
        put(self.qkv.weight, w["layers.4.w"].T)
        put(self.qkv.bias, w["layers.4.b"])


def put(parameter: Any, array: Any) -> None:
    """Copy an array into a parameter."""
    with torch.no_grad():
        parameter.copy_(torch.from_numpy(np.ascontiguousarray(array)))


def put_dense(layer: Any, w: dict[str, Any], i: int) -> None:
    """Copy our dense layer's arrays into theirs."""
    put(layer.weight, w[f"layers.{i}.w"].T)
    put(layer.bias, w[f"layers.{i}.b"])


def training(name: str, module: Any) -> tuple[Step, Step]:
    """Give one step of SGD on 32 images, ours and theirs."""
    rng = np.random.default_rng(0)
    x, y = rng.random((32, 1, 28, 28), dtype=np.float32), rng.integers(0, 10, 32)
    layers = PRESETS[name].layers_for((1, 28, 28), 10)
    ours = NN(layers, CrossEntropy(), SGD(lr=RATE), input_shape=(1, 28, 28))
    module.take(ours.weights())
    optimizer = torch.optim.SGD(module.parameters(), RATE)
    images, labels = torch.from_numpy(x), torch.from_numpy(y)

    def theirs() -> float:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(module(images), labels)
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return lambda: ours.train_step(x, y)[0], theirs


def block() -> tuple[Step, Step]:
    """Give forward and backward of 32 to 64 channels at 14 x 14, 64 images, ours and theirs."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((64, 32, 14, 14), dtype=np.float32)
    dy = rng.standard_normal((64, 64, 14, 14), dtype=np.float32)
    stack = Stack([Conv2D(32, 64, 3, padding=1)], (32, 14, 14), rows=64, input_grad=True)
    module = nn.Conv2d(32, 64, 3, padding=1)
    put(module.weight, stack.weights()["layers.0.w"])
    put(module.bias, stack.weights()["layers.0.b"])
    images, grad = torch.from_numpy(x).requires_grad_(), torch.from_numpy(dy)

    def ours() -> float:
        stack.forward(x, training=True)
        dx = stack.backward(dy)
        return 0.0 if dx is None else float(dx[0, 0, 0, 0])

    def theirs() -> float:
        module.zero_grad()
        images.grad = None
        module(images).backward(grad)
        return float(images.grad[0, 0, 0, 0])

    return ours, theirs


def check(ours: Step, theirs: Step) -> None:
    """Run 20 steps of both; their last results must agree."""
    for _ in range(20):
        a, b = ours(), theirs()
    if abs(a - b) > 1e-4 * max(1.0, abs(b)):
        raise SystemExit(f"after 20 steps ours gives {a}, PyTorch {b}: nothing is timed before they agree")


def timed(step: Step) -> float:
    """Give the milliseconds of one step."""
    start = time.perf_counter()
    step()
    return 1000 * (time.perf_counter() - start)


def main() -> None:
    """Time the rows and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=200, help="steps of each, in turn (default 200)")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch; ours follow OPENBLAS_NUM_THREADS (1)")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    rows = {"mnist_cnn": training("mnist_cnn", Cnn()), "mnist_attention": training("mnist_attention", Attention())}
    rows["block of 32 to 64"] = block()
    print(f"{'ms a step':20}{'ours':>8}{'min':>8}{'PyTorch':>9}{'min':>8}{'ratio':>8}{'of min':>8}")
    for name, steps in rows.items():
        check(*steps)
        times = [(timed(steps[0]), timed(steps[1])) for _ in range(args.steps)]
        (a, least_a), (b, least_b) = [(median(side), min(side)) for side in zip(*times, strict=True)]
        print(f"{name:20}{a:8.2f}{least_a:8.2f}{b:9.2f}{least_b:8.2f}{a / b:8.2f}{least_a / least_b:8.2f}", flush=True)


if __name__ == "__main__":
    main()
