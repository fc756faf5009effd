"""rsnet's checkpoint as text: what serde writes of its layers, with `null` for caches and gradients."""

from collections.abc import Callable, Iterator, Sequence

from nn_layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU
from nn_layers.layers.sliding import pair
from nn_model.arrays import Array
from nn_model.formats.border import F32, as_dtype
from nn_model.formats.json_text import numbers
from nn_model.formats.structure import Part

__all__ = ["FLAT", "pieces"]

FLAT = {ReLU: "ReLU", Flatten: "Flatten"}
ROW = 4096
"""Numbers that are written at a time."""

Value = int | None | Array | list[int] | dict[str, "Value"]


def pieces(parts: Sequence[Part], *, softmax: bool) -> Callable[[], Iterator[str]]:
    """Give what writes the text of these layers, piece by piece, as often as it is called."""
    layers = [_described(part) for part in parts]
    if softmax:
        layers.append({"Softmax": {"last_output": None}})
    return lambda: _file(layers)


def _described(part: Part) -> dict[str, Value]:
    match part.layer:
        case Conv2D() as conv:
            w = _f32(part, "w").reshape(conv.out_channels, -1)
            sizes: dict[str, Value] = {"in_channels": part.in_shape[0], "out_channels": conv.out_channels}
            sizes |= {"kernel_size": list(pair(conv.kernel)), "stride": 1}
            return {"Conv": {**sizes, "kernels_mat": _nd(w), "b": _nd(_f32(part, "b")), **_nothing("k_grad", "b_grad")}}
        case MaxPool2D() as pool:
            return {"Pool": {"pool_size": list(pair(pool.kernel)), "last_input_max_mask": None}}
        case Dense() as dense:
            sizes = {"input_size": part.in_shape[0], "output_size": dense.out_features}
            w, b = _f32(part, "w"), _f32(part, "b")
            return {"FC": {**sizes, "weights": _nd(w), "bias": _nd(b), **_nothing("w_grad", "b_grad")}}
        case layer:
            return {FLAT[type(layer)]: {"last_input": None}}


def _nothing(*gradients: str) -> dict[str, Value]:
    return {"last_input": None, **dict.fromkeys(gradients)}


def _f32(part: Part, name: str) -> Array:
    return as_dtype(part.arrays[name], F32, f"{name} of {part.title}")


def _nd(array: Array) -> dict[str, Value]:
    return {"v": 1, "dim": list(array.shape), "data": array.reshape(-1)}


def _file(layers: Sequence[dict[str, Value]]) -> Iterator[str]:
    yield '{\n  "layers": ['
    for i, layer in enumerate(layers):
        yield f"{',' if i else ''}\n    "
        yield from _text(layer, 4)
    yield "\n  ]\n}"


def _text(value: Value, indent: int) -> Iterator[str]:
    """Write a value as serde's pretty printer does: two spaces a level, an item a line."""
    inner = "\n" + " " * (indent + 2)
    if isinstance(value, dict):
        for i, (key, item) in enumerate(value.items()):
            yield f'{"," if i else "{"}{inner}"{key}": '
            yield from _text(item, indent + 2)
        yield f"\n{' ' * indent}}}"
    elif isinstance(value, list):
        yield f"[{inner}{f',{inner}'.join(map(str, value))}\n{' ' * indent}]"
    elif value is None or isinstance(value, int):
        yield "null" if value is None else str(value)
    else:
        for start in range(0, len(value), ROW):
            yield f"{',' if start else '['}{inner}{f',{inner}'.join(numbers(value[start : start + ROW]))}"
        yield f"\n{' ' * indent}]"
