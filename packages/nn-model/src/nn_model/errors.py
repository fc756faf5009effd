"""The errors of this package: each is a `ValueError` or a `RuntimeError`, with one sentence that says what to do."""

__all__ = ["DataError", "DivergedError"]


class DataError(ValueError):
    """Data that cannot be used: a file, an array, or a division into parts."""


class DivergedError(RuntimeError):
    """Training left the finite numbers and was stopped."""
