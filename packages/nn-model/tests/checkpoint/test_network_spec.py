"""Specs as JSON: all of the library's, the user's own, and every way to get one wrong."""

import dataclasses
import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pydantic.dataclasses
import pytest
from pydantic import ConfigDict

import nn_layers
import nn_loss
import nn_optim
from nn_layers import Dense, ElasticNet, Frame, Glorot, LeCun, Plan, ReLU, Uniform
from nn_loss import MSE, CrossEntropy, LossFrame
from nn_model.checkpoint import NetworkSpec, Snapshot, read, write
from nn_model.errors import CheckpointError
from nn_optim import SGD, Adam, ClipNorm, ClipValue, Cosine, OptimizerFrame, RMSProp, Slot, Warmup, by_hand

Array = np.ndarray[Any, np.dtype[Any]]
Calls = Iterator[tuple[Any, ...]]
Make = Callable[..., Snapshot]
PLAIN: dict[str, Any] = {
    "layers": [{"kind": "Dense", "in_features": 3, "out_features": 2}, {"kind": "ReLU"}],
    "loss": {"kind": "MSE"},
    "optimizer": {"kind": "SGD"},
}
NEEDED: dict[str, tuple[Any, ...]] = {
    "Dense": (3, 2),
    "Patches": (2,),
    "Residual": ([Dense(3, 3), ReLU()],),
    "ClipNorm": (1.0,),
    "ClipValue": (1.0,),
}


def specs_of(package: Any, *members: str) -> list[type]:
    found = [getattr(package, name) for name in package.__all__]
    return [c for c in found if "kind" in getattr(c, "__pydantic_fields__", {}) and all(hasattr(c, m) for m in members)]


def there_and_back(spec: NetworkSpec, *custom: type) -> NetworkSpec:
    return NetworkSpec.from_json(json.loads(json.dumps(spec.to_json())), custom)


def net(**changes: Any) -> NetworkSpec:
    values: dict[str, Any] = {"layers": (Dense(3, 2),), "loss": MSE(), "optimizer": SGD()}
    return NetworkSpec(**values | changes)


def simplest(cls: type) -> Any:
    fields = cls.__pydantic_fields__.items()  # type: ignore[attr-defined]
    required = [name for name, field in fields if field.is_required()]
    return cls(**{name: {"int": 2, "float": 0.5}.get(str(cls.__annotations__[name]), 2) for name in required})


@pytest.mark.parametrize(
    ("role", "cls"),
    [("layers", c) for c in specs_of(nn_layers, "plan", "forward", "backward")]
    + [("loss", c) for c in specs_of(nn_loss, "value_and_grad")]
    + [("optimizer", c) for c in specs_of(nn_optim, "init", "update")]
    + [("clip", c) for c in specs_of(nn_optim, "clip")],
)
def test_every_public_spec_comes_back(role: str, cls: type) -> None:
    part = cls(*NEEDED[cls.__name__]) if cls.__name__ in NEEDED else simplest(cls)
    spec = net(**{role: (part,) if role == "layers" else part})
    assert there_and_back(spec) == spec


def test_there_are_as_many_specs_as_there_should_be() -> None:
    assert len(specs_of(nn_layers, "plan", "forward", "backward")) >= 12
    assert len(specs_of(nn_loss, "value_and_grad")) >= 5
    assert len(specs_of(nn_optim, "init", "update")) >= 9


@pytest.mark.parametrize(
    "spec",
    [
        net(layers=(Dense(3, 2, Uniform(-0.1, 0.2), ElasticNet(0.5, 0.25)), Dense(2, 2, Glorot("uniform")))),
        net(optimizer=Adam(Warmup(3, Cosine(0.1, 10, lr_min=0.01)), betas=(0.5, 0.75)), clip=ClipNorm(2.0)),
        net(optimizer=RMSProp(eps_inside_sqrt=True), clip=ClipValue(0.5), dtype="float64", seed=2**128),
        net(loss=CrossEntropy(0.1, (1.0, 2.0)), classes=[3, -4], task="classification", input_shape=(3,)),
        net(classes=["\u0416", "b"], layers=(Dense(3, 2, LeCun()),) * 50),
    ],
)
def test_options_come_back(spec: NetworkSpec) -> None:
    assert there_and_back(spec) == spec


def test_what_may_be_left_out() -> None:
    assert NetworkSpec.from_json(PLAIN) == net(layers=(Dense(3, 2), ReLU()))


