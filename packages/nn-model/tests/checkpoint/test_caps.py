"""What is written is never refused when it is read: every cap of reading is looked at when a network is saved."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, Frame, Param, Plan, ReLU, Zeros
from nn_loss import MSE, BinaryCrossEntropy, CrossEntropy
from nn_model import NN, load
from nn_model.checkpoint import NetworkSpec, Snapshot, read, write
from nn_model.errors import CheckpointError, PartError
from nn_model.train import Checkpoint, EarlyStopping, Event
from nn_optim import SGD

Make = Callable[..., Snapshot]
SUFFIXES = [".json", ".safetensors"]


@dataclass(frozen=True)
class Many:
    """A layer with many arrays that do nothing."""

    count: int = 1
    shape: tuple[int, ...] = (1,)
    name: str = "p"

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        return Plan(in_shape, {f"{self.name}{i}": Param(self.shape, Zeros()) for i in range(self.count)})

    def forward(self, f: Frame) -> Iterator[tuple[Any, ...]]:
        yield np.copyto, f.y, f.x

    def backward(self, f: Frame) -> Iterator[tuple[Any, ...]]:
        yield np.copyto, f.dx, f.dy


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ((Many(10_000), Dense(1, 1)), "a file may hold at most 10,000 arrays; the network has 10,002"),
        ((Many(1, (1,) * 17), Dense(1, 1)), "layers.0.p0: an array may have at most 16 axes; found 17"),
        ((Many(1, name="p" * 200), Dense(1, 1)), "at most 200 letters; found 'layers.0.ppp"),
        ((ReLU(),) * 10_000 + (Dense(1, 1),), "layers must be a list of 1 to 10,000 layers; found 10,001 of them"),
    ],
)
def test_layers_beyond_the_caps(tmp_path: Path, suffix: str, layers: Any, message: str) -> None:
    snapshot = Snapshot(NetworkSpec(layers, MSE(), SGD(), input_shape=(1,)), {}, {})
    with pytest.raises(CheckpointError, match=message):
        write(tmp_path / f"a{suffix}", snapshot)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_as_many_arrays_as_may_be_come_back(tmp_path: Path, suffix: str) -> None:
    nn = NN([Dense(1, 1), Many(9_998)], MSE(), SGD())
    nn.fit(np.ones((4, 1)), np.ones((4, 1)), verbose=False)
    nn.save(tmp_path / f"a{suffix}")
    again = load(tmp_path / f"a{suffix}", custom=[Many])
    assert again.theta.tobytes() == nn.theta.tobytes()
    assert again.run is not None
    assert len(again.run.history) == 1


def test_a_header_that_holds_too_many_values(tmp_path: Path) -> None:
    nn = NN([Many(9_998, (1, 1, 1, 1)), Dense(1, 1)], MSE(), SGD())
    with pytest.raises(CheckpointError, match=r"the header may hold at most about 100,000 values; found 100,"):
        nn.save(tmp_path / "a.safetensors")
    nn.save(tmp_path / "a.json")
    assert load(tmp_path / "a.json", custom=[Many]).theta.tobytes() == nn.theta.tobytes()


@pytest.mark.parametrize("target", ["folder", "a.json", "a.safetensors"])
def test_what_callbacks_will_keep_is_counted_before_training(tmp_path: Path, target: str) -> None:
    nn, x = NN([Dense(1, 1), Many(6_000)], MSE(), SGD()), np.ones((4, 1))
    nn.save(tmp_path / "b.safetensors")
    both: list[Any] = [EarlyStopping("train_loss"), Checkpoint(tmp_path / target)]
    with pytest.raises(CheckpointError, match="a file may hold at most 10,000 arrays; the network has 12,004"):
        nn.fit(x, x, callbacks=both, verbose=False)
    assert nn.step == 0


class Wordy:
    """A callback that remembers too much."""

    def __call__(self, event: Event) -> None:
        """Nothing to do."""

    def state(self) -> dict[str, Any]:
        return {"text": "a" * 3_000_000}

    def restore(self, state: dict[str, Any]) -> None:
        """Nothing to do."""


@pytest.mark.parametrize("target", ["folder", "a.json"])
def test_a_state_that_is_too_long_is_found_before_training(tmp_path: Path, target: str) -> None:
    nn, x = NN([Dense(1, 1)], MSE(), SGD()), np.ones((4, 1))
    with pytest.raises(CheckpointError, match="run may take at most 2,097,152 bytes; found 3,00"):
        nn.fit(x, x, callbacks=[Wordy(), Checkpoint(tmp_path / target)], verbose=False)
    assert nn.step == 0


def test_too_many_classes(tmp_path: Path) -> None:
    nn = NN([Dense(1, 10_001)], CrossEntropy(), SGD())
    with pytest.raises(CheckpointError, match="spec: classes: list should have at most 10000 items"):
        nn.save(tmp_path / "a.safetensors")
    with pytest.raises(CheckpointError, match="spec: classes: list should have at most 10000 items"):
        nn.fit(np.ones((4, 1)), [0, 1, 2, 3], callbacks=[Checkpoint(tmp_path / "c")], verbose=False)
    assert nn.step == 0


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("classes", [(False, True), (True, False), (1, 0), ("yes", "no"), (np.True_, np.False_)])
def test_classes_come_back_as_they_are(tmp_path: Path, suffix: str, classes: tuple[Any, ...]) -> None:
    nn = NN([Dense(1, 1)], BinaryCrossEntropy(), SGD(), classes=classes)
    nn.fit([[1.0], [2.0]], [classes[0], classes[1]], verbose=False)
    nn.save(tmp_path / f"a{suffix}")
    again = load(tmp_path / f"a{suffix}")
    assert repr(again.classes) == repr(nn.classes)
    assert again.predict([[1.0], [-9.0]]).dtype == nn.predict([[1.0], [-9.0]]).dtype
    assert again.predict([[1.0], [-9.0]]).tolist() == nn.predict([[1.0], [-9.0]]).tolist()


def test_classes_of_several_kinds_are_refused_by_both(make_snapshot: Make, tmp_path: Path) -> None:
    with pytest.raises(PartError, match="classes must be a list of names"):
        NN([Dense(1, 1)], BinaryCrossEntropy(), SGD(), classes=[False, 1])
    with pytest.raises(CheckpointError, match="classes must be all text, all whole numbers or all booleans"):
        write(tmp_path / "a.json", make_snapshot(classes=[False, 1]))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_numbers_that_are_not_finite_as_deep_as_may_be(tmp_path: Path, make_snapshot: Make, suffix: str) -> None:
    run: Any = float("inf")
    for _ in range(62):
        run = {"a": run}
    write(tmp_path / f"a{suffix}", make_snapshot(run))
    assert read(tmp_path / f"a{suffix}").run == run
