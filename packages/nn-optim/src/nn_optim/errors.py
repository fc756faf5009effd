"""The errors of this package; a bad argument of a spec is pydantic's own `ValidationError`."""


class VectorError(ValueError):
    """A vector, a range or a state that cannot be updated: of the wrong shape, dtype or memory layout."""


class RateError(ValueError):
    """A learning rate that is not a finite number of at least 0."""
