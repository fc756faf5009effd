"""Which program wrote a file: by what is in it, not by its name."""

import re
from pathlib import Path

from nn_model.checkpoint.files import SUFFIXES
from nn_model.checkpoint.source import PathLike, opened, resembles
from nn_model.errors import CheckpointError
from nn_model.formats.nn_rs_tables import is_folder
from nn_model.formats.rust_nn_kinds import kind_of
from nn_model.formats.rustnet_cnn import KEYS

__all__ = ["recognise"]

HEAD = 4096
_FIRST_KEY = re.compile(rb'\{\s*+"([^"\\]{0,40})"\s*+:')
_ONNX = re.compile(rb"\x08[\x01-\x20][\x12\x1a\x22\x28\x32\x3a\x42]")
"""An ONNX model begins with its IR version, and then has another of its fields."""


def recognise(path: PathLike) -> str:
    """Say what a file is: the name of one of `nn_model.formats.FORMATS`.

    What could be nothing but a checkpoint of ours, whole or damaged, is `"checkpoint"`: whoever reads it says more.

    Raises
    ------
    CheckpointError
        The file is missing, cannot be opened, or is none of these.
    """
    place = Path(path)
    if is_folder(place):
        return "nn-rs"
    suffix = place.suffix.lower()
    if suffix == ".safetensors":
        return "checkpoint"
    try:
        with opened(place, 2**63) as source:
            size, head = source.size, bytes(source.head(HEAD))
    except CheckpointError:
        if suffix in SUFFIXES:  # its own reader says what is wrong
            return "checkpoint"
        raise
    found = _json(head) if head.lstrip()[:1] in (b"{", b"[") else _binary(head, size, suffix)
    if found is None and suffix == ".bin" and not resembles(head):
        return "rust-nn"  # truncated, it may be: its own reader says so
    if found is None and suffix not in SUFFIXES:
        raise CheckpointError(
            f"{place}: nothing that nn_model reads: no checkpoint, no ONNX model, no file of RustNet, rsnet or nn-rs, "
            f"and no .bin of Rust-Neural-Networks, whose first numbers would say that it has {size:,} bytes"
            f"{resembles(head)}"
        )
    return found or "checkpoint"


def _json(head: bytes) -> str | None:
    if head.lstrip().startswith(b"["):
        return "rustnet"
    key = _FIRST_KEY.match(head.lstrip())
    name = key[1].decode("ascii", "replace") if key else ""
    if name == "layers":
        return "rsnet"
    if name == "format":
        return "checkpoint"
    return "rustnet-cnn" if name in KEYS else None


def _binary(head: bytes, size: int, suffix: str) -> str | None:
    if suffix == ".onnx":
        return "onnx"
    if kind_of(head[:20], size) is not None:
        return "rust-nn"
    if head[8:9] == b"{":  # safetensors: the length of a header, and the header
        return "checkpoint"
    return "onnx" if _ONNX.match(head) else None
