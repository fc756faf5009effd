"""XOR with a 2-4-1 network of sigmoids, as Rust-Neural-Networks and mlp.c have it.

python main.py                              # our settings: all four rows at once, a second
python main.py --document                   # theirs: each row an update, 10,000 epochs
python main.py --document --epochs 1000000  # and all of theirs, some minutes
python main.py --seeds 20                   # how many of 20 seeds learn all four answers
"""

import argparse
from dataclasses import replace

import numpy as np

from nn_model import NN
from nn_model.presets import PRESETS, Recipe

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
Y = np.array([0, 1, 1, 0])


def settings(*, document: bool, epochs: int | None) -> Recipe:
    """Give the preset's settings; of the document's million epochs the first ones, unless a number is given."""
    recipe = PRESETS["xor"].document if document else PRESETS["xor"].recommended
    if recipe is None:
        raise ValueError("the preset xor has both kinds of settings")
    return replace(recipe, epochs=epochs or min(recipe.epochs, 10_000))


def trained(recipe: Recipe, seed: int) -> NN:
    """Make the network and train it."""
    nn = PRESETS["xor"].network(X.shape, 2, recipe, seed=seed)
    recipe.fit(nn, X, Y, verbose=False)
    return nn


def count(text: str) -> int:
    """Read a whole number of at least 1."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1; got {text!r}")
    return int(text)


def answer(nn: NN) -> None:
    """Print the four answers."""
    loss, accuracy = nn.test_step(X, Y)
    print(f"loss = {loss:.6f}, accuracy = {100 * (accuracy or 0):.0f}%")
    for row, label, chance in zip(X, nn.predict(X), nn.predict_proba(X)[:, 1], strict=True):
        print(f"{row[0]:.0f} xor {row[1]:.0f} = {label}, the network says {chance:.3f}")


def main() -> None:
    """Train one network, or one from each of many seeds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--document", action="store_true", help="the settings of Rust-Neural-Networks")
    parser.add_argument("--epochs", type=count, help="[2,000, or 10,000 with --document]")
    parser.add_argument("--seed", type=int, default=0, help="of the first weights")
    parser.add_argument("--seeds", type=count, help="train from so many seeds, and count those that learn everything")
    args = parser.parse_args()
    recipe = settings(document=args.document, epochs=args.epochs)
    print(f"{recipe.about}; here {recipe.epochs:,} epochs")

    if args.seeds:
        right = [np.array_equal(trained(recipe, seed).predict(X), Y) for seed in range(args.seeds)]
        print(f"all four answers right from {sum(right)} of {args.seeds} seeds")
    else:
        answer(trained(recipe, args.seed))


if __name__ == "__main__":
    main()
