"""The bytes of a model, walked through before they are parsed: whole, known, no external data, not too many parts.

Protocol Buffers let two bytes become an object of a hundred, skip fields that they do not know, and take the last of
two values. None of that is let through. https://protobuf.dev/programming-guides/encoding
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from nn_model.checkpoint.strict_json import cut
from nn_model.errors import OnnxError

__all__ = ["check_wire"]

MAX_PARTS = 200_000
"""The most fields, and numbers of packed whole numbers, in one model: what grows when it is parsed."""
MAX_MESSAGES = 100_000
MAX_DEPTH = 24

EXTERNAL = (
    "weights in another file are never read; save the model as one file: "
    "torch.onnx.export(..., external_data=False), or onnx.save(onnx.load(path), other)"
)

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
_FIXED = {FIXED64: 8, FIXED32: 4}
_DOUBLE, _FLOAT, _FIX64, _FIX32, _STRING, _MESSAGE, _BYTES, _ENUM, _SFIX32, _SFIX64 = 1, 2, 6, 7, 9, 11, 12, 14, 15, 16
_KINDS = dict.fromkeys((_DOUBLE, _FIX64, _SFIX64), FIXED64) | dict.fromkeys((_FLOAT, _FIX32, _SFIX32), FIXED32)
_KINDS |= dict.fromkeys((_STRING, _MESSAGE, _BYTES), LENGTH)


@dataclass(frozen=True, slots=True)
class Field:
    """What a field's number means: its name, how it is written, whether it may stand twice, and what is in it."""

    name: str
    kind: int
    repeated: bool
    text: bool
    message: Any
    values: frozenset[int] | None


@cache
def _fields(message: Any) -> dict[int, Field]:
    """Give the fields of a message by their numbers."""
    found = {}
    for number, f in message.fields_by_number.items():
        # `label` of earlier versions of protobuf: 3 means repeated.
        repeated = f.is_repeated if hasattr(f, "is_repeated") else f.label == 3
        values = frozenset(f.enum_type.values_by_number) if f.type == _ENUM else None
        inside = f.message_type if f.type == _MESSAGE else None
        found[number] = Field(f.name, _KINDS.get(f.type, VARINT), repeated, f.type == _STRING, inside, values)
    return found


@dataclass(slots=True)
class _Walk:
    data: memoryview
    messages: int = 0
    parts: int = 0
    last: tuple[str, str] = "", ""  # the place that was named last, and its name

    def varint(self, at: int, stop: int, place: str) -> tuple[int, int]:
        value = 0
        for shift in range(0, 70, 7):
            if at >= stop:
                raise _damaged(place, "it ends inside a number")
            byte = self.data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value, at
        raise _damaged(place, "a number has more than ten bytes")

    def spend(self, parts: int) -> None:
        self.parts += parts
        if self.parts > MAX_PARTS:
            raise OnnxError(f"a model may consist of at most {MAX_PARTS:,} parts; this file holds more")

    def message(self, message: Any, at: int, stop: int, place: str, depth: int) -> None:
        self.messages += 1
        if self.messages > MAX_MESSAGES or depth > MAX_DEPTH:
            raise OnnxError(
                f"a model may hold at most {MAX_MESSAGES:,} messages, {MAX_DEPTH} deep; this file holds more"
            )
        fields, counts = _fields(message), dict[str, int]()
        while at < stop:
            self.spend(1)
            key, at = self.varint(at, stop, place)
            known = fields.get(key >> 3)
            if known is None:
                raise _damaged(place, f"field {key >> 3} is none of {message.name}'s")
            count = counts[known.name] = counts.get(known.name, -1) + 1
            if count and not known.repeated:
                raise _damaged(place, f"{known.name} stands twice")
            here = f"{place}.{known.name}" + (f"[{count}]" if known.repeated else "")
            at = self.value(known, key & 7, at, stop, here, depth)

    def value(self, known: Field, kind: int, at: int, stop: int, place: str, depth: int) -> int:
        """Check one value, and give where the next field begins."""
        packed = kind == LENGTH != known.kind and known.repeated
        if kind != known.kind and not packed:
            raise _damaged(place, f"it is written as kind {kind} and should be {known.kind}")
        if kind == VARINT:
            value, end = self.varint(at, stop, place)
            if known.values is not None and value not in known.values:
                raise OnnxError(f"{place} is {value}, which ONNX does not know")
            self.check_internal(known.name == "data_location" and value == 1, place)
            return end
        if kind != LENGTH:
            end = at + _FIXED[kind]
        else:
            length, at = self.varint(at, stop, place)
            end = at + length
        if end > stop:
            raise _damaged(place, f"it should end {end - stop:,} bytes after its surroundings")
        self.inside(known, packed, at, end, place, depth)
        return end

    def inside(self, known: Field, packed: bool, at: int, end: int, place: str, depth: int) -> None:
        self.check_internal(known.name == "external_data", place)
        if packed:
            self.spend(end - at if known.kind == VARINT else 0)
        elif known.message is not None:
            self.message(known.message, at, end, place, depth + 1)
        elif known.text:
            try:
                text = bytes(self.data[at:end]).decode()
            except UnicodeDecodeError:
                raise _damaged(place, "it is no text in UTF-8") from None
            if known.name == "name":
                self.last = place.removesuffix("name"), text

    def check_internal(self, external: bool, place: str) -> None:
        start, name = self.last
        if external:
            kind = "initializer" if place.startswith("model.graph.initializer") else "tensor"
            title = f"{kind} {cut(name)}" if start and place.startswith(start) else place
            raise OnnxError(f"{title}: {EXTERNAL}")


def check_wire(data: bytes, message: Any) -> None:
    """Check the bytes of a message, by its descriptor.

    Raises
    ------
    OnnxError
        They are cut off or damaged, name external data, or hold more parts than a model can have.
    """
    _Walk(memoryview(data)).message(message, 0, len(data), "model", 0)


def _damaged(place: str, fault: str) -> OnnxError:
    return OnnxError(f"not an ONNX model, or truncated or damaged: {place}: {fault}")
