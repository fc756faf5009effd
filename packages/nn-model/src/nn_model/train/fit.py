"""`NN.fit`: what a person gave, checked, and made into a loop."""

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nn_model.arrays import Array
from nn_model.data.augmentation import Augmentation
from nn_model.errors import CheckpointError, DataError, PartError, ShapeError
from nn_model.threads import Limited, in_use
from nn_model.train.arguments import check_choice, check_whole
from nn_model.train.augmenting import make_augmenting, named
from nn_model.train.division import check_classes, divided
from nn_model.train.events import Callback
from nn_model.train.history import History
from nn_model.train.interrupt import interruptible
from nn_model.train.loop import Loop
from nn_model.train.printing import print_epochs
from nn_model.train.run import Marks, Run
from nn_model.train.source import make_source
from nn_model.train.stream import Log
from nn_model.train.telling import in_order, saves
from nn_model.train.weighing import ClassWeight, row_weights
from nn_model.trainer import check_rows

if TYPE_CHECKING:
    from nn_model.core import Core
    from nn_model.network import NN

Rows = tuple[Array, Array]


def fit(
    nn: "NN",
    data: tuple[Any, Any, Any],
    *,
    epochs: int,
    batch_size: int,
    validation_split: float | None,
    validation_data: tuple[Any, Any] | None,
    validation_order: Literal["stratified", "last"],
    shuffle: bool,
    augment: Augmentation | None,
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
    check_whole("threads", 1 if threads is None else threads)
    for name, value in (("shuffle", shuffle), ("verbose", verbose), ("resume", resume)):
        check_choice(name, value, (True, False))
    check_choice("allow_one_class", allow_one_class, (True, False))
    listeners = in_order(callbacks)
    x, y, sample_weight = data
    rows, given = core.checked(x, y)
    held = None if validation_data is None else held_out(core, validation_data)
    train, split = divided(core, (rows, given), validation_split, validation_order)
    if not allow_one_class:
        check_classes(core, given[train])
    weights = row_weights(core, given, train, sample_weight, class_weight)
    seed, most = core.generators.seed, min(batch_size, len(train))
    augmenting = None if augment is None else make_augmenting(augment, core.layout.input_shape, most, seed)
    source = make_source((rows, given, weights), train, batch_size, seed, shuffle, augmenting)
    for size in {source.size(0), source.size(source.batches - 1)}:
        check_rows(core.body, size)
    if verbose and not any(getattr(callback, "prints", False) for callback in listeners):
        listeners.append(print_epochs)
    if resume and nn.run is None:
        raise CheckpointError("there is no run to resume; load(path) gives a network with one, resume=False starts one")
    run = nn.run if resume and nn.run is not None else Run()
    settings = {
        "batch_size": int(batch_size),
        "shuffle": shuffle,
        "rows": len(train),
        "validation": "none" if validation_split is None else f"{float(validation_split)} {validation_order}",
        "seed": seed,
    }
    if augment is not None or "augment" in run.fingerprint:  # absent where no augmentation ever was
        settings["augment"] = None if augment is None else named(augment)
    with Limited(threads):
        known_by = held if held is not None else ()
        marks: Marks = {"data": partial(digest, rows, given, weights), "validation_data": partial(digest, *known_by)}
        run.attach(listeners, settings, marks, resume)
        run.check_place(core.step, source.batches)
        if resume or any(map(saves, listeners)):
            run.note_threads(in_use(), resume=resume)
        judged = held or split
        quiet = not listeners and judged is None and source.steady
        loop = Loop(nn, core, source, judged, listeners, epochs, run, Log() if quiet else None)
        loop.start_engine(verbose)
        nn.run = run
        with interruptible() as interrupted:
            return loop.train(interrupted)


def held_out(core: "Core", validation_data: Any) -> Rows:
    """Check validation data; a message about them says so."""
    try:
        return core.checked(*pair(validation_data))
    except (DataError, ShapeError) as error:
        raise type(error)(f"validation_data: {error}") from None


def pair(validation_data: Any) -> tuple[Any, Any]:
    """Check that validation data are inputs and targets."""
    if not isinstance(validation_data, tuple | list) or len(validation_data) != 2:
        listed = isinstance(validation_data, tuple | list)
        count = f"{len(validation_data)} thing{'' if len(validation_data) == 1 else 's'}" if listed else None
        raise PartError(f"validation_data must be (x, y); got {count or type(validation_data).__name__}")
    return validation_data[0], validation_data[1]


def digest(*arrays: Array | None) -> str:
    """Give a sha256 of the data, by which a resumed run knows them."""
    found = hashlib.sha256()
    for array in arrays:
        if array is not None:
            found.update(f"{array.dtype.str}{array.shape}".encode())
            found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()
