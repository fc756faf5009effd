"""What the layers on tokens share."""

from collections.abc import Sequence

from nn_layers.errors import ShapeError
from nn_layers.protocol import Shape, rows_of


def check_tokens(in_shape: Shape) -> None:
    """Check that rows are tokens, each of as many features."""
    if len(in_shape) != 2:
        remedy = "rows must be tokens: put Patches before it, or give input_shape=(tokens, features)"
        raise ShapeError(got=rows_of(in_shape), remedy=remedy)


def divisors(*numbers: int) -> str:
    """List in words what divides all of these numbers.

    Examples
    --------
    >>> divisors(28), divisors(28, 20), divisors(1)
    ('1, 2, 4, 7, 14 or 28', '1, 2 or 4', '1')
    """
    return _either([str(n) for n in range(1, min(numbers) + 1) if not any(number % n for number in numbers)])


def _either(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
