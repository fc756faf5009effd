"""A stack of layers, used by hand: forward, backward, and the flat vectors in between."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from nn_layers.binding import Arena, Binder
from nn_layers.calls import Call, Port, bind, run
from nn_layers.errors import ShapeError
from nn_layers.layout import check_rows, make_layout
from nn_layers.passes import PENALTY_BLOCK, backward_calls, forward_calls, penalty_calls, settle_calls
from nn_layers.protocol import Array, Propagate
from nn_layers.summary import summary
from nn_layers.vectors import arrays, assign, generator, make_vectors

SIZES = 16
"""How many numbers of rows stay bound; beyond, the one used least recently is dropped."""


class Stack:
    """Layers stacked in order, with their arrays, for a training loop written by hand.

    Parameters
    ----------
    layers
        The layers, first to last.
    input_shape
        The shape of one row of the input, `(784,)`; left out, the first layer's own.
    rows
        Capacity: the most rows that `forward` takes. Fewer use the start of the same memory.
    seed
        Of the first values of the parameters and of dropout.
    dtype
        `"float32"` or `"float64"`.
    input_grad
        Whether `backward` also gives the gradient by `x`.

    Attributes
    ----------
    theta, grad, state
        The flat vectors `(n,)`: all parameters, their gradient, and what is kept but not trained.
    layers
        The layers, their input sizes filled in.

    Raises
    ------
    ShapeError
        Layers that do not fit each other, or the machine's memory; a capacity below 1.
    LayerError
        What is no layer, or does not keep to the protocol.
    ValueError
        Another dtype.

    Notes
    -----
    One Stack serves one thread. Scores and gradients are views of its memory: the next call writes over them.

    Examples
    --------
    One step of gradient descent on `mean(y^2)`:

    >>> import numpy as np
    >>> from nn_layers import Dense, ReLU
    >>> stack = Stack([Dense(3, 8), ReLU(), Dense(8, 1)], rows=4)
    >>> x = np.ones((4, 3), dtype="float32")
    >>> y = stack.forward(x, training=True)
    >>> before = float(np.mean(y**2))
    >>> _ = stack.backward(2 * y / y.size)
    >>> stack.theta -= 0.01 * stack.grad
    >>> float(np.mean(stack.forward(x) ** 2)) < before
    True
    """

    def __init__(
        self,
        layers: Sequence[Propagate],
        input_shape: Sequence[int] | None = None,
        rows: int = 64,
        seed: int = 0,
        dtype: Literal["float32", "float64"] = "float32",
        *,
        input_grad: bool = False,
    ) -> None:
        _check_capacity(rows)
        if dtype not in ("float32", "float64"):
            raise ValueError(f'dtype must be "float32" or "float64"; got {dtype!r}')
        self.layout = make_layout(layers, input_shape)
        self._vectors = make_vectors(self.layout, seed, dtype)
        generators: dict[tuple[int, ...], np.random.Generator] = {}

        def own(path: tuple[int, ...]) -> np.random.Generator:
            return generators.setdefault(path, generator(seed, "layer", path))

        self._binders = {
            training: Binder(self.layout, self._vectors, Arena(rows), training, own, input_grad)
            for training in (False, True)
        }
        self._bound: dict[tuple[int, bool], _Pass] = {}
        self._last: _Pass | None = None
        self._block = np.empty(PENALTY_BLOCK, dtype)

    @property
    def theta(self) -> Array:
        """All parameters, `(n,)`."""
        return self._vectors.theta

    @theta.setter
    def theta(self, values: Array) -> None:
        self._vectors.theta[...] = values

    @property
    def grad(self) -> Array:
        """The gradient by theta of the last `backward`, `(n,)`."""
        return self._vectors.grad

    @property
    def state(self) -> Array:
        """What layers keep but do not train, `(m,)`."""
        return self._vectors.state

    @property
    def layers(self) -> tuple[Propagate, ...]:
        """The layers, their input sizes filled in."""
        return self.layout.layers

    def forward(self, x: Array, training: bool = False) -> Array:
        """Give the scores of `x`, `(rows, ...)`.

        Parameters
        ----------
        x
            `(rows, *input_shape)`; read in place if contiguous and of the stack's dtype, else converted.
        training
            Whether dropout is on and `backward` is to follow.

        Raises
        ------
        ShapeError
            Rows of another shape, none, or more than the capacity.
        """
        x = np.require(x, self.theta.dtype, ["C", "A"])
        check_rows(x, self.layout)
        capacity = self._binders[training].arena.rows
        if len(x) > capacity:
            raise ShapeError(f"x has {len(x)} rows, the stack holds {capacity}; make it with rows={len(x)}")
        return self._use(len(x), training).forward(x)

    def _use(self, rows: int, training: bool) -> "_Pass":
        """Give the pass for this many rows, now the one used last; only that one may hold on to an x."""
        key = rows, training
        bound = self._bound.pop(key, None) or _Pass(self._binders[training], rows, self._block)
        if len(self._bound) >= SIZES:
            del self._bound[next(iter(self._bound))]
        self._bound[key] = bound
        if self._last is not None and self._last is not bound:
            self._last.release()
        self._last = bound
        return bound

    def backward(self, dscores: Array) -> Array | None:
        """Write the gradient of everything into `grad`, the penalty's included; running statistics take the pass in.

        Parameters
        ----------
        dscores
            The gradient of the loss by the scores, of their shape.

        Returns
        -------
        The gradient by `x` if the stack was made with `input_grad=True`, else `None`.

        Raises
        ------
        RuntimeError
            Without a `forward(x, training=True)` before it.
        ShapeError
            A gradient of another shape than the scores.
        """
        if self._last is None or not self._last.training:
            raise RuntimeError("backward needs the arrays of a training pass; call forward(x, training=True) first")
        return self._last.backward(dscores)

    def penalty(self) -> float:
        """Give the value of all layers' penalties at the present weights."""
        value = np.zeros(1)
        run(bind(penalty_calls(self.layout, self.theta, None, self._block, value)))
        return float(value[0])

    def weights(self) -> dict[str, Array]:
        """Give every parameter and state array by name (`layers.0.w`), as views into the stack."""
        return arrays(self.layout, self._vectors)

    def set_weights(self, weights: Mapping[str, Any]) -> None:
        """Set arrays by name, all or none; those not named stay as they are."""
        assign(self.layout, self._vectors, weights)

    def summary(self) -> str:
        """Give a table: layer, shape in and out, parameters, memory."""
        return summary(self.layout, self._vectors.theta.dtype)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Refuse `copy` and `pickle`: a copied view of `theta` is an array of its own, and would train alone."""
        raise RuntimeError(
            "a stack cannot be copied or pickled, since its layers are bound to its memory; "
            "make a second Stack of the same layers and call set_weights(stack.weights())"
        )


def _check_capacity(rows: object) -> None:
    if isinstance(rows, bool) or not isinstance(rows, int | np.integer) or rows < 1:
        raise ShapeError(f"rows must be a whole number of at least 1; got {rows!r}")


class _Pass:
    """One number of rows, bound: forward and, in training, backward."""

    def __init__(self, binder: Binder, rows: int, block: Array) -> None:
        layout, vectors = binder.layout, binder.vectors
        x = binder.arena.take("x", rows, layout.input_shape, binder.dtype)
        frames = binder.frames(x)
        self.training = binder.training
        self.scores = frames[-1].y
        self._forward = bind(forward_calls(layout, frames))
        self._backward: list[Call] = []
        self._dx = frames[0].dx
        if self.training:
            self._dscores = frames[-1].dy
            self._backward = bind(backward_calls(layout, frames, input_grad=binder.input_grad))
            self._backward += bind(penalty_calls(layout, vectors.theta, vectors.grad, block, np.zeros(1)))
            self._backward += bind(settle_calls(layout, frames))
        self._port = Port(x, (self._forward, self._backward))
        # Where all layers are views, the scores are the placeholder itself.
        self._port.copies |= np.may_share_memory(self.scores, x)

    def forward(self, x: Array) -> Array:
        # Scores fed back in, as a recurrence does, would be written over while they are still read.
        own = np.may_share_memory(x, self.scores) or (self._dx is not None and np.may_share_memory(x, self._dx))
        try:
            self._port.feed(x.copy() if own else x)
            run(self._forward)
        finally:
            if not self.training:  # backward reads x again
                self.release()
        return self.scores

    def release(self) -> None:
        self._port.release()

    def backward(self, dscores: Array) -> Array | None:
        if np.shape(dscores) != self.scores.shape:
            raise ShapeError(f"dscores must have the scores' shape {self.scores.shape}; got {np.shape(dscores)}")
        np.copyto(self._dscores, dscores, casting="same_kind")
        run(self._backward)
        return self._dx
