"""The kinds of number that specs take, each with its range."""

from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Field


def _as_tuple(values: Any) -> Any:
    """Make a tuple of a list or of a flat array, and Python numbers of NumPy's; the rest is for pydantic to judge."""
    if isinstance(values, list | tuple) or (isinstance(values, np.ndarray) and values.ndim == 1):
        return tuple(value.item() if isinstance(value, np.generic) else value for value in values)
    return values


def _some_above_zero(weights: tuple[float, ...]) -> tuple[float, ...]:
    if not any(weights):
        raise ValueError("at least one class weight must be above 0")
    return weights


_AsTuple = BeforeValidator(_as_tuple)

PositiveWeight = Annotated[float, Field(gt=0, le=1e30)]
PositiveWeights = Annotated[tuple[PositiveWeight, ...], Field(min_length=1), _AsTuple]
ClassWeights = Annotated[
    tuple[Annotated[float, Field(ge=0, le=1e30)], ...], Field(min_length=2), AfterValidator(_some_above_zero), _AsTuple
]
