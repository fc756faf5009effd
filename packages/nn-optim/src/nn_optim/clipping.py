"""Clipping: bounds on the gradient before the update, by value or by norm."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from nn_optim.fields import Positive
from nn_optim.kernels import clip
from nn_optim.protocol import BLOCK, Array, Calls, OptimizerFrame
from nn_optim.spec import spec
from nn_optim.vectors import check_vector, check_writeable


@spec
class ClipValue:
    """Every element between `-limit` and `limit`: `g = min(max(g, -limit), limit)`.

    Parameters
    ----------
    limit : float
        The largest magnitude, above 0.

    Notes
    -----
    PyTorch's `clip_grad_value_` and Keras's `clipvalue`, but that a gradient with Inf or NaN is left as it is: an
    Inf cut down to `limit` would hide that training has failed.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_optim import ClipValue
    >>> grad = np.array([3.0, -0.5])
    >>> ClipValue(1.0).clip(grad), grad.tolist()
    (3.0, [1.0, -0.5])
    """

    limit: Positive
    kind: Literal["ClipValue"] = Field(default="ClipValue", kw_only=True)

    blocks: ClassVar[int] = 0

    def calls(self, f: OptimizerFrame) -> Calls:
        """Yield the kernel call that clips `f.grad`."""
        yield clip.by_value, f.grad, self.limit

    def clip(self, grad: Array) -> float:
        """Clip in place and return the largest magnitude before it.

        Raises
        ------
        VectorError
            If `grad` is not a flat, contiguous, writeable array of float32 or float64.
        """
        check_writeable("grad", check_vector("grad", grad))
        highest = clip.peak(grad)
        clip.bound(grad, self.limit, highest)
        return highest


@spec
class ClipNorm:
    """The length of the whole gradient at most `max_norm`: `g *= min(1, max_norm / (|g| + 1e-6))`.

    Parameters
    ----------
    max_norm : float
        The greatest Euclidean norm of all gradients together, above 0.

    Notes
    -----
    Pascanu et al., "On the difficulty of training recurrent neural networks" (2013). PyTorch's `clip_grad_norm_`
    with its 1e-6, and Keras's `global_clipnorm` (Keras's `clipnorm` is per variable). Differences: a norm
    whose square overflows float32 (from about 1e19) is still right, and a gradient with Inf or NaN is left as it
    is, where PyTorch makes it all 0 and NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_optim import ClipNorm
    >>> grad = np.array([3.0, 4.0])
    >>> ClipNorm(1.0).clip(grad), grad.round(6).tolist()
    (5.0, [0.6, 0.8])
    """

    max_norm: Positive
    kind: Literal["ClipNorm"] = Field(default="ClipNorm", kw_only=True)

    blocks: ClassVar[int] = 1

    def calls(self, f: OptimizerFrame) -> Calls:
        """Yield the kernel call that clips `f.grad`."""
        yield clip.by_norm, f.grad, f.scratch, self.max_norm

    def clip(self, grad: Array) -> float:
        """Clip in place and return the norm before it.

        Raises
        ------
        VectorError
            If `grad` is not a flat, contiguous, writeable array of float32 or float64.
        """
        check_writeable("grad", check_vector("grad", grad))
        unit, length = clip.size(grad, np.empty((1, min(BLOCK, grad.size)), grad.dtype))
        clip.shrink(grad, self.max_norm, unit, length)
        return unit * length
