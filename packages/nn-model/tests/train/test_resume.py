"""A run that was stopped and gone on with equals one that never stopped, bit for bit, wherever it was stopped."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, ReLU
from nn_loss import MSE, CrossEntropy
from nn_model import NN, load
from nn_model.checkpoint import capture, write
from nn_model.errors import CheckpointError, DataError, PartError, ShapeError
from nn_model.train import Checkpoint, CSVLog, EarlyStopping, Event, LearningRate, Metric, ReduceOnPlateau, Stop
from nn_model.train.run import Run
from nn_optim import SGD, Adam, Momentum, Nadam, OneCycle, Optimizer, StepDecay

Array = np.ndarray[Any, np.dtype[Any]]
MakeNetwork = Callable[..., NN]

EPOCHS, BATCHES = 3, 4
STEPS = EPOCHS * BATCHES
OPTIMIZERS = [Momentum(StepDecay(0.05, 5)), Adam(OneCycle(0.1, STEPS)), Nadam(0.02)]


@dataclass
class Counter:
    """A callback of a user that counts, and keeps what it counted."""

    count: int = 0

    def __call__(self, event: Event) -> None:
        self.count += event.kind in ("steps", "epoch")

    def state(self) -> dict[str, Any]:
        return {"count": self.count}

    def restore(self, state: dict[str, Any]) -> None:
        self.count = state["count"]


def callbacks(x: Array, y: Array) -> list[Any]:
    """Give callbacks with counters: validation gets worse often here, so that all of them act."""
    counter = Counter()
    counter.every = 1  # type: ignore[attr-defined]  # any callback may have it
    metric = Metric("wrong", lambda targets, answers: (targets != answers).sum(), x, y, outputs="answers")
    return [EarlyStopping(patience=2), ReduceOnPlateau("train_loss", patience=1), metric, counter]


def train(nn: NN, x: Array, y: Array, told: list[Any], **options: Any) -> NN:
    nn.fit(x, y, epochs=EPOCHS, batch_size=8, validation_split=0.25, callbacks=told, verbose=False, **options)
    return nn


def by_copy(nn: NN, make: Callable[[], NN], folder: Path) -> NN:  # noqa: ARG001  # one signature for all ways
    """Carry everything over in memory, the run as JSON."""
    assert nn.run is not None
    other = make()
    own = other.core
    own.vectors.theta[...], own.vectors.state[...] = nn.theta, nn.state
    for name, slot in nn.core.update.frame.slots.items():
        own.update.frame.slots[name][...] = slot
    own.update.frame.step[...] = nn.step
    for path, rng in nn.core.generators.made.items():
        own.generators(path).bit_generator.state = rng.bit_generator.state
    kept = {key: {name: array.copy() for name, array in named.items()} for key, named in nn.run.arrays().items()}
    other.run = Run.from_dict(json.loads(json.dumps(nn.run.to_dict())), kept)
    return other


def by_file(suffix: str) -> Callable[[NN, Callable[[], NN], Path], NN]:
    def carry(nn: NN, make: Callable[[], NN], folder: Path) -> NN:  # noqa: ARG001  # one signature for all ways
        nn.save(folder / f"run{suffix}")
        return load(folder / f"run{suffix}", custom=[type(nn.layers[1])])

    return carry


WAYS = {"memory": by_copy, "safetensors": by_file(".safetensors"), "json": by_file(".json")}


def everything(nn: NN, told: list[Any]) -> dict[str, Any]:
    """Give all numbers of a network and its run, times left out."""
    assert nn.run is not None
    kept = nn.run.to_dict()
    for row in kept["history"]["rows"]:
        row["train_time"] = 0.0
    return {
        "vectors": (nn.theta.tobytes(), nn.state.tobytes()),
        "slots": {name: slot.tobytes() for name, slot in nn.core.update.frame.slots.items()},
        "step": nn.step,
        "generators": {path: str(rng.bit_generator.state) for path, rng in nn.core.generators.made.items()},
        "history": kept["history"],
        "lr": kept["lr"],
        "callbacks": [callback.state() for callback in told if hasattr(callback, "state")],
        "kept": {
            key: {name: array.tobytes() for name, array in named.items()} for key, named in nn.run.arrays().items()
        },
    }


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: optimizer.kind)
def test_stopped_at_every_step(
    optimizer: Optimizer, way: str, network: MakeNetwork, x: Array, y: Array, tmp_path: Path, recorder: Any
) -> None:
    told = callbacks(x, y)
    whole = everything(train(network(optimizer), x, y, told), told)
    assert whole["step"] == STEPS
    assert set(whole["kept"]["EarlyStopping"]) == set(network().weights())
    assert whole["callbacks"][-1]["count"] == STEPS + EPOCHS
    for step in range(1, STEPS):
        nn = train(network(optimizer), x, y, [*callbacks(x, y), recorder(stop_at=step, every=1)])
        assert nn.step == step
        carried = WAYS[way](nn, lambda: network(optimizer), tmp_path)
        told = callbacks(x, y)
        assert everything(train(carried, x, y, told, resume=True), told) == whole, f"stopped at step {step}"


@pytest.mark.parametrize("fresh_callbacks", [True, False])
def test_in_one_process_and_stopped_at_every_step_in_turn(
    fresh_callbacks: bool, network: MakeNetwork, x: Array, y: Array, recorder: Any
) -> None:
    told = callbacks(x, y)
    whole = everything(train(network(), x, y, told), told)
    nn, told = network(), callbacks(x, y)
    for step in range(1, STEPS + 1):
        told = callbacks(x, y) if fresh_callbacks else told
        train(nn, x, y, [*told, recorder(stop_at=step, every=1)], resume=nn.run is not None)
        assert nn.step == step
    train(nn, x, y, told, resume=True)
    assert everything(nn, told) == whole


def test_a_rate_set_by_a_schedule_of_the_run(network: MakeNetwork, x: Array, y: Array, recorder: Any) -> None:
    for per in ("epoch", "step"):
        schedule = LearningRate(lambda i: 0.1 / (1 + i), per=per)
        whole = everything(train(network(), x, y, [schedule]), [])
        for step in (1, 4, 5):
            nn = train(network(), x, y, [schedule, recorder(stop_at=step, every=1)])
            assert everything(train(nn, x, y, [schedule], resume=True), []) == whole


def test_more_epochs_after_the_last_equal_as_many_at_once(network: MakeNetwork, x: Array, y: Array) -> None:
    options: dict[str, Any] = {"batch_size": 8, "validation_split": 0.25, "verbose": False}
    one, other = network(Adam(0.2)), network(Adam(0.2))
    stopping = [EarlyStopping(patience=9) for _ in range(2)]
    one.fit(x, y, epochs=8, callbacks=stopping[:1], **options)
    other.fit(x, y, epochs=7, callbacks=stopping[1:], **options)
    assert stopping[1].best.epoch < 7
    history = other.fit(x, y, epochs=8, callbacks=stopping[1:], resume=True, **options)
    assert one.theta.tobytes() == other.theta.tobytes()
    assert [replace(row, train_time=0.0) for row in history] == [
        replace(row, train_time=0.0)
        for row in one.run.history  # type: ignore[union-attr]  # it was trained
    ]


def test_a_new_run_forgets_the_old_one(network: MakeNetwork, x: Array, y: Array) -> None:
    told = callbacks(x, y)
    nn = train(network(), x, y, told)
    theta = nn.theta.copy()
    assert len(train(nn, x, y, told).run.history) == EPOCHS  # type: ignore[union-attr]  # it was trained
    assert told[0].best.epoch <= EPOCHS
    assert nn.step == 2 * STEPS
    assert not np.array_equal(nn.theta, theta)


def test_without_a_run_there_is_nothing_to_resume(network: MakeNetwork, x: Array, y: Array) -> None:
    with pytest.raises(CheckpointError, match=r"there is no run to resume; load\(path\) gives a network with one"):
        train(network(), x, y, [], resume=True)


def test_a_path_is_no_answer_to_whether_to_resume(network: MakeNetwork, x: Array, y: Array) -> None:
    with pytest.raises(PartError, match=r"resume must be .*; got 'last.safetensors'"):
        network().fit(x, y, resume="last.safetensors")  # type: ignore[arg-type]  # the fault


def test_other_data_are_refused_even_if_nobody_saved_before(
    network: MakeNetwork, x: Array, y: Array, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"batch_size": 8, "verbose": False}
    nn = network()
    nn.fit(x, y, epochs=1, validation_data=(x, y), **options)
    nn.save(tmp_path / "m.json")

    def again() -> NN:
        return load(tmp_path / "m.json", custom=[type(nn.layers[1])])

    for other, held, message in (
        (x + 5, (x, y), "x, y or the weights have changed"),
        (x, (x[:9], y[:9]), "the validation data have changed"),
        (x, None, "the validation data have changed"),
    ):
        with pytest.raises(CheckpointError, match=message):
            again().fit(other, y, epochs=2, validation_data=held, resume=True, **options)
    assert len(again().fit(x, y, epochs=2, validation_data=(x, y), resume=True, **options)) == 2


def test_steps_by_hand_end_a_run(network: MakeNetwork, x: Array, y: Array) -> None:
    nn = train(network(), x, y, [])
    nn.train_step(x, y)
    with pytest.raises(CheckpointError, match=r"the run was left at step \d+ and the network is at step \d+"):
        train(nn, x, y, [], resume=True)


def test_a_run_that_has_stopped_early_stays_stopped(network: MakeNetwork, x: Array, y: Array) -> None:
    options: dict[str, Any] = {"epochs": 60, "batch_size": 8, "validation_split": 0.25, "verbose": False}
    nn, stopping = network(), EarlyStopping(patience=1, min_delta=1e9)
    done = len(nn.fit(x, y, callbacks=[stopping], **options))
    theta = nn.theta.copy()
    for _ in range(2):
        assert len(nn.fit(x, y, callbacks=[stopping], resume=True, **options)) == done
    assert np.array_equal(nn.theta, theta)


def test_the_best_weights_in_place_need_their_callback(
    network: MakeNetwork, x: Array, y: Array, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"batch_size": 8, "validation_split": 0.25, "verbose": False}
    nn = network()
    nn.fit(x, y, epochs=3, callbacks=[EarlyStopping(patience=9)], **options)
    nn.save(tmp_path / "m.safetensors")
    with pytest.raises(CheckpointError, match="best epoch's weights in place, by EarlyStopping; give that callback"):
        load(tmp_path / "m.safetensors", custom=[type(nn.layers[1])]).fit(x, y, epochs=4, resume=True, **options)


def test_weights_set_over_the_best_ones_are_not_lost(network: MakeNetwork, x: Array, y: Array) -> None:
    options: dict[str, Any] = {"batch_size": 8, "validation_split": 0.25, "verbose": False}
    nn, stopping = network(), EarlyStopping(patience=9)
    nn.fit(x, y, epochs=3, callbacks=[stopping], **options)
    nn.theta[...] = 0.0
    with pytest.raises(CheckpointError, match="the weights have changed since training ended with the best epoch"):
        nn.fit(x, y, epochs=5, callbacks=[stopping], resume=True, **options)
    assert not nn.theta.any()


def test_two_checkpoints_save_what_both_have_noted(network: MakeNetwork, x: Array, y: Array, tmp_path: Path) -> None:
    nn = network()
    both = [Checkpoint(tmp_path / "a"), Checkpoint(tmp_path / "b", monitor="train_loss")]
    nn.fit(x, y, epochs=3, batch_size=8, validation_split=0.25, callbacks=both, verbose=False)
    for folder in ("a", "b"):
        again = load(tmp_path / folder / "last.safetensors", custom=[type(nn.layers[1])])
        assert again.run is not None
        assert again.run.remembered == {"Checkpoint": both[0].state(), "Checkpoint:2": both[1].state()}


def test_files_of_another_folder_are_not_removed(network: MakeNetwork, x: Array, y: Array, tmp_path: Path) -> None:
    options: dict[str, Any] = {"batch_size": 8, "validation_split": 0.25, "verbose": False}
    nn = network()
    nn.fit(x, y, epochs=2, callbacks=[Checkpoint(tmp_path / "a", keep=2)], **options)
    other = tmp_path / "b" / "checkpoint_1.safetensors"
    other.parent.mkdir()
    other.write_bytes(b"somebody's")
    nn.fit(x, y, epochs=5, callbacks=[Checkpoint(tmp_path / "b", keep=2)], resume=True, **options)
    assert other.read_bytes() == b"somebody's"


@pytest.mark.parametrize("kind", [CSVLog, Checkpoint])
def test_two_of_a_kind_for_one_path_are_refused(
    kind: Any, network: MakeNetwork, x: Array, y: Array, tmp_path: Path
) -> None:
    with pytest.raises(PartError, match=rf"callbacks\[1\] is the second {kind.__name__} for .*; give each its own"):
        train(network(), x, y, [kind(tmp_path / "one"), kind(tmp_path / "one")])


def test_a_log_of_another_run_is_not_believed(network: MakeNetwork, x: Array, y: Array, tmp_path: Path) -> None:
    options: dict[str, Any] = {"batch_size": 8, "verbose": False}
    network().fit(x, y, epochs=1, callbacks=[CSVLog(tmp_path / "log.csv")], **options)
    nn = network(Adam(0.5))
    nn.fit(x, y, epochs=1, **options)
    before = (tmp_path / "log.csv").read_bytes()
    with pytest.raises(DataError, match=r"log.csv: line 2 is not that of epoch 1 of this run"):
        nn.fit(x, y, epochs=2, callbacks=[CSVLog(tmp_path / "log.csv")], resume=True, **options)
    assert (tmp_path / "log.csv").read_bytes() == before
    log = CSVLog(tmp_path / "log.csv", overwrite=True)
    history = nn.fit(x, y, epochs=2, callbacks=[log], resume=True, **options)
    history.to_csv(tmp_path / "whole.csv")
    assert (tmp_path / "log.csv").read_text() == (tmp_path / "whole.csv").read_text()


def test_other_blas_threads_are_warned_of(network: MakeNetwork, x: Array, y: Array, tmp_path: Path) -> None:
    options: dict[str, Any] = {"batch_size": 8, "verbose": False, "callbacks": [Checkpoint(tmp_path)]}
    nn = network()
    nn.fit(x, y, epochs=1, threads=1, **options)
    assert nn.run is not None
    assert nn.run.threads == 1
    nn.run.threads = 7
    with pytest.warns(UserWarning, match="the run was made with 7 BLAS threads, now there are 1; it goes on"):
        nn.fit(x, y, epochs=2, threads=1, resume=True, **options)


def test_another_numpy_is_warned_of(network: MakeNetwork, x: Array, y: Array, tmp_path: Path) -> None:
    nn = train(network(), x, y, [])
    snapshot = capture(nn)
    snapshot.run["made_with"]["numpy"] = "1.0"
    write(tmp_path / "m.json", snapshot)
    with pytest.warns(UserWarning, match="the file was written with NumPy 1.0, this is"):
        load(tmp_path / "m.json", custom=[type(nn.layers[1])])


def test_a_fault_in_validation_data_is_said_of_them(network: MakeNetwork, x: Array, y: Array) -> None:
    with pytest.raises(ShapeError, match=r"validation_data: layers\[0\].* takes x of shape"):
        network().fit(x, y, validation_data=(x[:, :1], y), verbose=False)


def test_the_best_of_a_large_network_fits_into_a_file(x: Array, y: Array, tmp_path: Path) -> None:
    nn = NN([Dense(x.shape[1], 150_000), ReLU(), Dense(150_000, 3)], CrossEntropy(), SGD())
    both: list[Any] = [EarlyStopping(), Checkpoint(tmp_path)]
    nn.fit(x, y, epochs=1, validation_split=0.25, callbacks=both, verbose=False)
    assert np.array_equal(load(tmp_path / "last.safetensors").theta, nn.theta)


def test_another_run_is_refused_by_name(network: MakeNetwork, x: Array, y: Array, recorder: Any) -> None:
    nn = network()
    options: dict[str, Any] = {"epochs": 2, "batch_size": 8, "validation_split": 0.25, "verbose": False}
    nn.fit(x, y, callbacks=[recorder(stop_at=3, every=1)], **options)
    theta = nn.theta.copy()
    for other, message in (
        ({"batch_size": 9}, "batch_size was 8, now 9"),
        ({"shuffle": False}, "shuffle was True, now False"),
        ({"validation_order": "last"}, "rows was 27, now 28; validation was '0.25 stratified', now '0.25 last'"),
        ({"validation_split": None}, "rows was 27, now 37; validation was '0.25 stratified', now 'none'"),
    ):
        with pytest.raises(CheckpointError, match=f"resumed with what it was started with; {message}; give the same"):
            nn.fit(x, y, resume=True, **{**options, **other})
    assert np.array_equal(nn.theta, theta)
    nn.fit(x, y, resume=True, **options)
    for rows, labels, weights in ((x + 1, y, None), (x, y[::-1], None), (x, y, np.ones(37))):
        with pytest.raises(CheckpointError, match="x, y or the weights have changed"):
            nn.fit(rows, labels, sample_weight=weights, resume=True, **options)
    assert nn.fit(x, y, resume=True, **options).rows


def test_the_file_of_a_run_without_checkpoints_knows_its_settings(
    network: MakeNetwork, x: Array, y: Array, tmp_path: Path
) -> None:
    nn = train(network(), x, y, [])
    nn.save(tmp_path / "nn.json")
    again = load(tmp_path / "nn.json", custom=[type(nn.layers[1])])
    with pytest.raises(CheckpointError, match="batch_size was 8, now 4"):
        again.fit(x, y, batch_size=4, validation_split=0.25, resume=True, verbose=False)


def test_regression_has_no_accuracy_to_save(x: Array, tmp_path: Path, recorder: Any) -> None:
    one, other = (NN([Dense(4, 1)], MSE(), SGD(0.1)) for _ in range(2))
    one.fit(x, x[:, :1], epochs=2, batch_size=8, verbose=False)
    other.fit(x, x[:, :1], epochs=2, batch_size=8, callbacks=[recorder(stop_at=7, every=1)], verbose=False)
    other.save(tmp_path / "nn.safetensors")
    again = load(tmp_path / "nn.safetensors")
    history = again.fit(x, x[:, :1], epochs=2, batch_size=8, resume=True, verbose=False)
    assert again.theta.tobytes() == one.theta.tobytes()
    assert [row.train_accuracy for row in history] == [None, None]


KEEPS = {"value": 1.0, "epoch": 1, "waited": 0, "exchanged": False, "mark": ""}


def good() -> dict[str, Any]:
    """Give what a run writes."""
    row = {"epoch": 1, "train_loss": 1.0, "train_accuracy": 0.5, "train_time": 0.1}
    return {
        "epoch": 1,
        "batch": 2,
        "sums": [1.0, 2.0, 3.0, 4.0],
        "seconds": 0.5,
        "lr": None,
        "torn": False,
        "step": 5,
        "threads": None,
        "engine": "numpy",
        "history": {
            "rows": [{**row, "val_loss": None, "val_accuracy": None, "lr": 0.1}],
            "reason": "enough",
            "metrics": {"MSE": [1.0]},
        },
        "fingerprint": {},
        "callbacks": {},
    }


def test_what_a_file_says_of_a_run_is_looked_at() -> None:
    assert Run.from_dict(good()).to_dict() == good()
    bad: list[tuple[str, Any, str]] = [
        ("engine", 1, "engine must be of the type str; got 1"),
        ("epoch", -1, "epoch must be at least 0; got -1"),
        ("epoch", 2**63, "epoch must be at least 0"),
        ("epoch", True, "epoch must be of the type int; got True"),
        ("batch", 1.5, "batch must be of the type int; got 1.5"),
        ("sums", [1.0], "sums must hold 4 numbers; got 1"),
        ("sums", "abcd", "sums must be of the type list"),
        ("sums", [1, 2, 3, "4"], "sums must be a number; got '4'"),
        ("seconds", -1.0, "seconds must be finite and at least 0; got -1.0"),
        ("lr", float("inf"), "lr must be finite"),
        ("torn", 0, "torn must be of the type bool"),
        ("history", [], "history must be of the type dict"),
        ("history", {"rows": [{"epoch": 1}], "reason": None}, "missing"),
        ("history", {"rows": [], "reason": 3}, "reason must be of the type str"),
        ("history", {"rows": [], "reason": None, "metrics": {"MSE": [1.0]}}, "a number for each of 0 epochs; got 1"),
        ("history", {"rows": [], "reason": None, "metrics": {"MSE": 1.0}}, "MSE must be of the type list"),
        ("callbacks", None, "callbacks must be of the type dict"),
    ]
    for name, value, message in bad:
        with pytest.raises((ValueError, TypeError), match=message):
            Run.from_dict({**good(), name: value})
    for name, value in (("epoch", 0.5), ("train_loss", None), ("lr", "0.1")):
        data = good()
        data["history"]["rows"][0][name] = value
        with pytest.raises(ValueError, match=f"{name} must be"):
            Run.from_dict(data)


def test_what_a_callback_cannot_take_back_is_said(network: MakeNetwork, x: Array, y: Array) -> None:
    nn = network()
    for state, message in (
        ({}, "KeyError"),
        ({"value": "low", "epoch": 1, "waited": 0}, "value must be a number; got 'low'"),
        ({**KEEPS, "exchanged": 1}, "exchanged must be of the type bool; got 1"),
        ({**KEEPS, "exchanged": True}, "the weights of the last epoch are missing"),
    ):
        nn.run = Run(remembered={"EarlyStopping": state})
        for _ in range(2):
            with pytest.raises(
                CheckpointError, match=f"remembers of the callback EarlyStopping does not fit it: .*{message}"
            ):
                train(nn, x, y, [EarlyStopping()], resume=True)


def test_what_was_kept_of_another_network_is_refused(network: MakeNetwork, x: Array, y: Array) -> None:
    nn = network()
    good = {name: array.copy() for name, array in nn.weights().items()}
    first = next(iter(good))
    for kept in (
        {"layers.0.w": np.zeros(1, "f4")},
        {**good, "more": good[first]},
        {**good, first: good[first][..., :1]},
        {**good, first: good[first].astype("f8")},
    ):
        nn.run = Run(epoch=1, remembered={"EarlyStopping": KEEPS}, kept={"EarlyStopping": kept})
        with pytest.raises(CheckpointError, match="remembers the best epoch of another network"):
            train(nn, x, y, [EarlyStopping()], resume=True)


def test_row_67_the_best_weights_as_text_are_refused_by_name(network: MakeNetwork, x: Array, y: Array) -> None:
    nn = network()
    nn.run = Run(remembered={"EarlyStopping": {**KEEPS, "kept": [["float32", "AAAAAA=="]] * 2}})
    with pytest.raises(CheckpointError, match="as text, which only versions before the first release wrote; the net"):
        train(nn, x, y, [EarlyStopping()], resume=True)


def test_arrays_of_a_callback_that_is_not_remembered_are_refused() -> None:
    with pytest.raises(ValueError, match="Nobody keeps arrays, and the run remembers no such callback"):
        Run.from_dict(good(), {"Nobody": {}})


@dataclass
class Average:
    """A callback of a user that keeps the mean of all epochs' parameters."""

    count: int = 0
    mean: dict[str, Array] = field(default_factory=dict)

    def __call__(self, event: Event) -> None:
        if event.kind == "epoch":
            self.count += 1
            for name, array in event.nn.weights().items():
                self.mean[name] = self.mean.get(name, 0 * array) * (1 - 1 / self.count) + array / self.count

    def state(self) -> dict[str, Any]:
        return {"count": self.count}

    def restore(self, state: dict[str, Any]) -> None:
        self.count = state["count"]

    def arrays(self) -> dict[str, Array]:
        return self.mean

    def restore_arrays(self, arrays: dict[str, Array]) -> None:
        self.mean = dict(arrays)


