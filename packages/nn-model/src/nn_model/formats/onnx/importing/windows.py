"""What convolution and pooling read of their nodes: sizes, and padding in all the ways that ONNX has."""

from typing import Any

from nn_layers import ShapeError
from nn_layers.layers.sliding import Sliding, slide
from nn_layers.protocol import Shape
from nn_model.formats.onnx.importing.site import Site
from nn_model.formats.onnx.importing.values import Raw, Rows

__all__ = ["MAX_SIZE", "NO_PADS", "Pads", "ceiled", "images", "is_same", "out_shape", "pads_of", "pair_of", "short"]

Pads = tuple[int, int, int, int]
"""Rows above, columns to the left, rows below, columns to the right."""
NO_PADS: Pads = (0, 0, 0, 0)
MAX_SIZE = 2**20


def images(site: Site) -> tuple[Rows, Pads]:
    """Give images, and the padding that a node before this one gave them."""
    rows, pads = site.rows(), NO_PADS
    if isinstance(rows.source, Raw) and rows.source.kind == "Pad" and rows.index is None:
        top, left, bottom, right = rows.source.note
        rows, pads = rows.source.args[0], (top, left, bottom, right)
    if len(rows.shape) != 4:
        raise site.refuse(f"layers work on images, (rows, channels, height, width); found the shape {rows.shape}")
    return rows, pads


def pair_of(site: Site, name: str, default: Shape | None) -> tuple[int, int]:
    """Give two sizes of at least 1, down and right."""
    listed = site.attributes.listed(name)
    found = default if listed is None else tuple(listed)
    right = found is not None and len(found) == 2 and all(isinstance(n, int) and 1 <= n <= MAX_SIZE for n in found)
    if found is None or not right:
        raise site.refuse(f"{name} must be two sizes of at least 1, down and right; found {listed}")
    return found[0], found[1]


def short(size: Shape) -> Any:
    """Give two equal sizes as one."""
    return size[0] if size[0] == size[1] else (size[0], size[1])


def pads_of(site: Site, size: Shape, kernel: Shape, stride: Shape, dilation: Shape = (1, 1)) -> Pads:
    """Give the padding that is written out, or that `auto_pad` means for images of a size."""
    auto = site.attributes.text("auto_pad", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER")
    listed = site.attributes.listed("pads") or [*NO_PADS]
    if len(listed) != 4 or not all(isinstance(n, int) and 0 <= n <= MAX_SIZE for n in listed):
        raise site.refuse(f"pads must be four sizes of at least 0; found {listed[:9]}")
    if auto == "NOTSET":
        return listed[0], listed[1], listed[2], listed[3]
    if auto == "VALID":
        return NO_PADS
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    needed = [(-(-n // s) - 1) * s + r - n for n, s, r in zip(size, stride, reach, strict=True)]
    if min(needed) < -1:
        raise site.refuse(f"of auto_pad with strides of {stride} programs make different windows; write out its pads")
    total = [max(n, 0) for n in needed]
    first = [(n + (auto == "SAME_LOWER")) // 2 for n in total]
    return first[0], first[1], total[0] - first[0], total[1] - first[1]


def ceiled(pads: Pads, size: Shape, kernel: Shape, stride: Shape) -> Pads:
    """Give the padding that `ceil_mode` means: the last window is whole, unless it begins in the padding behind."""
    ends = []
    for n, k, s, first, last in zip(size, kernel, stride, pads[:2], pads[2:], strict=True):
        over = -(n + first + last - k) % s
        begins = n + first + last - k + over
        ends.append(last if begins >= n + first else last + over)
    return pads[0], pads[1], ends[0], ends[1]


def is_same(pads: Pads, size: Shape, kernel: Shape, stride: Shape, dilation: Shape = (1, 1)) -> bool:
    """Whether padding is what `padding="same"` gives."""
    sliding = slide((1, *size), short(kernel), short(stride), "same", short(dilation))
    after = (p - n - c for p, n, c in zip(sliding.padded, sliding.size, sliding.corner, strict=True))
    return pads == (*sliding.corner, *after)


def out_shape(site: Site, rows: Rows, channels: int, layer: Any) -> Shape:
    """Give the shape of what a layer makes of images."""
    sliding: Sliding
    try:
        sliding = slide(rows.shape[1:], layer.kernel, layer.stride, layer.padding, getattr(layer, "dilation", 1))
    except ShapeError as error:
        raise site.refuse(str(error)) from None
    return (rows.shape[0], channels, *sliding.out)
