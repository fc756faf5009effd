"""RustNet's example from radio: is a noisy sine above zero."""

import numpy as np
from numpy.typing import NDArray

from nn_model.data.signals.checks import check_whole

__all__ = ["noisy_sine"]


def noisy_sine(n: int = 1000, seed: int = 42) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Make the set of RustNet's `rf_data_gen.py`: points of a noisy sine, and whether they are above zero.

    `amplitude = sin(frequency) + noise`, with n frequencies evenly from 0 to 100 (radians, both ends), and Gaussian
    noise of standard deviation 0.1; `label = amplitude > 0`.

    Parameters
    ----------
    n : int
        Points, at least 1.
    seed : int
        Of `numpy.random.default_rng`, at least 0; 42 is RustNet's.

    Returns
    -------
    x : array, shape (n, 2)
        float64: frequency, amplitude.
    y : array, shape (n,)
        int64: 0 or 1.

    Raises
    ------
    DataError
        n or seed is no such number.

    Notes
    -----
    The set of RustNet_library by idraakk, number for number. The label is a function of the second column alone:
    a first exercise, not a hard one. For signals as a receiver sees them there is `make_signals`.

    Examples
    --------
    >>> x, y = noisy_sine()
    >>> x[:2].round(3), y[:2]
    (array([[ 0.   ,  0.03 ],
           [ 0.1  , -0.004]]), array([1, 0]))
    """
    n, seed = check_whole("n", n, 1), check_whole("seed", seed, 0)
    frequency = np.linspace(0.0, 100.0, n)
    amplitude = np.sin(frequency) + np.random.default_rng(seed).normal(0.0, 0.1, n)
    return np.column_stack([frequency, amplitude]), (amplitude > 0).astype(np.int64)
