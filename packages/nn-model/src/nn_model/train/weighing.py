"""What every training row counts."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from nn_model.arrays import Array, as_weights
from nn_model.core import Core
from nn_model.errors import DataError, PartError
from nn_model.train.arguments import check_number

ClassWeight = Mapping[Any, float] | Literal["balanced"]


def row_weights(core: Core, given: Array, train: Array, sample: Any, by_class: ClassWeight | None) -> Array | None:
    """Give every row's weight, sample weight times class weight; `None` where all rows count the same.

    Raises
    ------
    DataError
        Weights that are none, or that are 0 for every training row.
    PartError
        Class weights that are none, or targets that are not one class a row.
    """
    weights = None if sample is None else as_weights(sample, len(given), core.vectors.theta.dtype)
    if by_class is not None:
        factors = _factors(core, given, train, by_class)
        weights = factors if weights is None else weights * factors
    if weights is not None and not weights[train].any():
        raise DataError("the weights of the training rows must not be all zero: no row would count")
    return weights


def _factors(core: Core, given: Array, train: Array, by_class: ClassWeight) -> Array:
    if core.coding.classes is None or given.ndim != 1:
        raise PartError("class_weight needs targets of one class for each row; give sample_weight instead")
    names = core.coding.classes.tolist()
    if isinstance(by_class, str):
        if by_class != "balanced":
            raise PartError(f"class_weight must be 'balanced' or a weight for each class; got {by_class!r}")
        by_name = _balanced(given[train], len(names))
    else:
        by_name = _given(names, by_class)
    return by_name[given].astype(core.vectors.theta.dtype)


def _balanced(given: Array, classes: int) -> Array:
    """Give n / (classes there are * rows of the class), so that all classes count the same."""
    counts = np.bincount(given, minlength=classes)
    return np.asarray(len(given) / (np.count_nonzero(counts) * np.maximum(counts, 1)))


def _given(names: list[Any], by_class: Any) -> Array:
    if not isinstance(by_class, Mapping):
        raise PartError(f"class_weight must be 'balanced' or a weight for each class; got {by_class!r}")
    for name, weight in by_class.items():
        if name not in names:
            raise PartError(f"class_weight names {name!r}, which is no class; the classes are {names}")
        check_number(f"class_weight[{name!r}]", weight)
    return np.array([float(by_class.get(name, 1.0)) for name in names])
