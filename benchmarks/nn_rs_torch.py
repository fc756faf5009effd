"""The networks of `examples/mnist-nn/variants.py` in PyTorch: the same rows, the same table.

Needs torch, and nn-model to read the data. Accuracy only: no timings.
"""

import argparse
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.optim import SGD, Adam, NAdam, RMSprop

from nn_model.data import Split, load_digits, load_mnist


def he(w: Any) -> None:
    """Draw (out, in) weights from a normal of deviation sqrt(2 / in)."""
    nn.init.normal_(w, std=(2 / w.shape[1]) ** 0.5)


def uniform(w: Any) -> None:
    """Draw weights from -0.5 to 0.5."""
    nn.init.uniform_(w, -0.5, 0.5)


class Variant(NamedTuple):
    """What sets one network apart; 10 classes follow the hidden layers."""

    hidden: tuple[int, ...]
    activation: Callable[[], Any]
    init: Callable[[Any], None]
    optimizer: Callable[..., Any]
    penalty: float = 0.0


ITERATIONS = 151
# So great a decay leaves no schedule: nn-rs's formula but for the first steps, the nearest that PyTorch has.
nadam = partial(NAdam, eps=1e-7, momentum_decay=1e6)
VARIANTS = {
    "deep-he-elu-nadam": Variant((64, 32, 16), nn.ELU, he, partial(nadam, lr=5e-4), 1e-4),
    "he-elu-nadam": Variant((16,), nn.ELU, he, partial(nadam, lr=0.01)),
    "elu-nadam": Variant((16,), nn.ELU, uniform, partial(nadam, lr=0.01)),
    "elu-adam": Variant((16,), nn.ELU, uniform, partial(Adam, lr=0.01)),
    "elu-rmsprop": Variant((16,), nn.ELU, uniform, partial(RMSprop, lr=0.01, alpha=0.9)),
    "selu-rmsprop": Variant((16,), nn.SELU, uniform, partial(RMSprop, lr=0.01, alpha=0.9)),
    "leaky-momentum": Variant((16,), partial(nn.LeakyReLU, 0.1), uniform, partial(SGD, lr=0.01, momentum=0.9)),
    "leaky-momentum-0.05": Variant((16,), partial(nn.LeakyReLU, 0.1), uniform, partial(SGD, lr=0.05, momentum=0.9)),
}


def network(variant: Variant, in_features: int) -> Any:
    """Stack the layers of one variant; biases start at 0."""
    layers: list[Any] = []
    for n, m in pairwise((in_features, *variant.hidden, 10)):
        linear = nn.Linear(n, m)
        variant.init(linear.weight)
        nn.init.zeros_(linear.bias)
        layers += [linear, variant.activation()]
    return nn.Sequential(*layers[:-1])


def elastic_net(model: Any, strength: float) -> Any:
    """Give strength * (sum |w| + sum w^2) over the weights, not the biases."""
    weights = [p for p in model.parameters() if p.ndim == 2]
    return strength * sum(w.abs().sum() + w.square().sum() for w in weights)


def test_accuracy(variant: Variant, data: Split, seed: int) -> float:
    """Train one variant from one seed; give its accuracy on the test images in percent."""
    torch.manual_seed(seed)
    x, y, xt, yt = (torch.from_numpy(part) for part in data)
    model = network(variant, x.shape[1])
    optimizer = variant.optimizer(model.parameters())
    for _ in range(ITERATIONS):
        optimizer.zero_grad()
        loss: Any = nn.functional.cross_entropy(model(x), y)
        if variant.penalty:
            loss = loss + elastic_net(model, variant.penalty)
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        return 100 * float((model(xt).argmax(1) == yt).double().mean())


def main() -> None:
    """Train the variants and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with MNIST's IDX files; left out, the bundled 8 x 8 digits")
    parser.add_argument("--row", choices=VARIANTS, help="one variant; left out, all")
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds, from 0 (default 3)")
    args = parser.parse_args()

    data = load_mnist(args.data) if args.data else load_digits()
    print(f"{'variant':20}", *(f"{f'seed {seed}':>7}" for seed in range(args.seeds)), f"{'mean':>7}")
    for name in [args.row] if args.row else VARIANTS:
        accuracies = [test_accuracy(VARIANTS[name], data, seed) for seed in range(args.seeds)]
        mean = sum(accuracies) / len(accuracies)
        print(f"{name:20}", *(f"{accuracy:7.2f}" for accuracy in (*accuracies, mean)), flush=True)


if __name__ == "__main__":
    main()