@pytest.mark.parametrize("way", WAYS)
def test_arrays_of_own_callbacks_are_kept(
    way: str, network: MakeNetwork, x: Array, y: Array, tmp_path: Path, recorder: Any
) -> None:
    def told() -> list[Any]:
        return [Average(), Average(), EarlyStopping(patience=9)]

    whole = everything(train(network(), x, y, told()), [])
    assert list(whole["kept"]) == ["Average", "Average:2", "EarlyStopping"]
    nn = train(network(), x, y, [*told(), recorder(stop_at=6, every=1)])
    carried = WAYS[way](nn, network, tmp_path)
    assert everything(train(carried, x, y, told(), resume=True), []) == whole


def test_the_history_of_an_earlier_call_stays_as_it_was(network: MakeNetwork, x: Array, y: Array) -> None:
    options: dict[str, Any] = {"batch_size": 8, "verbose": False}
    metric = Metric("one", lambda targets, outputs: len(targets) / len(outputs), x, y)
    nn = network()
    first = nn.fit(x, y, epochs=2, callbacks=[metric, lambda event: Stop("so") if event.epoch else None], **options)
    assert (len(first), first.reason, len(first.metrics["one"])) == (1, "so", 1)
    second = nn.fit(x, y, epochs=3, callbacks=[metric], resume=True, **options)
    assert (len(second), second.reason, len(second.metrics["one"])) == (3, None, 3)
    assert (len(first), first.reason, len(first.metrics["one"])) == (1, "so", 1)
    assert nn.run is not None
    assert second is nn.run.history


def test_two_callbacks_of_a_class_are_told_apart(network: MakeNetwork, x: Array, y: Array, recorder: Any) -> None:
    counters = [Counter(), Counter(100)]
    nn = train(network(), x, y, [*counters, recorder(stop_at=5, every=1)])
    again = [Counter(), Counter()]
    assert nn.run is not None
    nn.run = Run.from_dict(json.loads(json.dumps(nn.run.to_dict())))
    assert set(nn.run.remembered) == {"Counter", "Counter:2"}
    nn.fit(x, y, epochs=1, batch_size=8, validation_split=0.25, callbacks=again, resume=True, verbose=False)
    assert [counter.count for counter in again] == [counters[0].count, counters[1].count]
