"""Numbers as Rust prints them."""

import numpy as np

__all__ = ["shortest"]


def shortest(number: float) -> str:
    """Give the shortest decimal that means this very float64, never with an exponent, as Rust's `{}` has it.

    Examples
    --------
    >>> shortest(1.0), shortest(0.1), shortest(2.5e-7)
    ('1', '0.1', '0.00000025')
    """
    return np.format_float_positional(number, trim="-")