def test_a_rate_of_zero_has_warned_when_it_was_made() -> None:
    with pytest.warns(UserWarning, match="lr=0"):
        spec = net(optimizer=SGD(lr=0.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert there_and_back(spec) == spec


def broken(path: str, value: Any) -> dict[str, Any]:
    """Change or, with `...`, leave out one entry: `layers.0.kind`."""
    data = json.loads(json.dumps(PLAIN))
    *inner, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    target = data
    for key in inner:
        target = target[key]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return data  # type: ignore[no-any-return]  # what json gives


KNOWN = ", ".join(sorted(c.__name__ for c in specs_of(nn_layers, "plan", "forward", "backward")))
FAULTS = [
    ("layers.0.kind", "Dence", rf"layers\[0\]: there is no layer 'Dence'; known are {KNOWN}; .*custom="),
    ("layers.1.kind", "os.system", r"layers\[1\]: there is no layer 'os.system'"),
    ("layers.1.kind", "__class__", r"layers\[1\]: there is no layer '__class__'"),
    ("layers.1.kind", "Stack", r"layers\[1\]: there is no layer 'Stack'"),
    ("layers.1.kind", "MSE", r"layers\[1\]: there is no layer 'MSE'"),
    ("layers.1.kind", "../../etc/passwd\0" * 9999, r"layers\[1\]: there is no layer '\.\./"),
    ("layers.1.kind", ..., r"layers\[1\]: an object with a kind must stand here; found \{\}"),
    ("layers.1.kind", 3, r"layers\[1\]: an object with a kind must"),
    ("layers.1.py/object", "os.system", r"layers\[1\]: ReLU has no option 'py/object'; its options are none"),
    ("layers.1.__class__", "x", r"layers\[1\]: ReLU has no option '__class__'"),
    ("layers.1", "ReLU", r"layers\[1\]: an object with a kind must stand here; found 'ReLU'"),
    ("layers.1", None, r"layers\[1\]: an object with a kind"),
    ("layers.0.out_features", ..., r"layers\[0\]: Dense needs the option out_features; its options are in_features, o"),
    ("layers.0.units", 3, r"layers\[0\]: Dense has no option 'units'; its options are in_features|init"),
    ("layers.0.out_features", "10", r"layers\[0\]: Dense: out_features: input should be a valid integer; found '10'"),
    ("layers.0.out_features", True, r"layers\[0\]: Dense: out_features: input should be a valid integer; found True"),
    ("layers.0.out_features", 2.0, r"layers\[0\]: Dense: out_features: input should be a valid integer; found 2\.0"),
    ("layers.0.out_features", 0, r"layers\[0\]: Dense: out_features: input should be greater than 0; found 0"),
    ("layers.0.init", {"kind": "os.system"}, r"layers\[0\]: Dense: init: input tag 'os.system' found"),
    ("layers.0.init", {"kind": "Uniform", "low": 2.0, "high": 1.0}, r"init\.Uniform: low must be below high"),
    ("layers.0.init", {"kind": "Normal", "std": -1.0}, r"init\.Normal\.std: input should be greater"),
    ("layers", [], r"layers must be a list of 1 to 10,000 layers; found 0 of them"),
    ("layers", [{"kind": "ReLU"}] * 10_001, r"a list of 1 to 10,000 layers; found 10,001"),
    ("layers", {"0": {}}, r"layers must be a list .* found \{"),
    ("layers", ..., r"the entry layers is missing"),
    ("loss", ..., r"the entry loss is missing"),
    ("loss.kind", "Dense", r"loss: there is no loss 'Dense'; known are .*CrossEntropy"),
    ("optimizer", None, r"optimizer: an object with a kind must stand here; found None"),
    ("optimizer.lr", -1.0, r"optimizer: SGD: lr.*greater than or equal to 0; found -1\.0"),
    ("optimizer.lr", {"kind": "Cosine", "lr": 0.1}, r"optimizer: SGD.*lr\.Cosine\.steps"),
    ("optimizer.lr", {"kind": "eval"}, r"optimizer: SGD: lr: lr must be a number"),
    ("clip", {"kind": "Adam"}, r"clip: there is no clipping 'Adam'; known are ClipNorm, ClipValue"),
    ("clip", {"kind": "ClipNorm", "max_norm": 0}, r"clip: ClipNorm: max_norm"),
    ("dtype", "float16", r"spec: dtype: input should be 'float32' or 'float64'; found 'float16'"),
    ("task", "other", r"spec: task: "),
    ("seed", -1, r"spec: seed: input should be greater than or equal to 0"),
    ("seed", 1.5, r"spec: seed: "),
    ("input_shape", [0], r"spec: input_shape"),
    ("input_shape", [1] * 9, r"spec: input_shape"),
    ("classes", ["a", 1], r"spec: classes must be all text, all whole numbers or all booleans"),
    ("classes", [], r"spec: classes"),
    ("classes", [1.5], r"spec: classes"),
    ("engine", "numba", r"spec: there is no entry 'engine'; the entries are layers, "),
]


@pytest.mark.parametrize(("path", "value", "message"), FAULTS)
def test_what_is_wrong_is_one_sentence(path: str, value: Any, message: str) -> None:
    with pytest.raises(CheckpointError, match=message) as caught:
        NetworkSpec.from_json(broken(path, value))
    assert len(str(caught.value)) < 700
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [None, [], "x", 3, {"layers": {1: 2}}, {"layers": float("nan")}])
def test_no_object_is_no_spec(data: Any) -> None:
    with pytest.raises(CheckpointError, match="spec"):
        NetworkSpec.from_json(data)


def copy(x: Array, y: Array) -> None:
    np.copyto(y, x)


class Wiring:
    """The members of a layer, for the classes below to share in this test."""

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        return Plan(in_shape)

    def forward(self, f: Frame) -> Calls:
        yield copy, f.x, f.y

    def backward(self, f: Frame) -> Calls:
        if f.dx is not None:
            yield copy, f.dy, f.dx


@dataclass(frozen=True)
class Own(Wiring):
    factor: float = 2.0
    shape: tuple[int, ...] = (1, 2)
    mode: Literal["a", "b"] = "a"
    label: str | None = None


@pydantic.dataclasses.dataclass(frozen=True, config=ConfigDict(strict=True))
class OwnStrict(Wiring):
    size: int
    kind: Literal["Renamed"] = dataclasses.field(default="Renamed", kw_only=True)


@dataclass(frozen=True)
class OwnLoss:
    power: float = 2.0
    targets: ClassVar[Literal["labels", "values"]] = "values"
    link: ClassVar[None] = None

    def scratch(self, shape: tuple[int, ...]) -> Mapping[str, nn_loss.Scratch]:
        return {"d": nn_loss.Scratch(shape)}

    def calls(self, f: LossFrame) -> Calls:
        yield copy, f.scores, f.s["d"]

    def value_and_grad(
        self, scores: Array, targets: Array, out: Array | None = None, weights: Array | None = None
    ) -> float:
        return nn_loss.value_and_grad(self, scores, targets, out, weights)


@dataclass(frozen=True)
class OwnOptimizer:
    lr: float | Callable[[int], float] = 0.01
    slots: Mapping[str, Slot] = dataclasses.field(default_factory=lambda: {"m": Slot()})
    blocks: int = 0

    def calls(self, f: OptimizerFrame) -> Calls:
        yield copy, f.grad, f.theta

    init, update = by_hand.init, by_hand.update


OWN = (Own, OwnStrict, OwnLoss, OwnOptimizer)


@pytest.mark.parametrize("suffix", [".json", ".safetensors"])
def test_own_classes_are_handed_over(tmp_path: Path, make_snapshot: Make, suffix: str) -> None:
    layers = (Own(0.5, (3,), "b", "\u00e9"), Dense(3, 2), OwnStrict(4))
    snapshot = make_snapshot(layers=layers, loss=OwnLoss(3.0), optimizer=OwnOptimizer(0.25), classes=None)
    path = tmp_path / f"own{suffix}"
    write(path, snapshot)
    assert read(path, custom=OWN).spec == snapshot.spec
    assert set(snapshot.arrays) >= {"optimizer.m.layers.1.w"}
    with pytest.raises(CheckpointError, match=r"layers\[0\]: there is no layer 'Own'; known are .*custom="):
        read(path)
    with pytest.raises(CheckpointError, match=r"layers\[2\]: there is no layer 'Renamed'"):
        read(path, custom=[Own])


@dataclass
class Thawed(Wiring):
    factor: float = 2.0


@dataclass(frozen=True)
class Holder(Wiring):
    array: Any = None


@dataclass(frozen=True)
class Typed(Wiring):
    array: Array = dataclasses.field(default_factory=lambda: np.zeros(2))


@dataclass(frozen=True)
class Forgetful(Wiring):
    factor: float = 2.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "factor", self.factor + 1)


