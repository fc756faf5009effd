"""What enters from a person is checked here, once: rows of inputs, weights, and whether numbers are finite."""

import math
from typing import Any

import numpy as np

from nn_layers.layout import Layout, check_rows
from nn_model.errors import DataError

Array = np.ndarray[Any, np.dtype[Any]]

KINDS = "fiub"
"""NumPy's letters for real numbers: floats, whole numbers, and booleans."""


def as_numbers(values: Any, name: str, dtype: "np.dtype[Any]") -> Array:
    """Give `values` as a contiguous array of `dtype`: the same memory where it already is one, else a copy.

    Raises
    ------
    DataError
        Text, objects, dates or complex numbers; a finite number that `dtype` cannot hold.
    """
    if type(values) is np.ndarray and values.dtype == dtype and values.flags.c_contiguous:
        return values
    if isinstance(values, np.ma.MaskedArray):
        raise DataError(f"{name} is a masked array, whose mask would be lost; fill it first: {name}.filled(...)")
    try:
        array = np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise DataError(f"{name} must be a rectangular array of numbers: {error}; make its rows equally long") from None
    if array.dtype.kind not in KINDS:
        raise DataError(f"{name} must hold real numbers; got dtype {array.dtype}; convert it, or encode its categories")
    try:
        with np.errstate(over="raise"):
            numbers = np.ascontiguousarray(array, dtype)
    except FloatingPointError:
        with np.errstate(over="ignore"):
            numbers = np.ascontiguousarray(array, dtype)
        check_finite(numbers, name, array)
    return numbers if array.ndim else numbers.reshape(())


def as_rows(x: Any, layout: Layout, dtype: "np.dtype[Any]") -> Array:
    """Give the inputs as rows that fit the network's first layer.

    Raises
    ------
    DataError
        Not numbers.
    ShapeError
        Not rows of the right shape; the message names the layer and both shapes.
    """
    rows = as_numbers(x, "x", dtype)
    check_rows(rows, layout)
    return rows


def as_weights(weights: Any, rows: int, dtype: "np.dtype[Any]") -> Array:
    """Give sample weights as `(rows,)`: finite, not negative, not all zero.

    Raises
    ------
    DataError
        Another number of them, or one that is none of these.
    """
    array = as_numbers(weights, "sample_weight", dtype)
    if array.shape != (rows,):
        raise DataError(f"sample_weight must have one number for each of the {rows} rows; got the shape {array.shape}")
    if not np.isfinite(array).all() or array.min() < 0:
        row = int(np.argmin(np.isfinite(array) & (array >= 0)))
        raise DataError(f"sample_weight must be finite and not negative; row {row} has {array[row]}")
    if array.max() == 0:
        raise DataError("sample_weight must not be all zero: no row would count")
    return array


def check_lengths(x: Array, y: Array) -> None:
    """Check that inputs and targets have the same number of rows."""
    if y.ndim == 0 or len(x) != len(y):
        count = len(y) if y.ndim else "a single number"
        raise DataError(f"x and y must have the same number of rows; x has {len(x)}, y has {count}")


def check_finite(array: Array, name: str, given: Any = None) -> None:
    """Check that all numbers are finite; otherwise say how many are not, and where the first stands.

    `given` is the array before it was converted, so that a number too large for the network's type is named as such.
    """
    # A dot product with itself is the fastest pass there is; only if it is not finite is it worth to look closer.
    if array.dtype.kind != "f" or math.isfinite(np.vdot(array, array)):  # vdot does not warn where dot does
        return
    bad = ~np.isfinite(array)
    if not bad.any():
        return
    place = tuple(int(i) for i in np.argwhere(bad)[0])
    where = f"row {place[0]}" + (f", column {', '.join(map(str, place[1:]))}" if len(place) > 1 else "")
    found, count = array[place], f"{int(bad.sum()):,} of {bad.size:,}"
    source = np.asarray(array if given is None else given)
    if source.shape == array.shape and np.isfinite(source[place]):
        largest = f"{np.finfo(array.dtype).max:.1e}"
        raise DataError(
            f"{name} holds numbers too large for {array.dtype} (at most {largest}), {count}; the first is "
            f"{source[place]} in {where}; scale the data, or use dtype='float64'"
        )
    raise DataError(
        f"{name} holds numbers that are NaN or infinite, {count}; the first is {found} in {where}; "
        "fill or drop what is missing before training"
    )
