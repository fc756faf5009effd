"""The passes over a whole stack: which layers' calls come in which order."""

from collections.abc import Iterator, Sequence
from itertools import chain

from nn_layers.calls import checked
from nn_layers.layout import Layout, Node, first_trained
from nn_layers.protocol import Array, Calls, Frame, Param, Settles

PENALTY_BLOCK = 16384
"""Numbers of a weight array that a penalty works on at a time."""


def forward_pass(layout: Layout, frames: Sequence[Frame]) -> Iterator[tuple[str, Calls]]:
    """Give each layer's title and the calls of its forward pass, first layer first; views have none."""
    for node, frame in zip(layout.nodes, frames, strict=True):
        if not node.is_view(frame.training):
            yield node.title, checked(node.layer.forward(frame), node.title)


def backward_pass(layout: Layout, frames: Sequence[Frame], *, input_grad: bool = False) -> Iterator[tuple[str, Calls]]:
    """Give each layer's title and the calls of its backward pass, last first, down to the first with parameters."""
    first = 0 if input_grad else first_trained(layout.nodes)
    for node, frame in list(zip(layout.nodes, frames, strict=True))[first:][::-1]:
        if not node.is_view(frame.training):
            yield node.title, checked(node.layer.backward(frame), node.title)


def settle_pass(nodes: Sequence[Node], frames: Sequence[Frame]) -> Iterator[tuple[str, Calls]]:
    """Give the title and the calls of every layer, inner ones too, that keeps something of a training pass."""
    for node, frame in zip(nodes, frames, strict=True):
        if isinstance(node.layer, Settles):
            yield node.title, checked(node.layer.settle(frame), node.title)
        if node.inner:
            yield from settle_pass(node.inner, frame.inner)


def forward_calls(layout: Layout, frames: Sequence[Frame]) -> Calls:
    """Yield the forward pass of all layers."""
    return chain.from_iterable(calls for _, calls in forward_pass(layout, frames))


def backward_calls(layout: Layout, frames: Sequence[Frame], *, input_grad: bool = False) -> Calls:
    """Yield the backward pass of all layers, or as far down as there are parameters."""
    return chain.from_iterable(calls for _, calls in backward_pass(layout, frames, input_grad=input_grad))


def settle_calls(layout: Layout, frames: Sequence[Frame]) -> Calls:
    """Yield what layers keep of a training pass."""
    return chain.from_iterable(calls for _, calls in settle_pass(layout.nodes, frames))


def penalty_calls(layout: Layout, theta: Array, grad: Array | None, s: Array, value: Array) -> Calls:
    """Yield the penalties of all regularised parameters, added to `value` and, unless it is `None`, to `grad`."""
    for place in layout.params():
        if isinstance(place.what, Param) and place.what.regularization is not None:
            part = slice(place.start, place.stop)
            yield from place.what.regularization.calls(theta[part], None if grad is None else grad[part], s, value)
