"""Which coding of targets a network uses, from its loss, task, and number of outputs."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Literal, Protocol

import numpy as np

from nn_layers import ShapeError
from nn_layers.protocol import Calls, Scratch, Shape
from nn_loss import Loss
from nn_model.arrays import Array
from nn_model.errors import PartError
from nn_model.metrics import RegressionReport, Report
from nn_model.targets.labels import BinaryCoding, LabelCoding
from nn_model.targets.multilabel import MultiLabelCoding
from nn_model.targets.values import ValueCoding

Task = Literal["classification", "regression"]


class Coding(Protocol):
    """Targets on their way in, answers on their way out.

    `given` is the checked form of a person's targets; `targets` is what the loss takes, made from it by the calls of
    `spread`, or the same array where there are none.
    """

    @property
    def task(self) -> Task:
        """What the network is for."""
        ...

    @property
    def classes(self) -> Array | None:
        """The classes' names; `None` for regression."""
        ...

    def given(self, y: Any, rows: int) -> Array:
        """Check the targets of `rows` rows and give them in the form that enters the program."""
        ...

    def placeholder(self, rows: int) -> Array:
        """Make an array of that form."""
        ...

    def spread(self, given: Array, targets: Array) -> Calls:
        """Yield the calls that write the loss's targets."""
        ...

    def target(self) -> Scratch | None:
        """Say what one row of the loss's targets is; `None` where `given` is used as it is."""
        ...

    def scratch(self) -> Mapping[str, Scratch]:
        """Name what `count` works in."""
        ...

    def count(self, scores: Array, given: Array, s: Mapping[str, Array], correct: Array) -> Calls:
        """Yield the calls that write the share of right answers into `correct`; none for regression."""
        ...

    def answers(self, scores: Array) -> Array:
        """Turn scores into what `predict` gives."""
        ...

    def report(self, scores: Array, given: Array, loss: float | None) -> Report | RegressionReport:
        """Judge scores against checked targets."""
        ...


def make_coding(
    loss: Loss, task: Task | None, out_shape: Shape, classes: Sequence[Any] | None, dtype: "np.dtype[Any]"
) -> Coding:
    """Choose the coding.

    Raises
    ------
    PartError
        A task or classes that do not go with the loss.
    ShapeError
        A last layer that does not go with the loss, or with the number of classes.
    """
    if task not in (None, "classification", "regression"):
        raise PartError(f"task must be 'classification' or 'regression'; got {task!r}")
    entropy = loss.targets == "labels" or loss.link is not None
    chosen = task or ("classification" if entropy else "regression")
    if chosen == "regression":
        if entropy:
            raise PartError(f"{loss!r} is a loss for classification; for regression take MSE(), MAE() or Huber()")
        if classes is not None:
            raise PartError(f"classes are for classification; {loss!r} does regression unless task='classification'")
        return ValueCoding(out_shape, dtype)
    return _classification(loss, out_shape, classes, dtype)


def _classification(loss: Loss, out_shape: Shape, classes: Sequence[Any] | None, dtype: "np.dtype[Any]") -> Coding:
    outputs = out_shape[-1] if out_shape else 0
    if loss.targets == "labels":
        if outputs < 2:
            raise ShapeError(
                f"{loss!r} needs a score for each class, at least 2; the last layer gives {out_shape}; "
                "for two classes from one score take BinaryCrossEntropy()"
            )
        return LabelCoding(_names(classes, outputs), out_shape, None)
    if len(out_shape) != 1:
        raise ShapeError(
            f"{loss!r} classifies rows of scores; the last layer gives the shape {out_shape}; add Flatten()"
        )
    if outputs == 1:
        return BinaryCoding(_names(classes, 2), dtype, 0.0 if loss.link == "sigmoid" else 0.5)
    if loss.link == "sigmoid":
        return MultiLabelCoding(_names(classes, outputs), dtype)
    return LabelCoding(_names(classes, outputs), out_shape, dtype)


def _listed(classes: Any) -> tuple[list[Any], str]:
    """Give names in their order; none, and what to do, where there is no order or there are no names."""
    if isinstance(classes, AbstractSet):
        return [], "; a set has no order: give a list"
    if isinstance(classes, int | np.integer):
        return [], "; leave classes out where they are just numbered"
    if isinstance(classes, str | bytes | Mapping) or not isinstance(classes, Iterable):
        return [], ""
    return list(classes), ""


def _names(classes: Sequence[Any] | None, count: int) -> Array:
    """Give the classes' names: those given, or their numbers."""
    if classes is None:
        return np.arange(count)
    given, remedy = _listed(classes)
    kinds = {
        bool if isinstance(n, bool | np.bool_) else int if isinstance(n, int | np.integer) else type(n) for n in given
    }
    if len(kinds) != 1 or not issubclass(next(iter(kinds)), str | int) or "" in {str(name).strip() for name in given}:
        rule = "classes must be a list of names, all text or all whole numbers, none blank"
        raise PartError(f"{rule}; got {classes!r}{remedy}")
    names = np.array(given)
    if len(names) != count:
        raise ShapeError(f"classes has {len(names)} names, the last layer tells {count} classes apart; make them equal")
    if len(set(names.tolist())) != count:
        raise PartError(f"classes must all differ; got {names.tolist()}")
    return names
