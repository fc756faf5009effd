"""Layers inside layers: written and read like the network's own, from the same closed list and the classes given."""

import dataclasses
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_layers import BatchNorm, Dense, Dropout, Frame, Plan, Propagate, ReLU, Residual
from nn_layers.chain import Chain
from nn_loss import MSE, CrossEntropy
from nn_model import NN, load
from nn_model.checkpoint import NetworkSpec
from nn_model.errors import CheckpointError, ShapeError
from nn_optim import SGD, Adam

SUFFIXES = [".json", ".safetensors"]


def scale(x: Any, factor: float, y: Any) -> None:
    np.multiply(x, factor, out=y)


@dataclass(frozen=True)
class Scaled:
    """A layer of the user's own."""

    factor: float = 2.0

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        return Plan(in_shape)

    def forward(self, f: Frame) -> Iterator[tuple[Any, ...]]:
        yield scale, f.x, self.factor, f.y

    def backward(self, f: Frame) -> Iterator[tuple[Any, ...]]:
        if f.dx is not None:
            yield scale, f.dy, self.factor, f.dx


@dataclass(frozen=True)
class Around:
    """A layer of the user's own that has others inside it."""

    layers: Chain
    times: int = 1

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        return Residual(self.layers).plan(in_shape)

    def forward(self, f: Frame) -> Iterator[tuple[Any, ...]]:
        yield from Residual(self.layers).forward(f)

    def backward(self, f: Frame) -> Iterator[tuple[Any, ...]]:
        yield from Residual(self.layers).backward(f)


@dataclass(frozen=True)
class Picky(Around):
    """A layer that takes two layers and no other number."""

    def __post_init__(self) -> None:
        if len(self.layers) != 2:
            raise ValueError("give two layers")


CUSTOM = (Scaled, Around, Picky)


def network() -> NN:
    inner = Residual([ReLU(), Scaled(0.5), Dense(None, 4)])
    around = Around((Dropout(0.25), Picky((Dense(4, 4), Scaled(0.25)))), times=3)
    return NN([Dense(3, 4), Residual([BatchNorm(), Dropout(0.5), inner]), around, Dense(4, 2)], CrossEntropy(), Adam())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_network_with_layers_inside_layers_comes_back(tmp_path: Path, suffix: str) -> None:
    nn, x = network(), np.random.default_rng(0).standard_normal((20, 3))
    nn.fit(x, x[:, 0] > 0, batch_size=5, verbose=False)
    nn.save(tmp_path / f"a{suffix}")
    again = load(tmp_path / f"a{suffix}", custom=CUSTOM)
    assert again.layers == nn.layers
    assert "layers.1.2.2.w" in again.weights()
    assert "layers.1.0.mean" in again.weights()
    for one in (nn, again):
        one.fit(x, x[:, 0] > 0, epochs=3, batch_size=5, resume=True, verbose=False)
    assert again.theta.tobytes() == nn.theta.tobytes()
    assert again.state.tobytes() == nn.state.tobytes()
    with pytest.raises(CheckpointError, match=r"layers\[1\]\.layers\[2\]\.layers\[1\]: there is no layer 'Scaled'"):
        load(tmp_path / f"a{suffix}", custom=[Around, Picky])


def residual(*layers: Any) -> dict[str, Any]:
    return {"kind": "Residual", "layers": list(layers)}


DENSE, RELU = {"kind": "Dense", "in_features": 3, "out_features": 3}, {"kind": "ReLU"}


def spec_of(*layers: Any, custom: Any = ()) -> NetworkSpec:
    return NetworkSpec.from_json(
        {"layers": [DENSE, *layers], "loss": {"kind": "MSE"}, "optimizer": {"kind": "SGD"}}, custom
    )


FAULTS = [
    (residual(RELU, {"kind": "os.system"}), r"^layers\[1\]\.layers\[1\]: there is no layer 'os\.system'; known are A"),
    (residual(residual(RELU, {"kind": "MSE"})), r"^layers\[1\]\.layers\[0\]\.layers\[1\]: there is no layer 'MSE'"),
    (residual("ReLU"), r"^layers\[1\]\.layers\[0\]: an object with a kind must stand here; found 'ReLU'"),
    (residual({**DENSE, "units": 3}), r"^layers\[1\]\.layers\[0\]: Dense has no option 'units'"),
    (residual({**DENSE, "in_features": "3"}), r"^layers\[1\]\.layers\[0\]: Dense: in_features: .* found '3'"),
    (residual(), r"^layers\[1\]: Residual: layers: give at least one layer; found \[\]"),
    ({"kind": "Residual"}, r"^layers\[1\]: Residual needs the option layers"),
    ({"kind": "Residual", "layers": RELU}, r"^layers\[1\]\.layers must be a list of layers; found \{'kind"),
    ({"kind": "Residual", "layers": None}, r"^layers\[1\]\.layers must be a list of layers; found None"),
    ({**residual(RELU), "depth": 3}, r"^layers\[1\]: Residual has no option 'depth'; its options are layers"),
    ({**residual(RELU), "kind": "Picky"}, r"^layers\[1\]: Picky: .*give two layers"),
    ({**residual(RELU), "kind": "Around", "times": "3"}, r"^layers\[1\]: Around: times: .*found '3'"),
]


