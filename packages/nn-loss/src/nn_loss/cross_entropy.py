"""Softmax cross-entropy from scores."""

from collections.abc import Mapping
from math import prod
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from nn_loss.by_hand import value_and_grad
from nn_loss.errors import TargetError
from nn_loss.fields import ClassWeights
from nn_loss.kernels import cross_entropy as kernels
from nn_loss.kernels import share as shares
from nn_loss.protocol import Array, Calls, LossFrame, Scratch, Shape
from nn_loss.spec import spec
from nn_loss.wiring import row_shares


@spec
class CrossEntropy:
    """Cross-entropy of scores (logits) with integer labels; the softmax is inside.

    The mean over rows of -log(softmax(scores)[label]). For scores `(rows, tokens, K)` and labels
    `(rows, tokens)` it is the mean over rows and tokens. With weights it is sum(w l) / sum(w), where
    w = sample weight * class weight of the label.

    Parameters
    ----------
    label_smoothing
        The part of each target, in [0, 1), that is spread evenly over all K classes.
    class_weights
        One number of at least 0 per class (a tuple, list or flat array), not all 0, or `None`: all classes count
        the same.

    Raises
    ------
    ValidationError
        A parameter is not in its range.
    TargetError
        There are fewer than two classes, or not one class weight per class.

    See Also
    --------
    value_and_grad : shapes, errors and the use by hand.

    Notes
    -----
    As `torch.nn.CrossEntropyLoss`. Both parameters together: the term of each class in a smoothed row has that
    class's weight, (1 - s) v[label] l[label] + s / K sum_c v[c] l[c] with l[c] = -log(softmax[c]), and the
    denominator has the labels' weights, sum v[label]. Keras takes probabilities unless told `from_logits=True`.
    nn-rs divides its value, and not its gradient, by the number of classes as well; here the gradient is the
    derivative of the value. If every weight in a batch is 0, the loss and its gradient are 0.

    References
    ----------
    Bridle, "Probabilistic Interpretation of Feedforward Classification Network Outputs", 1990;
    Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2016 (label smoothing).

    Examples
    --------
    >>> import numpy as np
    >>> scores, labels = np.array([[0.0, 0.0], [0.0, 1e4]]), np.array([0, 0])
    >>> dscores = np.empty_like(scores)
    >>> round(CrossEntropy().value_and_grad(scores, labels, out=dscores), 4)
    5000.3466
    >>> dscores
    array([[-0.25,  0.25],
           [-0.5 ,  0.5 ]])
    """

    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    class_weights: ClassWeights | None = None
    kind: Literal["CrossEntropy"] = Field(default="CrossEntropy", kw_only=True)

    targets: ClassVar[Literal["labels", "values"]] = "labels"
    link: ClassVar[Literal["softmax", "sigmoid"] | None] = "softmax"

    def scratch(self, shape: Shape) -> Mapping[str, Scratch]:
        """Name the work arrays for scores whose single row has this shape."""
        if not shape or shape[-1] < 2:
            raise TargetError(
                f"CrossEntropy needs a score for each of at least 2 classes, got rows of shape {shape}; "
                "use BinaryCrossEntropy for one score"
            )
        if self.class_weights is not None and len(self.class_weights) != shape[-1]:
            raise TargetError(
                f"CrossEntropy: class_weights needs one number per class, got {len(self.class_weights)} for "
                f"{shape[-1]} classes"
            )
        rows = ("share", "spread", "hit", "both") if self.label_smoothing else ("share",)
        arrays = {name: Scratch(shape[:-1]) for name in (*rows, "peak", "total", "row")}
        return arrays | {"at": Scratch(shape[:-1], np.intp), "e": Scratch(shape)}

    def calls(self, f: LossFrame) -> Calls:
        """Yield the kernel calls of the value and, unless `f.dscores` is `None`, of the gradient."""
        yield from self._shares(f)
        classes = f.scores.shape[-1]
        s = {name: array.reshape(-1) for name, array in f.s.items()}
        e = s["e"].reshape(classes, -1)
        data = f.scores.reshape(-1, classes), f.targets.reshape(-1)
        dscores = None if f.dscores is None else f.dscores.reshape(-1, classes)
        if not self.label_smoothing:
            yield kernels.value, *data, s["share"], f.value, e, s["peak"], s["total"], s["row"], s["at"]
            if dscores is not None:
                yield kernels.grad, s["share"], e, s["total"], s["row"], s["at"], dscores
            return
        even, parts = self._even(f.scores), (s["hit"], s["spread"], s["both"])
        yield kernels.smooth, s["share"], s["spread"], self.label_smoothing, float(even.sum()), s["hit"], s["both"]
        yield kernels.smooth_value, *data, *parts, even, f.value, e, s["peak"], s["total"], s["row"], s["at"]
        if dscores is not None:
            yield kernels.smooth_grad, *parts, even, e, s["total"], s["row"], s["at"], dscores

    def _shares(self, f: LossFrame) -> Calls:
        """Fill what each label counts and, under smoothing, each row; class weights set the denominator."""
        if self.class_weights is None:
            times = float(prod(f.scores.shape[1:-1]))
            yield from row_shares(f, times, f.s["share"])
        else:  # the denominator comes to count tokens
            # Class weights over `unit`, row weights over their largest: no product of both leaves float32.
            unit, largest = max(self.class_weights), np.ones(1, f.scores.dtype)
            times = 1 / unit
            yield shares.by_label, f.targets, self._class_weights(f.scores), f.s["at"], f.s["share"]
            if f.weights is not None:
                yield shares.scale, f.weights, f.s["share"], f.s["row"], largest
            yield shares.normalise, f.s["share"], unit, largest, f.denominator
        if self.label_smoothing:
            yield from row_shares(f, times, f.s["spread"])

    def _class_weights(self, scores: Array) -> Array:
        weights = np.array(self.class_weights or (1.0,) * scores.shape[-1])
        over_unit: Array = (weights / weights.max()).astype(scores.dtype)
        return over_unit

    def _even(self, scores: Array) -> Array:
        even: Array = self._class_weights(scores) * (self.label_smoothing / scores.shape[-1])
        return even

    value_and_grad = value_and_grad
