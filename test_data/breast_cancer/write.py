"""Writes the table of tumours from scikit-learn's copy: the same bytes each time.

Run ``python test_data/breast_cancer/write.py`` to write this folder, or name others:
``python test_data/breast_cancer/write.py FOLDER...``.
"""

import csv
import sys
from pathlib import Path

import sklearn.datasets

HERE = Path(__file__).resolve().parent
MEANS = 10


def main(folders: list[Path]) -> None:
    """Write the ten means and the diagnosis of each tumour, in the order of the source."""
    bunch = sklearn.datasets.load_breast_cancer()
    rows = zip(bunch.data[:, :MEANS].tolist(), bunch.target_names[bunch.target], strict=True)
    lines = [[*bunch.feature_names[:MEANS], "diagnosis"], *([*means, name] for means, name in rows)]
    for folder in folders:
        with (folder / "breast_cancer.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(lines)


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]] or [HERE])
