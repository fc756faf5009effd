"""What an optimizer remembers between updates by hand."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nn_optim.protocol import Array, Kernel, Ranges


@dataclass(eq=False, slots=True)
class OptimizerState:
    """The memory of one optimizer for one parameter vector; made by `optimizer.init(theta)`.

    Attributes
    ----------
    slots
        The arrays that the rule keeps, by name. To resume, copy saved ones into them (or put arrays of the same
        shape and dtype in their place) and set `step`: the next update is then bit for bit the one that was due.
    step
        How many updates have been made.
    decay
        Ranges `[start, stop)` of theta that decoupled weight decay shrinks; others may be assigned at any time, and
        the next update checks and uses them.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_optim import Adam
    >>> adam, theta = Adam(), np.zeros(3)
    >>> state = adam.init(theta)
    >>> adam.update(theta, np.ones(3), state)
    >>> state.step, sorted(state.slots)
    (1, ['m', 'v'])
    """

    slots: dict[str, Array]
    step: int
    decay: Ranges
    size: int = field(repr=False)
    scratch: Array = field(repr=False)
    lr: Array = field(repr=False, default_factory=lambda: np.zeros(1))
    clock: Array = field(repr=False, default_factory=lambda: np.zeros(1, np.int64))
    bound_to: tuple[Any, ...] = field(repr=False, default=())
    calls: list[tuple[Kernel, tuple[Any, ...]]] = field(repr=False, default_factory=list)
