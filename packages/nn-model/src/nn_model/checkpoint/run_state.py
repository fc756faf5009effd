"""The run's state on its way into a file and out: numbers that JSON does not have are written as tagged text."""

import math
from typing import Any

from nn_model.checkpoint.strict_json import check
from nn_model.errors import CheckpointError

__all__ = ["as_object", "checked_tagged", "untagged"]

_NAMES = ("nan", "inf", "-inf")


def as_object(run: object) -> dict[str, Any]:
    """Check that a run is an object; raise `CheckpointError` where it is none."""
    if not isinstance(run, dict):
        raise CheckpointError(f"run must be an object; found {type(run).__name__}")
    return run


def checked_tagged(run: dict[str, Any]) -> dict[str, Any]:
    """Check that a run is what a file can hold, and write infinite numbers and NaN in it as tags.

    Raises
    ------
    CheckpointError
        Something that JSON cannot hold, that is too deep, or that is written like a tag.
    """
    check(run, "run", finite=False)
    written: dict[str, Any] = _tagged(run)
    check(written, "run")  # a tag is a level deeper than the number was
    return written


def _tagged(value: Any) -> Any:
    """Write every infinite number and NaN as `{"float": "inf"}`: a loss may be one, and must not prevent a save."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(float(value))}
    if isinstance(value, dict):
        if _is_tag(value):
            raise CheckpointError(f"run: the object {value} would come back as a number; name its key otherwise")
        return {key: _tagged(item) for key, item in value.items()}
    return [_tagged(item) for item in value] if isinstance(value, list | tuple) else value


def _is_tag(value: dict[Any, Any]) -> bool:
    return len(value) == 1 and isinstance(value.get("float"), str) and value["float"] in _NAMES


def untagged(value: Any) -> Any:
    """Take back what `checked_tagged` gave; the value has been checked, so it is not deep."""
    if isinstance(value, dict):
        return float(value["float"]) if _is_tag(value) else {key: untagged(item) for key, item in value.items()}
    return [untagged(item) for item in value] if isinstance(value, list) else value
