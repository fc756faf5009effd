"""The kinds of number that specs take, each with its range."""

import warnings
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Field


def _warn_of_zero(lr: float) -> float:
    """Let a rate of 0 pass, but not silently."""
    if lr == 0:
        # 4 frames up: this validator, pydantic's __init__, the spec's __init__, the caller.
        warnings.warn("lr=0: no parameter will move; give a rate above 0 to train", UserWarning, stacklevel=4)
    return lr


def _as_tuple(values: Any) -> Any:
    """Make a tuple of a list or of a flat array, and Python numbers of NumPy's; the rest is for pydantic to judge."""
    if isinstance(values, list | tuple) or (isinstance(values, np.ndarray) and values.ndim == 1):
        return tuple(value.item() if isinstance(value, np.generic) else value for value in values)
    return values


Rate = Annotated[float, Field(ge=0), AfterValidator(_warn_of_zero)]
LowestRate = Annotated[float, Field(ge=0)]
Beta = Annotated[float, Field(ge=0, lt=1)]
Betas = Annotated[tuple[Beta, Beta], BeforeValidator(_as_tuple)]
Epsilon = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Gamma = Annotated[float, Field(gt=0, le=1)]
Steps = Annotated[int, Field(gt=0)]
