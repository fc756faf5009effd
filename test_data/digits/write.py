"""Writes the bundled digits from scikit-learn's copy: the same bytes each time.

Run ``python test_data/digits/write.py`` to write this folder and the copy inside the package, or name other folders:
``python test_data/digits/write.py FOLDER...``.
"""

import sys
from pathlib import Path

import numpy as np
import sklearn.datasets

from nn_model.data import train_test_split, write_idx

HERE = Path(__file__).resolve().parent
PACKAGED = HERE.parents[1] / "packages/nn-model/src/nn_model/data/files"


def main(folders: list[Path]) -> None:
    """Divide the digits 4 to 1, stratified, and write four IDX files into each folder."""
    bunch = sklearn.datasets.load_digits()
    images, labels = bunch.images.astype(np.uint8), bunch.target.astype(np.uint8)
    split = train_test_split(images, labels, test_size=360, stratify=True, seed=0)
    for folder in folders:
        for part, x, y in ("train", split.x_train, split.y_train), ("t10k", split.x_test, split.y_test):
            write_idx(folder / f"{part}-images-idx3-ubyte.gz", x)
            write_idx(folder / f"{part}-labels-idx1-ubyte.gz", y)


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]] or [HERE, PACKAGED])
