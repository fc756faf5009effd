"""What a network is made of, as values and as JSON."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, PositiveInt, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from nn_layers import Propagate
from nn_layers.layout import Layout, make_layout
from nn_loss import Loss
from nn_model.checkpoint.part_dump import dump
from nn_model.checkpoint.part_load import load
from nn_model.checkpoint.part_options import planned
from nn_model.checkpoint.roles import CLIPPING, LAYER, LOSS, OPTIMIZER, named
from nn_model.checkpoint.sentences import sentence
from nn_model.checkpoint.strict_json import canonical, check, cut
from nn_model.errors import CheckpointError, ShapeError
from nn_optim import Clipping, Optimizer

__all__ = ["MAX_LAYERS", "NetworkSpec"]

MAX_LAYERS = 10_000
MAX_CLASSES = 10_000


@checked_dataclass(frozen=True, config=ConfigDict(strict=True, extra="forbid", defer_build=True))
class _Plain:
    """What a spec says beside its parts, checked by pydantic."""

    input_shape: Annotated[tuple[PositiveInt, ...], Field(max_length=8)] | None = None
    task: Literal["classification", "regression"] | None = None
    classes: Annotated[list[bool | int | str], Field(min_length=1, max_length=MAX_CLASSES)] | None = None
    dtype: Literal["float32", "float64"] = "float32"
    seed: Annotated[int, Field(ge=0)] = 0


@cache
def _plain() -> TypeAdapter[_Plain]:
    return TypeAdapter(_Plain)


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A network without its numbers: everything that `NN` is made from.

    Attributes
    ----------
    layers
        The layers, first to last, their input sizes filled in.
    loss, optimizer, clip
        The other parts; `clip` may be `None`.
    input_shape
        The shape of one row of the input; `None`: the first layer says it.
    task
        `"classification"` or `"regression"`; `None`: the loss says it.
    classes
        The classes' names, numbers or truth values; `None` where there are none.
    dtype
        `"float32"` or `"float64"`.
    seed
        Of everything random.

    Examples
    --------
    >>> from nn_layers import Dense
    >>> from nn_loss import MSE
    >>> from nn_optim import SGD
    >>> spec = NetworkSpec((Dense(2, 1),), MSE(), SGD())
    >>> spec.to_json()["loss"]
    {'kind': 'MSE'}
    >>> NetworkSpec.from_json(spec.to_json()) == spec
    True
    """

    layers: tuple[Propagate, ...]
    loss: Loss
    optimizer: Optimizer
    clip: Clipping | None = None
    input_shape: tuple[int, ...] | None = None
    task: str | None = None
    classes: list[Any] | None = None
    dtype: str = "float32"
    seed: int = 0

    def to_json(self) -> dict[str, Any]:
        """Give the spec as a JSON object.

        Raises
        ------
        CheckpointError
            An own class that cannot be written, or a value that no spec may have.
        """
        _check_layers(self.layers)
        data = {
            "layers": [dump(layer, LAYER, f"layers[{i}]") for i, layer in enumerate(self.layers)],
            "loss": dump(self.loss, LOSS, "loss"),
            "optimizer": dump(self.optimizer, OPTIMIZER, "optimizer"),
            "clip": None if self.clip is None else dump(self.clip, CLIPPING, "clip"),
            "input_shape": None if self.input_shape is None else list(self.input_shape),
            **{name: getattr(self, name) for name in ("task", "classes", "dtype", "seed")},
        }
        _check_nested(self.layers)
        check(data, "spec")
        _checked_plain(data)
        return data

    @classmethod
    def from_json(cls, data: Any, custom: Iterable[type] = ()) -> "NetworkSpec":
        """Make the spec from a JSON object; `custom` are the user's own classes that it may name.

        Raises
        ------
        CheckpointError
            Anything that is not as a spec must be; the message names the layer and the option.
        """
        own = named(custom)
        check(data, "spec")
        _check_keys(data)
        _check_layers(data["layers"])
        plain = _checked_plain(data)
        layers = tuple(load(layer, LAYER, f"layers[{i}]", own) for i, layer in enumerate(data["layers"]))
        _check_nested(layers)
        clip = data.get("clip")
        return cls(
            layers,
            load(data["loss"], LOSS, "loss", own),
            load(data["optimizer"], OPTIMIZER, "optimizer", own),
            None if clip is None else load(clip, CLIPPING, "clip", own),
            *(getattr(plain, field.name) for field in fields(_Plain)),
        )

    def layout(self) -> Layout:
        """Plan the layers: their shapes and the names of their arrays. Nothing is allocated.

        Raises
        ------
        ShapeError
            Layers that do not chain.
        CheckpointError
            An own layer that fails for another reason.
        """
        try:
            return make_layout(self.layers, self.input_shape)
        except ShapeError:
            raise
        except Exception as error:
            raise CheckpointError(f"spec: the layers cannot be planned: {cut(error, 200)}") from error


def _check_layers(layers: Any) -> None:
    if not isinstance(layers, list | tuple) or not 1 <= len(layers) <= MAX_LAYERS:
        found = f"{len(layers):,} of them" if isinstance(layers, list | tuple) else cut(layers)
        raise CheckpointError(f"spec: layers must be a list of 1 to {MAX_LAYERS:,} layers; found {found}")


def _check_nested(layers: tuple[Propagate, ...]) -> None:
    if (count := planned(layers)) > MAX_LAYERS:
        raise CheckpointError(
            f"spec: there may be at most {MAX_LAYERS:,} layers, where those inside others count once for each level; "
            f"found {count:,}"
        )


def _check_keys(data: Any) -> None:
    names = [field.name for field in fields(NetworkSpec)]
    if not isinstance(data, dict):
        raise CheckpointError(f"spec must be an object with {', '.join(names)}; found {cut(data)}")
    for name in data.keys() - names:
        raise CheckpointError(f"spec: there is no entry {cut(name)}; the entries are {', '.join(names)}")
    for name in ("layers", "loss", "optimizer"):
        if name not in data:
            raise CheckpointError(f"spec: the entry {name} is missing")


def _checked_plain(data: dict[str, Any]) -> _Plain:
    names = {field.name for field in fields(_Plain)}
    try:
        plain = _plain().validate_json(canonical({k: v for k, v in data.items() if k in names}), strict=True)
    except ValidationError as error:
        raise CheckpointError(sentence(error, _Plain, "spec").replace("_Plain: ", "", 1)) from None
    if plain.classes is not None and len({type(name) for name in plain.classes}) > 1:
        raise CheckpointError("spec: classes must be all text, all whole numbers or all booleans; found several kinds")
    return plain
