"""A stack of layers as a table for people."""

from math import prod

import numpy as np

from nn_layers.layout import Layout, Node

HEADER = ("", "layer", "in", "out", "parameters", "memory a row")


class Text(str):
    """Text that a notebook or the interpreter shows as it is printed."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Show the text itself."""
        return str(self)


def shape_text(shape: tuple[int, ...]) -> str:
    """Write a shape as `28 x 28`."""
    return " x ".join(map(str, shape)) or "1"


def bytes_text(size: float) -> str:
    """Write a number of bytes with its unit."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    raise AssertionError("unreachable: the last unit takes everything")


def row_bytes(node: Node, itemsize: int) -> int:
    """Count the bytes that one training row occupies in this layer: output and what backward reads."""
    size = 0 if node.plan.view is True else prod(node.plan.out_shape) * itemsize
    for scratch in node.plan.scratch.values():
        if scratch.per_row and scratch.kept:
            size += prod(scratch.shape) * (np.dtype(scratch.dtype).itemsize if scratch.dtype else itemsize)
    return size + sum(row_bytes(inner, itemsize) for inner in node.inner)


def summary(layout: Layout, dtype: "np.dtype[np.generic]") -> Text:
    """Make the table: a line for every layer, those inside others below them, then the totals.

    Parameters
    ----------
    layout
        The planned stack.
    dtype
        The network's float type.

    Returns
    -------
    Text
        The table. "memory a row" is what one training row occupies. Both counts of a layer include those inside it.
    """
    lines = [HEADER, *(_cells(node, dtype.itemsize) for node in layout.walk())]
    widths = [max(len(line[c]) for line in lines) for c in range(len(HEADER))]
    text = [_line(line, widths) for line in lines]
    rule = "-" * max(map(len, text))
    size = layout.theta_size
    layers = f"{len(layout.nodes)} layer{'s' if len(layout.nodes) > 1 else ''}"
    total = f"{size:,} parameters in {layers}, {bytes_text(size * dtype.itemsize)} as {dtype}"
    return Text("\n".join([text[0], rule, *text[1:], rule, total]))


def _cells(node: Node, itemsize: int) -> tuple[str, ...]:
    count = sum(prod(p.shape) for part in node.walk() for p in part.params.values())
    name = "  " * (len(node.path) - 1) + (type(node.layer).__name__ if node.inner else repr(node.layer))
    shapes = shape_text(node.in_shape), shape_text(node.plan.out_shape)
    return ".".join(map(str, node.path)), name, *shapes, f"{count:,}", bytes_text(row_bytes(node, itemsize))


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    left = [cell.ljust(width) for cell, width in zip(cells[:2], widths, strict=False)]
    right = [cell.rjust(width) for cell, width in zip(cells[2:], widths[2:], strict=False)]
    return "  ".join([*left, *right])