@pytest.mark.parametrize(("layer", "message"), FAULTS)
def test_what_is_wrong_inside_is_named_by_its_path(layer: Any, message: str) -> None:
    with pytest.raises(CheckpointError, match=message) as caught:
        spec_of(layer, custom=CUSTOM)
    assert len(str(caught.value)) < 700


def test_shapes_inside_are_checked() -> None:
    spec = spec_of(residual({**DENSE, "out_features": 4}))
    with pytest.raises(ShapeError, match=r"layers\[1\]: Residual"):
        spec.layout()


def nested(depth: int, *layers: Any) -> list[Any]:
    found = list(layers)
    for _ in range(depth):
        found = [residual(*found)]
    return found


def as_layers(depth: int, layers: list[Propagate]) -> list[Propagate]:
    for _ in range(depth):
        layers = [Residual(layers)]
    return layers


def test_how_deep_they_may_stand() -> None:
    spec = spec_of(*nested(8, RELU))
    assert spec_of(*spec.to_json()["layers"][1:]) == spec
    assert spec.layers[1:] == tuple(as_layers(8, [ReLU()]))
    for depth in (9, 30):
        with pytest.raises(CheckpointError, match=r"^layers\[1\](\.layers\[0\]){8}\.layers: layers may stand at most"):
            spec_of(*nested(depth, RELU))
    with pytest.raises(CheckpointError, match="layers may stand at most 8 deep inside others; found more"):
        NetworkSpec((Dense(3, 3), *as_layers(9, [ReLU()])), MSE(), SGD()).to_json()


def test_how_many_there_may_be() -> None:
    message = r"spec: there may be at most 10,000 layers, .* once for each level; found 10,001"
    most = [RELU] * 4_999
    assert len(spec_of(residual(*most)).layers[1].layers) == 4_999  # type: ignore[attr-defined]
    with pytest.raises(CheckpointError, match=message):
        spec_of(residual(*most), RELU)
    with pytest.raises(CheckpointError, match=message):
        NetworkSpec((Dense(3, 3), Residual([ReLU()] * 4_999), ReLU()), MSE(), SGD()).to_json()


def test_planning_the_deepest_takes_little_time() -> None:
    began = time.process_time()
    spec_of(*nested(8, *[DENSE] * 1_000)).layout()
    assert time.process_time() - began < 5


@dataclass(frozen=True)
class Loose(Around):
    """A layer that does not look at what is inside it."""

    layers: Chain = dataclasses.field(default=3)  # type: ignore[arg-type]  # what the test is about


UNSAVABLE: list[tuple[Any, str]] = [
    (Loose(), r"^layers\[0\]\.layers must be a list of layers; found 3"),
    (Loose((3,)), r"^layers\[0\]\.layers\[0\]: .* must be a frozen dataclass; int is none"),  # type: ignore[arg-type]
    (Loose(()), r"^layers\[0\]: Loose: layers: give at least one layer"),
]


@pytest.mark.parametrize(("layer", "message"), UNSAVABLE)
def test_an_own_layer_whose_inside_cannot_be_saved(layer: Any, message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        NetworkSpec((layer,), MSE(), SGD()).to_json()


def test_the_spec_is_plain_json() -> None:
    spec = NetworkSpec(tuple(network().layers), MSE(), SGD())
    text = json.dumps(spec.to_json())
    assert NetworkSpec.from_json(json.loads(text), CUSTOM) == spec
    assert json.loads(text)["layers"][2] == {
        "kind": "Around",
        "times": 3,
        "layers": [
            {"kind": "Dropout", "rate": 0.25},
            {
                "kind": "Picky",
                "times": 1,
                "layers": [spec.to_json()["layers"][2]["layers"][1]["layers"][0], {"kind": "Scaled", "factor": 0.25}],
            },
        ],
    }
