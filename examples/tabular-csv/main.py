"""RustNet's example: two classes from any table in CSV, judged by cross-validation.

python main.py                                      the bundled table of tumours, RustNet's network and training
python main.py --recommended                        the same network, trained our way
python main.py --data FILE --label NAME --out DIR   another table; its label is a column's name, or -1, the last

Each of five parts is predicted by a network that saw the other four alone, their mean and deviation among what it saw.
The predictions of all rows are written to predictions_exported.csv and drawn in predictions.png.
"""

import argparse
import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tables import FOLDS, draw, read_table, right, write_predictions

from nn_layers import Dense, Dropout, He, ReLU, Sigmoid, Standardize, Uniform
from nn_loss import BinaryCrossEntropy
from nn_model import NN
from nn_model.data import k_fold
from nn_model.errors import DataError, DivergedError, MissingExtraError
from nn_model.extras import need
from nn_model.plot import save
from nn_optim import SGD, Adam, ClipValue, OneCycle

Array = NDArray[Any]

BUNDLED = Path(__file__).resolve().parents[2] / "test_data/breast_cancer/breast_cancer.csv"


class Classifier(Protocol):
    """What training gives; scikit-learn's classifiers are of this kind too."""

    def predict_proba(self, x: Array, /) -> Array:
        """Give the probability of each class, `(rows, 2)`."""


Train = Callable[[Array, Array, int], Classifier]
"""Trains from features, labels and a seed."""


def document(x: Array, y: Array, seed: int, *, hidden: int = 10, epochs: int = 2000) -> NN:
    """Train as RustNet does: plain descent on all rows at once, every number of the gradient cut to [-1, 1]."""
    init = Uniform(-0.5, 0.5)
    nn = NN(
        layers=[Standardize(), Dense(x.shape[1], hidden, init), ReLU(), Dense(hidden, 1, init), Sigmoid()],
        loss=BinaryCrossEntropy(),
        optimizer=SGD(lr=0.001),
        clip=ClipValue(1.0),
        dtype="float64",
        seed=seed,
    )
    return fitted(nn, x, y, epochs, batch_size=len(x))


def recommended(x: Array, y: Array, seed: int, *, hidden: int = 10, epochs: int = 60) -> NN:
    """Train the same network with dropout, by Adam in one cycle, in batches of 16."""
    nn = NN(
        layers=[
            Standardize(),
            Dropout(0.2),
            Dense(x.shape[1], hidden, He()),
            ReLU(),
            Dropout(min(0.5, hidden / 100)),  # a wide layer can spare more
            Dense(hidden, 1, He()),
            Sigmoid(),
        ],
        loss=BinaryCrossEntropy(),
        optimizer=Adam(lr=OneCycle(0.01, steps=epochs * -(-len(x) // 16))),
        dtype="float64",
        seed=seed,
    )
    return fitted(nn, x, y, epochs, batch_size=16)


def fitted(nn: NN, x: Array, y: Array, epochs: int, batch_size: int) -> NN:
    """Take mean and deviation of the features, and train, from the same rows."""
    nn.adapt(x)
    history = nn.fit(x, y, epochs=epochs, batch_size=batch_size, verbose=False)
    if len(history) < epochs:  # Ctrl-C: what is half trained is not to be judged
        raise KeyboardInterrupt
    return nn


def cross_validate(train: Train, x: Array, y: Array, seed: int) -> tuple[Array, Array]:
    """Give each row's probability of class 1, from a network that never saw the row, and each part's accuracy."""
    chances, accuracies = np.empty(len(y)), []
    for rows, held in k_fold(y, FOLDS, seed=seed):
        chances[held] = train(x[rows], y[rows], seed).predict_proba(x[held])[:, 1]
        accuracies.append(np.mean(right(chances[held], y[held])))
    return chances, np.array(accuracies)


def report(args: argparse.Namespace) -> None:
    """Read, judge, print, write, draw."""
    need("matplotlib", "plot")  # before training, not after
    x, y, names = read_table(args.data, args.label)
    print(f"{len(x)} rows of {x.shape[1]} features; 0 is {names[0]} ({np.sum(y == 0)}), 1 is {names[1]} ({np.sum(y)})")
    args.out.mkdir(parents=True, exist_ok=True)

    chosen = {"epochs": args.epochs} if args.epochs else {}
    train = partial(recommended if args.recommended else document, hidden=args.hidden, **chosen)
    chances, accuracies = cross_validate(train, x, y, args.seed)
    for part, accuracy in enumerate(accuracies, 1):
        print(f"Part {part} of {FOLDS}: accuracy {100 * accuracy:.2f}%")
    print(f"Cross-validated accuracy: {100 * accuracies.mean():.2f}% +- {100 * accuracies.std():.2f}%")
    print(f"Always the larger class:  {100 * max(y.mean(), 1 - y.mean()):.2f}%")

    write_predictions(args.out / "predictions_exported.csv", chances, y)
    save(draw(chances, y), args.out / "predictions.png", dpi=100)
    print(f"Predictions and their picture are in {args.out.resolve()}")


def column(text: str) -> int | str:
    """Read an index or a name."""
    return int(text) if text.removeprefix("-").isdecimal() else text


def count(text: str) -> int:
    """Read a whole number of at least 1."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1; got {text!r}")
    return int(text)


def warn(message: Warning | str, *_: object, **__: object) -> None:
    """Write a warning as one line."""
    print(f"Warning: {message}", file=sys.stderr)


def main() -> None:
    """Say in one line what is wrong with the data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=BUNDLED, metavar="FILE", help="a table, with a header or without")
    parser.add_argument("--label", type=column, default=-1, metavar="NAME", help="its labels: a column's name or index")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--document", action="store_true", help="train as RustNet does; the default")
    how.add_argument("--recommended", action="store_true", help="train our way")
    parser.add_argument("--hidden", type=count, default=10, help="units of the hidden layer (10)")
    parser.add_argument("--epochs", type=count, help="passes over the rows (2000; recommended: 60)")
    parser.add_argument("--seed", type=int, default=0, help="of parts, first weights, dropout and shuffling (0)")
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="where CSV and picture go (here)")
    warnings.showwarning = warn
    try:
        report(parser.parse_args())
    except (DataError, DivergedError, MissingExtraError, OSError) as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
