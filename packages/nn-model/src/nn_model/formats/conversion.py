"""Reads, writes and converts networks in every format there is, each by the name that people know."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nn_model.checkpoint.source import PathLike
from nn_model.errors import CheckpointError

if TYPE_CHECKING:
    from nn_model.network import NN

__all__ = ["FORMATS", "convert", "format_for", "read", "write"]

FORMATS = {
    "checkpoint": "nn_model's own, .safetensors or .json, with optimizer and training state",
    "onnx": "ONNX",
    "rustnet": "RustNet's model.json",
    "rustnet-cnn": "RustNet CNN's JSON",
    "rsnet": "rsnet's JSON checkpoints",
    "rust-nn": "Rust-Neural-Networks' .bin: MLP, CNN, attention",
    "nn-rs": "a folder of nn-rs' w0.csv, b0.csv, ...",
}
"""The formats, and a few words on each."""

SUFFIXES = {".safetensors": "checkpoint", ".json": "checkpoint", ".onnx": "onnx", ".bin": "rust-nn"}


def _checked(name: str) -> str:
    if name not in FORMATS:
        raise CheckpointError(f"the format must be one of {', '.join(FORMATS)}; got {name!r}")
    return name


def _room(name: str) -> Any:
    return import_module(f"nn_model.formats.{_checked(name).replace('-', '_')}")


def read(path: PathLike, format: str | None = None, **options: Any) -> "NN":  # noqa: A002  # the word that people know
    """Read a network.

    Parameters
    ----------
    path
        A file, or a folder of nn-rs.
    format
        Which of `FORMATS` it has; `None`: found out by its content.
    options
        What the reader of this format takes: `max_bytes`, `max_parameters`, nn-rs' `activation`, rsnet's `input_shape`.

    Raises
    ------
    CheckpointError, OnnxError
        Anything wrong with the file.

    Warns
    -----
    UserWarning
        A folder of nn-rs without `activation`: it is assumed.
    """
    from nn_model.formats.recognise import recognise  # noqa: PLC0415  # it knows all formats, which few need
    from nn_model.loading import load  # noqa: PLC0415  # which itself asks this module

    name = recognise(path) if format is None else _checked(format)
    found: NN = load(path, **options) if name == "checkpoint" else _room(name).read(path, **options)
    return found


def format_for(path: PathLike) -> str:
    """Choose the format that a path's suffix says: `.json` is a checkpoint, and what has none a folder of nn-rs.

    Raises
    ------
    CheckpointError
        Another suffix.

    Examples
    --------
    >>> format_for("model.bin"), format_for("model.onnx"), format_for("weights")
    ('rust-nn', 'onnx', 'nn-rs')
    """
    suffix = Path(path).suffix.lower()
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    if not suffix or Path(path).is_dir():
        return "nn-rs"
    raise CheckpointError(
        f"{path}: the suffix {suffix!r} says no format; take {', '.join(SUFFIXES)}, a folder, or name one of "
        f"{', '.join(FORMATS)}"
    )


def write(nn: "NN", path: PathLike, format: str | None = None) -> None:  # noqa: A002  # the word that people know
    """Write a network.

    Parameters
    ----------
    nn
        The network. Optimizer and training state stay behind in all formats but our own; ONNX keeps layers, weights,
        loss, task and names of classes, the others layers and weights only.
    path
        A file, or a folder of nn-rs.
    format
        One of `FORMATS`; `None`: as the suffix says.

    Raises
    ------
    CheckpointError, OnnxError
        A network that this format cannot hold, or a path that cannot be written.
    """
    name = format_for(path) if format is None else _checked(format)
    if name == "checkpoint":
        nn.save(path)
    else:
        _room(name).write(nn, path)


def convert(
    source: PathLike,
    target: PathLike,
    format: str | None = None,  # noqa: A002  # the word that people know
    **options: Any,
) -> None:
    """Read a network in any format, and write it in another; see `read` and `write`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from nn_layers import Dense, ReLU
    >>> from nn_loss import CrossEntropy
    >>> from nn_model import NN, load
    >>> from nn_optim import Adam
    >>> nn = NN([Dense(4, 3), ReLU(), Dense(3, 2)], CrossEntropy(), Adam())
    >>> with TemporaryDirectory() as folder:
    ...     nn.save(f"{folder}/a.safetensors")
    ...     convert(f"{folder}/a.safetensors", f"{folder}/mnist_model.bin")
    ...     bool((load(f"{folder}/mnist_model.bin").theta == nn.theta).all())
    True
    """
    write(read(source, **options), target, format)
