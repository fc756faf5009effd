"""The version of the file format."""

from nn_model.checkpoint.strict_json import cut
from nn_model.errors import CheckpointError

__all__ = ["FORMAT", "check_format"]

FORMAT = 1
"""What this version writes, and the newest that it reads. Format 1 is the first, so there is none older."""


def check_format(found: object) -> None:
    """Check a file's format version; raise `CheckpointError` where this version of the package cannot read it."""
    if found is None:
        raise CheckpointError("there is no format version: not a checkpoint of nn_model; name the right file")
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise CheckpointError(f"the format version must be a whole number of at least 1; found {cut(found)}")
    if found > FORMAT:
        raise CheckpointError(
            f"written by format {cut(found)}, and this nn_model reads up to format {FORMAT}; "
            "upgrade: pip install --upgrade nn-model"
        )
