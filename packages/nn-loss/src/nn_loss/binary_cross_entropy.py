"""Binary cross-entropy from scores."""

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from nn_loss.by_hand import value_and_grad
from nn_loss.errors import TargetError
from nn_loss.fields import PositiveWeight, PositiveWeights
from nn_loss.kernels import binary_cross_entropy as kernels
from nn_loss.protocol import Calls, LossFrame, Scratch, Shape
from nn_loss.spec import spec
from nn_loss.wiring import element_scratch, element_shares


@spec
class BinaryCrossEntropy:
    """Binary cross-entropy of scores (logits); for two classes, or for many labels that hold independently.

    The mean over all elements of -(p y log(sigmoid(score)) + (1 - y) log(1 - sigmoid(score))), with targets y
    in [0, 1] and p the positive weight. With a weight per row it is sum(w l) / (sum(w) * elements of a row).

    Parameters
    ----------
    positive_weight
        The factor of the positive targets' term, above 0 and at most 1e30; a tuple, list or flat array gives one
        per output. About negatives / positives where positives are rare.

    Raises
    ------
    ValidationError
        A positive weight is not in its range.
    TargetError
        `positive_weight` is a tuple of another length than the scores' last axis.

    See Also
    --------
    value_and_grad : shapes, errors and the use by hand.

    Notes
    -----
    As `torch.nn.BCEWithLogitsLoss`: the positive weight multiplies its term and is not divided out again.
    Keras takes probabilities unless told `from_logits=True`, and clips them; here nothing is clipped, so the
    value is right for scores of any size.

    References
    ----------
    Cox, "The Regression Analysis of Binary Sequences", 1958.

    Examples
    --------
    >>> import numpy as np
    >>> scores, targets = np.array([[0.0], [1e4]]), np.array([[1.0], [0.0]])
    >>> round(BinaryCrossEntropy().value_and_grad(scores, targets), 4)
    5000.3466
    """

    positive_weight: PositiveWeight | PositiveWeights = 1.0
    kind: Literal["BinaryCrossEntropy"] = Field(default="BinaryCrossEntropy", kw_only=True)

    targets: ClassVar[Literal["labels", "values"]] = "values"
    link: ClassVar[Literal["softmax", "sigmoid"] | None] = "sigmoid"

    def scratch(self, shape: Shape) -> Mapping[str, Scratch]:
        """Name the work arrays for scores whose single row has this shape."""
        weights = self.positive_weight
        if isinstance(weights, tuple) and (not shape or shape[-1] != len(weights)):
            raise TargetError(
                f"BinaryCrossEntropy: positive_weight needs one number per output, got {len(weights)} for rows "
                f"of shape {shape}; give as many as the scores' last axis, or one number for all"
            )
        return element_scratch(shape, "e", "step", "terms", "work", *(() if weights == 1 else ("b", "q")))

    def calls(self, f: LossFrame) -> Calls:
        """Yield the kernel calls of the value and, unless `f.dscores` is `None`, of the gradient."""
        share, filling = element_shares(f)
        yield from filling
        e, step, terms, work = f.s["e"], f.s["step"], f.s["terms"], f.s["work"]
        if self.positive_weight == 1:
            yield kernels.value, f.scores, f.targets, share, f.value, e, step, terms, work
            if f.dscores is not None:
                yield kernels.grad, f.targets, share, e, step, f.dscores
            return
        positive = np.array(self.positive_weight, dtype=f.scores.dtype, ndmin=1)
        b, q = f.s["b"], f.s["q"]
        yield kernels.balance, f.targets, positive, b, q
        yield kernels.balanced_value, f.scores, b, q, share, f.value, e, step, terms, work
        if f.dscores is not None:
            yield kernels.balanced_grad, b, q, share, e, step, f.dscores

    value_and_grad = value_and_grad
