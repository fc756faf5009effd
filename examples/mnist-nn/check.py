"""Check the nn-rs network on real MNIST: the mean test accuracy of three seeds must reach 91.2 %."""

import argparse
from pathlib import Path
from statistics import mean

from main import network

from nn_model import Report
from nn_model.data import load_mnist

GOAL = 0.912


def main() -> None:
    """Train three networks and judge them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with MNIST's IDX files")
    data = load_mnist(parser.parse_args().data)
    accuracies = []
    for seed in range(3):
        nn = network(data, lr=5e-4, seed=seed)
        for _ in range(151):
            nn.train_step(data.x_train, data.y_train)
        report = nn.evaluate(data.x_test, data.y_test)
        if not isinstance(report, Report):
            raise TypeError("digits are classes; the network answered with values")
        accuracies.append(report.accuracy)
        print(f"seed {seed}: {100 * report.accuracy:.2f}% of {len(data.y_test)} test digits", flush=True)
    print(f"mean of three seeds: {100 * mean(accuracies):.2f}%, asked for {100 * GOAL:.1f}%")
    if mean(accuracies) < GOAL:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
