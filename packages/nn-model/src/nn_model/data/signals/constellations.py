"""The points of the linear modulations."""

from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["CONSTELLATIONS"]


def _psk(points: int, first: float) -> NDArray[np.complex128]:
    return np.asarray(np.exp(1j * (first + 2 * np.pi * np.arange(points) / points)))


def _fixed(points: ArrayLike) -> NDArray[np.complex128]:
    fixed = np.array(points, np.complex128)
    fixed.flags.writeable = False
    return fixed


_LEVELS = np.array([-3.0, -1.0, 1.0, 3.0]) / np.sqrt(10)

CONSTELLATIONS = MappingProxyType(
    {
        "BPSK": _fixed([1, -1]),
        "QPSK": _fixed(_psk(4, np.pi / 4)),
        "8PSK": _fixed(_psk(8, 0.0)),
        "16QAM": _fixed((_LEVELS[:, None] + 1j * _LEVELS).reshape(-1)),
    }
)
"""Points of each linear modulation, equally likely, with zero mean and unit power; read-only arrays."""
