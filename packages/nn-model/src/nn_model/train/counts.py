"""Arguments that count something."""

import numpy as np


def check_whole(name: str, value: object) -> None:
    """Check a count; raise `ValueError` where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1; got {value!r}")
