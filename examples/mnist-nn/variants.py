"""Every network whose result nn-rs's README gives, trained with full batches from several seeds.

Prints the test accuracy in percent: a line per network, a column per seed, and the mean.
"""

import argparse
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from nn_layers import ELU, SELU, Dense, ElasticNet, He, LeakyReLU, Propagate, Uniform
from nn_loss import CrossEntropy
from nn_model import NN
from nn_model.data import Split, load_digits, load_mnist
from nn_optim import Adam, Momentum, Nadam, Optimizer, RMSProp


class Variant(NamedTuple):
    """What sets one network apart; 10 classes follow the hidden layers."""

    hidden: tuple[int, ...]
    activation: Propagate
    init: He | Uniform
    optimizer: Optimizer
    penalty: ElasticNet | None = None


ITERATIONS = 151
# What that README leaves open is as in nn-rs's source of that time, where it says: weights drawn from -0.5 to 0.5
# unless He, slope 0.1, and 0.05 as the rate of momentum, where the README has 0.01. The decay 0.9 fits its losses.
nn_rs_nadam = partial(Nadam, eps=1e-7, momentum_decay=None)
VARIANTS = {
    "deep-he-elu-nadam": Variant((64, 32, 16), ELU(), He(), nn_rs_nadam(lr=5e-4), ElasticNet(l1=1e-4, l2=1e-4)),
    "he-elu-nadam": Variant((16,), ELU(), He(), nn_rs_nadam(lr=0.01)),
    "elu-nadam": Variant((16,), ELU(), Uniform(), nn_rs_nadam(lr=0.01)),
    "elu-adam": Variant((16,), ELU(), Uniform(), Adam(lr=0.01)),
    "elu-rmsprop": Variant((16,), ELU(), Uniform(), RMSProp(lr=0.01, alpha=0.9)),
    "selu-rmsprop": Variant((16,), SELU(), Uniform(), RMSProp(lr=0.01, alpha=0.9)),
    "leaky-momentum": Variant((16,), LeakyReLU(0.1), Uniform(), Momentum(lr=0.01)),
    "leaky-momentum-0.05": Variant((16,), LeakyReLU(0.1), Uniform(), Momentum(lr=0.05)),
}


def network(variant: Variant, in_features: int, seed: int) -> NN:
    """Stack the layers of one variant."""
    layers: list[Propagate] = []
    for n, m in pairwise((in_features, *variant.hidden, 10)):
        layers += [Dense(n, m, variant.init, variant.penalty), variant.activation]
    return NN(layers[:-1], CrossEntropy(), variant.optimizer, seed=seed)  # the last layer's scores stay as they are


def test_accuracy(variant: Variant, data: Split, seed: int) -> float:
    """Train one variant from one seed; give its accuracy on the test images in percent."""
    nn = network(variant, data.x_train.shape[1], seed)
    for _ in range(ITERATIONS):
        nn.train_step(data.x_train, data.y_train)
    _, accuracy = nn.test_step(data.x_test, data.y_test)
    return 100 * (accuracy or 0)


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
