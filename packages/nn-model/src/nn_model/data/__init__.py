"""Data in and out: IDX and CSV files, division, augmentation, a bundled set of digits, and MNIST from the network."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nn_model.data.augment import Augment
    from nn_model.data.augmentation import Augmentation, AugmentationFrame
    from nn_model.data.csv import Table, read_csv
    from nn_model.data.digits import load_digits
    from nn_model.data.download import download_mnist
    from nn_model.data.folds import k_fold
    from nn_model.data.idx import read_idx
    from nn_model.data.idx_writer import write_idx
    from nn_model.data.mnist import load_mnist, read_mnist
    from nn_model.data.split import Split, train_test_split

__all__ = [
    "Augment",
    "Augmentation",
    "AugmentationFrame",
    "Split",
    "Table",
    "download_mnist",
    "k_fold",
    "load_digits",
    "load_mnist",
    "read_csv",
    "read_idx",
    "read_mnist",
    "train_test_split",
    "write_idx",
]

_MODULES = {
    "Augment": "augment",
    "Augmentation": "augmentation",
    "AugmentationFrame": "augmentation",
    "Split": "split",
    "Table": "csv",
    "download_mnist": "download",
    "k_fold": "folds",
    "load_digits": "digits",
    "load_mnist": "mnist",
    "read_csv": "csv",
    "read_idx": "idx",
    "read_mnist": "mnist",
    "train_test_split": "split",
    "write_idx": "idx_writer",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
