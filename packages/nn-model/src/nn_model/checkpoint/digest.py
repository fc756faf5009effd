"""The checksum of a checkpoint's content: the same in both formats, and different if anything in it is."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from nn_model.arrays import Array
from nn_model.checkpoint.strict_json import canonical, cut
from nn_model.errors import CheckpointError

__all__ = ["check_digest", "digest"]


def digest(spec: Any, run: Any, arrays: Mapping[str, Array], table: Array | None) -> str:
    """Give the sha256 of the spec, the run and the arrays (name, dtype, shape, bytes), sorted by name.

    The history's table is one of the arrays, under the name `history`.
    """
    arrays = arrays if table is None else {**arrays, "history": table}
    sha = hashlib.sha256(canonical({"spec": spec, "run": run}))
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name], arrays[name].dtype.newbyteorder("<"))
        sha.update(canonical([name, array.dtype.str, list(arrays[name].shape)]))
        sha.update(array.reshape(-1).view(np.uint8).data)
    return sha.hexdigest()


def check_digest(stored: object, spec: Any, run: Any, arrays: Mapping[str, Array], table: Array | None) -> None:
    """Compare the content with the checksum that came with it; raise `CheckpointError` if they differ."""
    if not isinstance(stored, str):
        raise CheckpointError(f"the checksum sha256 must be text; found {cut(stored)}")
    if (found := digest(spec, run, arrays, table)) != stored:
        raise CheckpointError(
            f"the content does not fit its checksum (sha256 {cut(stored[:12])}..., found {found[:12]}...): the file is "
            "damaged or was changed by hand; use another copy"
        )
