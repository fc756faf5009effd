"""`NN.fit`: what a person gave, checked, and made into a loop."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nn_model.arrays import Array, as_rows, as_weights, check_finite, check_lengths
from nn_model.core import Core
from nn_model.data import train_test_split
from nn_model.errors import DataError
from nn_model.train.counts import check_whole
from nn_model.train.events import Callback, Event
from nn_model.train.history import History, epoch_line
from nn_model.train.interrupt import interruptible
from nn_model.train.loop import Loop
from nn_model.train.run import Run
from nn_model.train.source import Source
from nn_model.train.threads import limited
from nn_model.trainer import check_rows

if TYPE_CHECKING:
    from nn_model.network import NN

ClassWeight = Mapping[Any, float] | Literal["balanced"]
Rows = tuple[Array, Array]


def fit(
    nn: "NN",
    data: tuple[Any, Any, Any],
    *,
    epochs: int,
    batch_size: int,
    validation: tuple[Any, Any] | float | None,
    validation_order: Literal["stratified", "last"],
    shuffle: bool,
    callbacks: Sequence[Callback],
    class_weight: ClassWeight | None,
    verbose: bool,
    threads: int | None,
    allow_one_class: bool,
    resume: bool,
) -> History:
    """Train; see `NN.fit`."""
    core = nn.core
    check_whole("epochs", epochs)
    check_whole("batch_size", batch_size)
    x, y, sample_weight = data
    rows, given = checked(core, x, y)
    train, held = divided(core, (rows, given), validation, validation_order)
    if not allow_one_class:
        check_classes(core, given[train])
    weights = row_weights(core, given, train, sample_weight, class_weight)
    source = make_source(core, (rows, given, weights), train, batch_size, shuffle)
    for size in {source.size(0), source.size(source.batches - 1)}:
        check_rows(core.body, size)
    listeners = [*callbacks, *([print_epochs] if verbose else [])]
    run = nn.run if resume and nn.run is not None else Run()
    settings = {"batch_size": batch_size, "shuffle": shuffle, "rows": len(train), "seed": core.generators.seed}
    marks = fingerprint(settings, (rows, given, weights)) if resume or wants_saving(listeners) else {}
    run.attach(listeners, marks, resume)
    nn.run = run
    with interruptible() as interrupted, limited(threads):
        return Loop(nn, core, source, held, listeners, epochs, run, interrupted).train()


def checked(core: Core, x: Any, y: Any) -> Rows:
    """Check inputs and targets once, so that no step has to."""
    rows = as_rows(x, core.layout, core.vectors.theta.dtype)
    check_finite(rows, "x", x)
    labels = np.asarray(y)
    check_lengths(rows, labels)
    given = core.coding.given(labels, len(rows))
    check_finite(given, "y", y)
    return rows, given


def divided(
    core: Core, data: Rows, validation: tuple[Any, Any] | float | None, order: str
) -> tuple[Array, Rows | None]:
    """Give the numbers of the rows to train on, and the rows held out for validation."""
    rows, given = data
    everything = np.arange(len(rows))
    if validation is None:
        return everything, None
    if not isinstance(validation, float | int):
        return everything, checked(core, *validation)
    if isinstance(validation, bool) or not 0 < validation < 1:
        raise ValueError(f"validation_split must be a share between 0 and 1; got {validation!r}")
    if order not in ("stratified", "last"):
        raise ValueError(f"validation_order must be 'stratified' or 'last'; got {order!r}")
    if order == "last":
        kept = len(rows) - int(len(rows) * validation)
        if kept in (0, len(rows)):
            raise ValueError(f"validation_split={validation} of {len(rows)} rows leaves a part empty; give more rows")
        return everything[:kept], (rows[kept:], given[kept:])
    classes = given.ndim == 1 and given.dtype.kind == "i"
    seed = core.generators.seed
    train, _, held, _ = _split(everything, given if classes else everything, float(validation), classes, seed)
    return train, (rows[held], given[held])


def _split(rows: Array, y: Array, share: float, stratify: bool, seed: int) -> tuple[Array, Array, Array, Array]:
    split = train_test_split(rows, y, share, stratify=stratify, seed=seed)
    return np.sort(split.x_train), split.y_train, np.sort(split.x_test), split.y_test


def check_classes(core: Core, given: Array) -> None:
    """Refuse training rows of a single class: nothing could be learnt from them."""
    if core.coding.classes is not None and given.dtype.kind == "i" and (given == given.flat[0]).all():
        name = core.coding.classes[given.flat[0]]
        raise DataError(
            f"all {len(given)} training rows are of the class {name!s}; give rows of another class too, "
            "or fit(..., allow_one_class=True)"
        )


def row_weights(core: Core, given: Array, train: Array, sample: Any, by_class: ClassWeight | None) -> Array | None:
    """Give every row's weight, sample weight times class weight; `None` where all rows count the same."""
    dtype = core.vectors.theta.dtype
    weights = None if sample is None else as_weights(sample, len(given), dtype)
    if by_class is None:
        return weights
    if core.coding.classes is None or given.ndim != 1:
        raise ValueError("class_weight needs one class for each row; give sample_weight instead")
    factors = _class_factors(core.coding.classes.tolist(), given[train], by_class)[given].astype(dtype)
    return as_weights(factors if weights is None else weights * factors, len(given), dtype)


def _class_factors(names: list[Any], given: Array, by_class: ClassWeight) -> Array:
    counts = np.bincount(given, minlength=len(names))
    if by_class == "balanced":
        return len(given) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    if not isinstance(by_class, Mapping):
        raise ValueError(f"class_weight must be 'balanced' or a weight for each class; got {by_class!r}")  # noqa: TRY004  # one kind of error for all arguments
    unknown = [name for name in by_class if name not in names]
    if unknown:
        raise ValueError(f"class_weight names {unknown[0]!r}, which is no class; the classes are {names}")
    return np.array([by_class.get(name, 1.0) for name in names])


def make_source(
    core: Core, data: tuple[Array, Array, Array | None], train: Array, batch_size: int, shuffle: bool
) -> Source:
    """Make the source of batches; a batch of all rows is bound in place, in the order they have."""
    seed = core.generators.seed
    if batch_size < len(train):
        return Source(*data, train, batch_size, seed, shuffle)
    whole = len(train) == len(data[0])
    rows, given, weights = (array if array is None or whole else array[train] for array in data)
    if rows is None or given is None:
        raise AssertionError("inputs and targets are always there")
    return Source(rows, given, weights, np.arange(len(train)), len(train), seed, shuffle=False, in_place=True)


def fingerprint(settings: dict[str, Any], arrays: tuple[Array | None, ...]) -> dict[str, Any]:
    """Give what must be the same when a run is resumed: settings, and a sha256 of the data."""
    digest = hashlib.sha256()
    for array in arrays:
        if array is not None:
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
    return {**settings, "data": digest.hexdigest()}


def wants_saving(callbacks: Sequence[Callback]) -> bool:
    """Whether any callback writes checkpoints that a run may be resumed from."""
    return any(getattr(callback, "saves", False) for callback in callbacks)


def print_epochs(event: Event) -> None:
    """Print a line for every epoch, and why training ended early."""
    if event.kind == "epoch" and event.row is not None:
        print(epoch_line(event.row, event.epochs), flush=True)
    elif event.kind == "end" and event.reason:
        print(event.reason[:1].upper() + event.reason[1:], flush=True)
    elif event.kind == "start" and math.isfinite(event.loss):
        print(f"Resumed in epoch {event.epoch + 1}, batch {event.batch}", flush=True)
