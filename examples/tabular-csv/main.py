"""RustNet's example: two classes from any table in CSV, judged by cross-validation.

python main.py                                      the bundled table of tumours, RustNet's network and training
python main.py --recommended                        the same network, trained our way
python main.py --data FILE --label NAME --out DIR   another table; its label is a column's name, or -1, the last
python main.py --document-files                     and model.json, RustNet's own file, of a network of all rows

Each of five parts is predicted by a network that saw the other four alone, their mean and deviation among what it saw.
The predictions of all rows are written to predictions_exported.csv and drawn in predictions.png.
"""

import argparse
import sys
import warnings
from functools import partial
from pathlib import Path

import numpy as np
from tables import draw, read_table, right, write_predictions
from training import FOLDS, TrainNetwork, cross_validate, document, of_raw_features, recommended

from nn_model.errors import DataError, DivergedError, MissingExtraError
from nn_model.extras import need
from nn_model.formats import rustnet
from nn_model.plot import save

BUNDLED = Path(__file__).resolve().parents[2] / "test_data/breast_cancer/breast_cancer.csv"


def report(args: argparse.Namespace) -> None:
    """Read, judge, print, write, draw."""
    need("matplotlib", "plot")  # before training, not after
    x, y, names = read_table(args.data, args.label, least=FOLDS)
    print(f"{len(x)} rows of {x.shape[1]} features; 0 is {names[0]} ({np.sum(y == 0)}), 1 is {names[1]} ({np.sum(y)})")
    args.out.mkdir(parents=True, exist_ok=True)

    chosen = {"epochs": args.epochs} if args.epochs else {}
    how = recommended if args.recommended else document
    train: TrainNetwork = partial(how, hidden=args.hidden, **chosen)
    chances, part = cross_validate(train, x, y, args.seed)
    accuracies = [100 * np.mean(right(chances, y)[part == number]) for number in range(FOLDS)]
    for number, accuracy in enumerate(accuracies, 1):
        print(f"Part {number} of {FOLDS}: accuracy {accuracy:.2f}%")
    print(f"Cross-validated accuracy: {np.mean(accuracies):.2f}% +- {np.std(accuracies):.2f}%")
    print(f"Always the larger class:  {100 * max(y.mean(), 1 - y.mean()):.2f}%")

    write_predictions(args.out / "predictions_exported.csv", chances, y)
    save(draw(chances, y), args.out / "predictions.png", dpi=125)
    if args.document_files:
        rustnet.write(of_raw_features(train(x, y, args.seed)), args.out / "model.json")
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


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=BUNDLED, metavar="FILE", help="a table, with a header or without")
    parser.add_argument("--label", type=column, default=-1, metavar="NAME", help="its labels: a column's name or index")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--document", action="store_true", help="train as RustNet does; the default")
    how.add_argument("--recommended", action="store_true", help="train our way")
    parser.add_argument("--hidden", type=count, default=10, help="units of the hidden layer (10)")
    parser.add_argument("--epochs", type=count, help="passes over the rows (2000; recommended: 60)")
    parser.add_argument("--seed", type=int, default=0, help="of parts, first weights, dropout and shuffling (0)")
    parser.add_argument("--document-files", action="store_true", help="RustNet's model.json too, trained on all rows")
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="where files go (here)")
    return parser.parse_args()


def main() -> None:
    """Say in one line what is wrong with the data."""
    warnings.showwarning = warn
    try:
        report(arguments())
    except (DataError, DivergedError, MissingExtraError, OSError) as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