@dataclass(frozen=True)
class Undefined(Wiring):
    factor: "Missing" = 2.0  # type: ignore[name-defined]  # noqa: F821  # what the test is about


UNSAVABLE = [
    (Wiring(), r"layers\[0\]: .* must be a frozen dataclass; Wiring is none; write @dataclass\(frozen=True\)"),
    (Thawed(), r"must be a frozen dataclass; Thawed is none"),
    (Holder(array=np.zeros(2)), r"layers\[0\]"),
    (Holder(array=object()), r"layers\[0\]: Holder has an option that a file cannot hold"),
    (Holder(array=float("nan")), r"layers\[0\]: Holder does not come back from a file as it was"),
    (Typed(), r"layers\[0\]: Typed has an option that a file cannot hold"),
    (Undefined(), r"layers\[0\]: Undefined has an option that a file cannot hold"),
    (Forgetful(), r"layers\[0\]: Forgetful does not come back from a file as it was"),
    (Own(factor="2"), r"layers\[0\]: Own"),  # type: ignore[arg-type]
    (Own(mode="c"), r"layers\[0\]: Own"),  # type: ignore[arg-type]
]  # fmt: skip


@pytest.mark.parametrize(("layer", "message"), UNSAVABLE)
def test_an_own_class_that_cannot_be_saved(layer: Any, message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        net(layers=(layer,)).to_json()


def test_a_function_in_place_of_a_number_cannot_be_saved() -> None:
    with pytest.raises(CheckpointError, match="optimizer: OwnOptimizer has an option that a file cannot hold"):
        net(optimizer=OwnOptimizer(lr=lambda step: 1.0 / (1 + step))).to_json()


def test_a_name_of_the_librarys_own_is_taken() -> None:
    impostor: Any = dataclass(frozen=True)(type("Dense", (Wiring,), {}))
    with pytest.raises(CheckpointError, match="Dense is the name of one of the library's own; rename"):
        net(layers=(impostor(),)).to_json()
    with pytest.raises(CheckpointError, match="Dense is the name of one of the library's own; rename"):
        NetworkSpec.from_json(PLAIN, custom=(impostor,))


@pytest.mark.parametrize("custom", [Own(), "Own", Wiring, Thawed])
def test_only_frozen_dataclasses_are_taken(custom: Any) -> None:
    with pytest.raises(CheckpointError, match=r"^custom"):
        NetworkSpec.from_json(PLAIN, custom=(custom,))


def test_two_classes_of_one_name_are_not_taken() -> None:
    with pytest.raises(CheckpointError, match="custom: two classes are named Own; rename one"):
        NetworkSpec.from_json(PLAIN, custom=(Own, dataclass(frozen=True)(type("Own", (Wiring,), {}))))


OWN_FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"kind": "Own", "factor": "2"}, r"layers\[0\]: Own: factor: input should be a valid number; found '2'"),
    (
        {"kind": "Own", "speed": 2},
        r"layers\[0\]: Own has no option 'speed'; its options are factor, label, mode, shape",
    ),
    ({"kind": "Own", "mode": "c"}, r"layers\[0\]: Own: mode: input should be 'a' or 'b'"),
    ({"kind": "Renamed"}, r"layers\[0\]: OwnStrict needs the option size"),
    ({"kind": "OwnLoss"}, r"layers\[0\]: OwnLoss is no layer: it needs plan, forward, backward"),
]


@pytest.mark.parametrize(("layer", "message"), OWN_FAULTS)
def test_options_of_own_classes_are_checked_as_strictly(layer: dict[str, Any], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        NetworkSpec.from_json({**PLAIN, "layers": [layer]}, custom=OWN)


@dataclass(frozen=True)
class Touchy(Wiring):
    factor: float = 2.0

    def __post_init__(self) -> None:
        if self.factor != 2.0:
            raise KeyError("no such factor")

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        del in_shape
        raise ZeroDivisionError("planned badly")


def test_whatever_an_own_class_raises_becomes_a_checkpoint_error() -> None:
    touchy = {**PLAIN, "layers": [{"kind": "Touchy", "factor": 3.0}]}
    with pytest.raises(CheckpointError, match=r"layers\[0\]: Touchy refuses its options: KeyError"):
        NetworkSpec.from_json(touchy, custom=(Touchy,))
    with pytest.raises(CheckpointError, match="the layers cannot be planned: ZeroDivisionError"):
        net(layers=(Touchy(),), input_shape=(2,)).layout()
