"""Arrays as nested lists in JSON text: a row a line, and every number in the fewest digits that give it back."""

from collections.abc import Iterator

import numpy as np

from nn_model.arrays import Array

__all__ = ["lines", "texts"]


def lines(array: Array, indent: int = 2) -> Iterator[str]:
    """Write an array as pieces of JSON text; every number in the fewest digits that give it back."""
    if array.ndim == 0:
        yield from texts(array.reshape(1))
        return
    if array.ndim == 1:
        yield f"[{', '.join(texts(array))}]"
        return
    for i, part in enumerate(array):
        yield f"{',' if i else '['}\n{' ' * (indent + 1)}"
        yield from lines(part, indent + 1)
    yield f"\n{' ' * indent}]" if len(array) else "[]"


def texts(row: Array) -> list[str]:
    """Write numbers, each in the fewest digits that give it back, by way of float64 too."""
    found: list[str] = row.astype(str).tolist()
    if row.dtype != np.float64:
        # A reader rounds to float64 and then to float32; for a few numbers (7.038531e-26) that gives the neighbour.
        back = np.array([float(text) for text in found], np.float64).astype(row.dtype)
        for i in np.flatnonzero(back != row):
            found[i] = repr(float(row[i]))
    return found
