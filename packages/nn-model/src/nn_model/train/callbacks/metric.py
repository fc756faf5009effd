"""A number of one's own beside the loss."""

from collections.abc import Callable
from typing import Any, Literal, SupportsFloat

import numpy as np

from nn_model.arrays import Array
from nn_model.errors import PartError
from nn_model.train.arguments import check_choice
from nn_model.train.events import Event

MAX_NAME = 100
"""A name stands in lines and in files."""


class Metric:
    """Measure something after every epoch, print it in the epoch's line, and keep it in `history.metrics`.

    Parameters
    ----------
    name
        What the line calls it, in at most 100 letters.
    function
        `(targets, outputs)` to a number.
    x, y
        The rows to measure on, validation rows as a rule; the function gets `y` as an array, as it is given here.
    outputs
        What the function gets: `"probabilities"`, `(rows, K)`, or `"answers"`, what `predict` gives. Left out, the
        probabilities for classification and the answers for regression.

    Raises
    ------
    PartError
        An argument that is none of these; rows that do not fit the network, at the start of training; no number from
        the function.

    Examples
    --------
    >>> import numpy as np
    >>> from nn_layers import Dense
    >>> from nn_loss import BinaryCrossEntropy
    >>> from nn_model import NN
    >>> from nn_optim import SGD
    >>> x, y = np.array([[-1.0], [1.0]]), np.array([0, 1])
    >>> brier = Metric("MSE", lambda targets, outputs: ((outputs[:, 1] - targets) ** 2).mean(), x, y)
    >>> nn = NN([Dense(1, 1)], BinaryCrossEntropy(), SGD(lr=1.0))
    >>> history = nn.fit(x, y, epochs=2, callbacks=[brier], verbose=False)
    >>> len(history.metrics["MSE"])
    2
    """

    def __init__(
        self,
        name: str,
        function: Callable[[Array, Array], SupportsFloat],
        x: Any,
        y: Any,
        outputs: Literal["probabilities", "answers"] | None = None,
    ) -> None:
        if not str(name).strip() or not str(name).isprintable() or len(str(name)) > MAX_NAME:
            raise PartError(
                f"name must be a text that is not blank, at most {MAX_NAME} printable letters; got {str(name)[:60]!r}"
            )
        if not callable(function):
            raise PartError(f"function must be callable with targets and outputs; got {function!r}")
        if outputs is not None:
            check_choice("outputs", outputs, ("probabilities", "answers"))
        self.name, self.function, self.x, self.y, self.outputs = str(name), function, x, np.asarray(y), outputs

    def __call__(self, event: Event) -> None:
        """Measure an epoch; at the start, check that it can be."""
        if event.kind == "start":
            self._check(event)
        elif event.kind == "epoch":
            event.history.note(self.name, self._measure(event))

    def _check(self, event: Event) -> None:
        try:
            event.nn.core.checked(self.x, self.y)
        except ValueError as error:
            raise PartError(f"the rows of Metric {self.name!r} do not fit the network: {error}") from error

    def _measure(self, event: Event) -> float:
        wanted = self.outputs or ("answers" if event.nn.task == "regression" else "probabilities")
        outputs = event.nn.predict(self.x) if wanted == "answers" else event.nn.predict_proba(self.x)
        value = np.asarray(self.function(self.y, outputs))
        if value.shape != () or value.dtype.kind not in "fiub":
            raise PartError(f"the function of Metric {self.name!r} must give a number; got {value!r}")
        return float(value)
