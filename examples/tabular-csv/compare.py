"""Compare RustNet's training, ours and scikit-learn's MLPClassifier over the same folds, as a table in Markdown.

python compare.py FILE...              each table's last column is the label
python compare.py --seeds 10 FILE...   needs scikit-learn: pip install scikit-learn

A seed draws the five parts and the first weights. A cell is the mean of the seeds' cross-validated accuracies in
percent, their standard deviation, and their range.
"""

import argparse
import sys
import warnings
from functools import partial
from pathlib import Path

import numpy as np
from tables import Array, read_table, right
from training import FOLDS, Classifier, Train, cross_validate, document, recommended

from nn_model.errors import DataError

try:
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
except ImportError:
    sys.exit("Error: compare.py compares with scikit-learn, which is not installed; run: pip install scikit-learn")


def scikit_learn(x: Array, y: Array, seed: int, epochs: int = 2000) -> Classifier:
    """Train scikit-learn's network, standardised by the same rows; its default is 200 epochs."""
    network = MLPClassifier((10,), max_iter=epochs, random_state=seed)
    fitted: Classifier = make_pipeline(StandardScaler(), network).fit(x, y)
    return fitted


ROWS: dict[str, Train] = {
    "document": document,
    "recommended": recommended,
    "scikit-learn, until it converges": scikit_learn,
    "scikit-learn, its 200 epochs": partial(scikit_learn, epochs=200),
}
"""The networks are `[n, 10, 1]`, all of them."""


def cell(train: Train, x: Array, y: Array, seeds: int) -> str:
    """Cross-validate from each seed; every row counts the same."""
    found = [100 * np.mean(right(cross_validate(train, x, y, seed)[0], y)) for seed in range(seeds)]
    return f"{np.mean(found):.2f} +- {np.std(found):.2f} ({min(found):.1f} to {max(found):.1f})"


def main() -> None:
    """Print a row for each training, a column for each table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--seeds", type=int, default=10, help="how many, from 0 (10)")
    args = parser.parse_args()
    # scikit-learn says that 200 epochs are few, and ours that a feature never varies: known, and the same in each row.
    warnings.simplefilter("ignore", UserWarning)
    try:
        tables = [read_table(path, -1, FOLDS) for path in args.tables]
    except DataError as error:
        sys.exit(f"Error: {error}")
    print(f"| training | {' | '.join(path.stem for path in args.tables)} |")
    print(f"|---|{'---|' * len(tables)}")
    larger = (f"{100 * max(np.mean(y), 1 - np.mean(y)):.2f}" for _, y, _ in tables)
    print(f"| always the larger class | {' | '.join(larger)} |", flush=True)
    for name, train in ROWS.items():
        cells = (cell(train, x, y, args.seeds) for x, y, _ in tables)
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
