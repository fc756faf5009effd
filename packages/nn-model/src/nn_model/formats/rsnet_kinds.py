"""rsnet's checkpoint, read: what its layers are, and where in the text their arrays stand."""

from collections.abc import Callable, Iterator, Sequence
from math import prod

from nn_layers import Conv2D, Dense, Flatten, He, MaxPool2D, Propagate, ReLU, Softmax
from nn_model.arrays import Array
from nn_model.checkpoint.json_scan import Span
from nn_model.checkpoint.strict_json import cut
from nn_model.errors import CheckpointError
from nn_model.formats.json_text import Json

__all__ = ["MAX_LAYERS", "layers_in", "nd"]

INIT = He("uniform")
MAX_LAYERS = 1_000
LARGE = {"kernels_mat", "b", "weights", "bias", "last_input", "last_input_max_mask", "last_output"}
LARGE |= {"k_grad", "w_grad", "b_grad"}
Arrays = list[tuple[str, Span, tuple[int, ...]]]
"""Of every array of the file: its name, its place, and the shape that it must have."""


def layers_in(json: Json, spans: Sequence[Span]) -> tuple[list[Propagate], Arrays]:
    """Read what the layers are, and where their arrays stand."""
    layers: list[Propagate] = []
    arrays: Arrays = []
    for i, span in enumerate(spans):
        tagged = json.object(span, f"layers[{i}]", KINDS)
        if len(tagged) != 1 or (kind := next(iter(tagged))) not in KINDS:
            raise CheckpointError(f"layers[{i}] must be an object of one of {', '.join(KINDS)}; found {cut([*tagged])}")
        name = f"layers[{i}].{kind}"
        layer, own = KINDS[kind](json, json.object(tagged[kind], name, LARGE), name)
        if i < len(spans) - 1 and isinstance(layer, Softmax):
            raise CheckpointError(f"{name} must be the last layer; found {len(spans) - 1 - i} behind it")
        layers.append(layer)
        arrays += own
    return layers, arrays


Fields = dict[str, Span]


def _needed(fields: Fields, name: str, *keys: str) -> Iterator[Span]:
    for key in keys:
        if key not in fields:
            raise CheckpointError(f"{name} must have {', '.join(keys)}; {key} is missing")
        yield fields[key]


def _conv(json: Json, fields: Fields, name: str) -> tuple[Propagate, Arrays]:
    keys = ("in_channels", "out_channels", "kernel_size", "stride", "kernels_mat", "b")
    *sizes, kernels, b = _needed(fields, name, *keys)
    inputs, outputs, stride = (json.size(sizes[i], f"{name}.{keys[i]}") for i in (0, 1, 3))
    kernel = json.sizes(sizes[2], f"{name}.kernel_size", 2)
    if kernel[0] != kernel[1] or stride != 1:
        raise CheckpointError(f"{name} must have a square kernel and stride 1; found {kernel} and {stride}")
    shape = (outputs, inputs * kernel[0] ** 2)
    arrays = [(f"{name}.kernels_mat", kernels, shape), (f"{name}.b", b, (outputs,))]
    _check_room(arrays)
    return Conv2D(inputs, outputs, kernel[0], init=INIT), arrays


def _fc(json: Json, fields: Fields, name: str) -> tuple[Propagate, Arrays]:
    first, second, weights, bias = _needed(fields, name, "input_size", "output_size", "weights", "bias")
    inputs, outputs = json.size(first, f"{name}.input_size"), json.size(second, f"{name}.output_size")
    arrays = [(f"{name}.weights", weights, (inputs, outputs)), (f"{name}.bias", bias, (outputs,))]
    _check_room(arrays)
    return Dense(inputs, outputs, INIT), arrays


def _pool(json: Json, fields: Fields, name: str) -> tuple[Propagate, Arrays]:
    (span,) = _needed(fields, name, "pool_size")
    height, width = json.sizes(span, f"{name}.pool_size", 2)
    return MaxPool2D(height if height == width else (height, width)), []


def _check_room(arrays: Arrays) -> None:
    """Refuse sizes that ask for more than the text can hold, before anything is allocated."""
    for name, span, shape in arrays:
        if span.stop - span.start < 2 * prod(shape):
            length = f"{span.stop - span.start:,} bytes of text"
            raise CheckpointError(f"{name} must hold {prod(shape):,} numbers, as {shape}; found {length} for them")


def _plain(make: Callable[[], Propagate]) -> Callable[[Json, Fields, str], tuple[Propagate, Arrays]]:
    return lambda json, fields, name: (make(), [])  # noqa: ARG005  # one signature for all kinds


KINDS: dict[str, Callable[[Json, Fields, str], tuple[Propagate, Arrays]]] = {
    "Conv": _conv,
    "ReLU": _plain(ReLU),
    "Pool": _pool,
    "Flatten": _plain(Flatten),
    "FC": _fc,
    "Softmax": _plain(Softmax),
}


def nd(json: Json, span: Span, name: str, shape: tuple[int, ...]) -> Array:
    """Read an array as ndarray writes it; its shape must be this."""
    fields = json.object(span, name, ("data",), needs=("v", "dim", "data"))
    if (version := json.value(fields["v"], f"{name}.v")) != 1 or type(version) is not int:
        raise CheckpointError(f"{name}.v must be 1; found {cut(version)}")
    if (found := json.sizes(fields["dim"], f"{name}.dim", len(shape))) != shape:
        raise CheckpointError(f"{name} must have the shape {shape}; found {found}")
    return json.numbers(fields["data"], shape, name, "float32")
