"""Check two networks on real MNIST: what the recommended settings give from seed 0 must not fall below a bound."""

import argparse
from pathlib import Path

from nn_model.data import load_mnist
from nn_model.presets import PRESETS

BOUNDS = {"mnist_cnn": 0.977, "mnist_attention": 0.965}


def main() -> None:
    """Train and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with MNIST's IDX files")
    data = load_mnist(parser.parse_args().data, flatten=False)
    below = False
    for name, bound in BOUNDS.items():
        preset = PRESETS[name]
        recipe = preset.recommended
        if recipe is None:
            raise ValueError(f"{name} has no recommended settings")
        nn = preset.network(data.x_train.shape, 10, recipe, seed=0)
        recipe.fit(nn, data.x_train, data.y_train, verbose=False)
        _, accuracy = nn.test_step(data.x_test, data.y_test)
        print(f"{name}: {100 * (accuracy or 0.0):.2f}% of {len(data.y_test)} test digits, asked for {100 * bound:.1f}%")
        below |= (accuracy or 0.0) < bound
    if below:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
