"""What both formats write: a snapshot that was checked as strictly as a file is when it is read."""

from dataclasses import dataclass
from typing import Any

from nn_model.arrays import Array
from nn_model.checkpoint import history
from nn_model.checkpoint.digest import digest
from nn_model.checkpoint.places import Want, check_names, check_numbers, check_shapes, keepers_of, wanted
from nn_model.checkpoint.run_state import as_object, checked_tagged
from nn_model.checkpoint.snapshot import Snapshot
from nn_model.checkpoint.source import PathLike
from nn_model.errors import CheckpointError, ShapeError

__all__ = ["Content", "content_of"]


@dataclass(frozen=True, slots=True)
class Content:
    """A snapshot as JSON and arrays in their order, its history as a table of its own if it fits one, and its checksum.

    Infinite numbers and NaN of the run are tagged.
    """

    spec: dict[str, Any]
    run: dict[str, Any]
    arrays: dict[str, Array]
    table: Array | None
    sha256: str


def content_of(path: PathLike, snapshot: Snapshot) -> Content:
    """Check a snapshot and give what a file holds of it.

    Raises
    ------
    CheckpointError
        Own classes, a run or numbers that no file can hold.
    ShapeError
        Arrays that do not fit the spec.
    """
    try:
        spec = snapshot.spec.to_json()
        run, table = history.split(as_object(snapshot.run))
        run = checked_tagged(run)
        arrays = _checked_arrays(snapshot)
    except ShapeError as error:
        raise ShapeError(f"{path}: {error}") from None
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error.__cause__
    return Content(spec, run, arrays, table, digest(spec, run, arrays, table))


def _checked_arrays(snapshot: Snapshot) -> dict[str, Array]:
    # The caller's own network is as large as it is: this one cap is the reader's to lift.
    wants = wanted(snapshot.spec, 2**62, keepers_of(snapshot.run))
    check_names(snapshot.arrays, wants)
    arrays = {name: snapshot.arrays[name] for name in wants}
    check_shapes({name: Want(array.shape, array.dtype) for name, array in arrays.items()}, wants)
    for name, array in arrays.items():
        check_numbers(name, array, wants[name].sign)
    return arrays
