"""What goes wrong with layers."""


class LayerError(ValueError):
    """Something that is no layer, or a layer that does not keep to the protocol."""


class ShapeError(ValueError):
    """Arrays or layers whose shapes do not fit each other.

    A layer's `plan` raises it with `got` and `remedy`; whoever stacks the layers adds which layer it was and what
    stands before it.

    Parameters
    ----------
    message
        The whole sentence. Left out, it is made of `got` and `remedy`.
    got
        What came, in words: `"rows of 1568 numbers"`.
    remedy
        What to write instead: `"write Dense(1568, 10)"`.
    """

    def __init__(self, message: str = "", *, got: str = "", remedy: str = "") -> None:
        super().__init__(message or f"got {got}; {remedy}")
        self.got = got
        self.remedy = remedy
