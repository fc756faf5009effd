"""`nn_model.load`: a network from a file."""

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from nn_model.engines import make_engine
from nn_model.errors import CheckpointError, PartError, ShapeError
from nn_model.train.arguments import check_whole

if TYPE_CHECKING:
    from nn_model.network import NN


def load(
    path: str | os.PathLike[str],
    *,
    custom: Iterable[type] = (),
    engine: str = "auto",
    max_bytes: int | None = None,
    max_parameters: int | None = None,
) -> "NN":
    """Make the network that `NN.save` wrote, ready to predict and to go on training exactly where it stood.

    Files of other programs are known by their content: ONNX models, and those of RustNet, Rust-Neural-Networks, rsnet
    and nn-rs. Their networks are ready to predict, and begin to train anew. `nn_model.formats` has a reader for each,
    with what one must say of some files.

    Parameters
    ----------
    path
        A `.safetensors` or `.json` file; one of another program; a folder of nn-rs' weights, between which `ELU()` is
        assumed, with a warning, as the files do not say.
    custom
        Classes of your own that the file may name: layers, losses, optimizers. A file never imports anything.
    engine
        What runs the training program; it is no part of the file.
    max_bytes, max_parameters
        Caps on the file's size, by default 128 MiB for `.json` and 4 GiB for `.safetensors`, and on how many numbers
        its spec may ask for, 250 million by default; checked before anything is allocated. Of an ONNX model, several of
        whose layers may read one array, `max_parameters` is for the layers' arrays.

    Raises
    ------
    PartError
        A cap that is no whole number of at least 1.
    CheckpointError, OnnxError
        Anything wrong with the file; it is never believed before it is checked.
    ShapeError
        Arrays that do not fit the layers, or layers that do not fit each other.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from nn_layers import Dense
    >>> from nn_loss import CrossEntropy
    >>> from nn_model import NN
    >>> from nn_optim import Adam
    >>> nn = NN([Dense(4, 3)], CrossEntropy(), Adam())
    >>> with TemporaryDirectory() as folder:
    ...     nn.save(Path(folder, "model.safetensors"))
    ...     again = load(Path(folder, "model.safetensors"))
    >>> bool((again.theta == nn.theta).all()), again.layers
    (True, (Dense(4, 3),))
    """
    from nn_model.checkpoint import read, revive  # noqa: PLC0415  # who never loads never pays for it
    from nn_model.checkpoint.places import MAX_PARAMETERS  # noqa: PLC0415  # likewise
    from nn_model.formats.recognise import recognise  # noqa: PLC0415  # likewise

    for name, cap in (("max_bytes", max_bytes), ("max_parameters", max_parameters)):
        if cap is not None:
            check_whole(name, cap)
    kind = recognise(path)
    if kind != "checkpoint":
        return _foreign(path, kind, engine, {"max_bytes": max_bytes, "max_parameters": max_parameters})
    snapshot = read(path, custom, max_bytes, MAX_PARAMETERS if max_parameters is None else max_parameters)
    try:
        return revive(snapshot, engine)
    except ShapeError as error:
        raise ShapeError(f"{path}: {error}") from None
    except (CheckpointError, PartError) as error:
        raise CheckpointError(f"{path}: {error}") from error


def _foreign(path: str | os.PathLike[str], kind: str, engine: str, caps: dict[str, int | None]) -> "NN":
    """Read another program's file."""
    from nn_model.formats import read  # noqa: PLC0415  # who never reads one never pays for it

    nn = read(path, kind, **{name: cap for name, cap in caps.items() if cap is not None})
    nn.core = replace(nn.core, engine=make_engine(engine))
    return nn
