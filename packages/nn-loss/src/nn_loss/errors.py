"""The one error of this package."""


class TargetError(ValueError):
    """Scores, targets or weights that do not fit together or do not fit the loss.

    The message states the rule, what came, and what to write instead.
    """
