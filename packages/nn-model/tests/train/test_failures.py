"""What goes wrong inside training: what is said, and what is left."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, Frame, LeakyReLU, Plan, Propagate, ReLU
from nn_loss import CrossEntropy
from nn_model import NN, load
from nn_model.errors import CallbackError, CheckpointError, DataError, DivergedError, PartError, RateError
from nn_model.train import Callback, Checkpoint, EarlyStopping, Event, LearningRate, NaNGuard, Rate, Stop
from nn_optim import SGD, Adam, StepDecay

Array = np.ndarray[Any, np.dtype[Any]]
MakeNetwork = Callable[..., NN]


def at(kind: str, step: int, act: Callable[[Event], Any]) -> Callback:
    """Give a callback that acts at one event."""

    def callback(event: Event) -> Any:
        return act(event) if (event.kind, event.step) == (kind, step) else None

    callback.every = 1  # type: ignore[attr-defined]  # any callback may have it
    return callback


def fail(event: Event) -> None:
    raise KeyError(f"at {event.kind}")


def spoil(event: Event) -> None:
    event.nn.theta[0] = np.nan


def test_divergence_names_epoch_step_rate_and_layer_and_keeps_the_files(x: Array, y: Array, tmp_path: Path) -> None:
    nn = NN([Dense(4, 8), ReLU(), Dense(8, 3)], CrossEntropy(), SGD(StepDecay(0.5, 100)))
    seen: list[Event] = []
    told: list[Callback] = [seen.append, at("steps", 13, lambda _: Rate(1e30)), Checkpoint(tmp_path, every_steps=2)]
    with pytest.raises(DivergedError) as found:
        nn.fit(x, y, epochs=4, batch_size=8, validation_split=0.2, callbacks=told, verbose=False)
    text = str(found.value)
    assert "training diverged at epoch 4, step 15 (lr 1e+30): the loss is " in text
    assert "layers[2]: Dense(8, 3) gives an output that is not finite" in text
    assert "; the update was not made; lower the rate, clip the gradient" in text
    assert nn.run is not None
    assert len(nn.run.history) == 3
    assert nn.run.history.reason == f"DivergedError: {text}"
    assert (seen[-1].kind, seen[-1].failed, seen[-1].step) == ("end", True, 14)
    last, best = load(tmp_path / "last.safetensors"), load(tmp_path / "best.safetensors")
    assert (last.step, best.step) == (14, 4 * nn.run.history.best().epoch)
    assert np.isfinite(best.theta).all()


def test_early_stopping_leaves_a_diverged_network_as_evidence(x: Array, y: Array) -> None:
    nn = NN([Dense(4, 3)], CrossEntropy(), SGD(0.5))
    stopping = EarlyStopping("train_loss")
    with pytest.raises(DivergedError, match=r"epoch 2, step 7 .*layers\[0\]: Dense\(4, 3\) has parameters"):
        nn.fit(x, y, epochs=4, batch_size=8, callbacks=[stopping, at("steps", 6, spoil)], verbose=False)
    assert np.isnan(nn.theta[0])
    assert stopping.best.epoch == 1


def test_parameters_are_looked_through_at_the_end_of_an_epoch(x: Array, y: Array, tmp_path: Path) -> None:
    nn = NN([Dense(4, 3)], CrossEntropy(), SGD(0.25))
    told = [at("steps", 10, spoil), Checkpoint(tmp_path)]
    with pytest.raises(DivergedError) as found:
        nn.fit(x, y, epochs=4, batch_size=8, callbacks=told, verbose=False)
    assert str(found.value).startswith(
        "training diverged at epoch 2, step 10 (lr 0.25): after this update layers[0]: Dense(4, 3) has parameters that "
        "are not finite; lower the rate"
    )
    assert load(tmp_path / "last.safetensors").step == 5


def test_the_guard_finds_parameters_sooner(x: Array, y: Array) -> None:
    nn = NN([Dense(4, 3), ReLU(), Dense(3, 3)], CrossEntropy(), SGD(0.25))
    with pytest.raises(DivergedError, match=r"at epoch 1, step 4 \(lr 0.25\): after this update layers\[0\]"):
        nn.fit(x, y, batch_size=2, callbacks=[at("steps", 4, spoil), NaNGuard(every=2)], verbose=False)


def test_the_guard_finds_state_and_a_running_loss(network: MakeNetwork, x: Array, y: Array) -> None:
    def spoil_state(event: Event) -> None:
        event.nn.state[1] = np.inf

    with pytest.raises(DivergedError, match=r"at epoch 1, step 2 \(lr 0.02\): layers.1.mean is not finite"):
        network().fit(x, y, batch_size=8, callbacks=[at("steps", 2, spoil_state), NaNGuard(every=1)], verbose=False)

    def spoil_sum(event: Event) -> None:
        assert event.nn.run is not None
        event.nn.run.sums[0] = np.inf

    with pytest.raises(DivergedError, match=r"step 3 \(lr 0.02\): the sum of the epoch's losses is not finite"):
        network().fit(x, y, batch_size=8, callbacks=[at("steps", 2, spoil_sum), NaNGuard(every=3)], verbose=False)
    with pytest.raises(PartError, match="every must be a whole number of at least 1; got 0"):
        NaNGuard(every=0)
    assert network().fit(x, y, epochs=2, batch_size=8, callbacks=[NaNGuard(every=2)], verbose=False).rows


@dataclass(frozen=True)
class Residual:
    """y = x + the layers inside, of x."""

    layers: tuple[Propagate, ...]

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        return Plan(in_shape, inner=self.layers)

    def forward(self, f: Frame) -> Iterator[tuple[Any, ...]]:
        for layer, inside in zip(self.layers, f.inner, strict=True):
            yield from layer.forward(inside)
        yield np.add, f.x, f.inner[-1].y, f.y

    def backward(self, f: Frame) -> Iterator[tuple[Any, ...]]:
        for layer, inside in reversed(list(zip(self.layers, f.inner, strict=True))):
            yield from layer.backward(inside)
        if f.dx is not None:
            yield np.add, f.dy, f.inner[0].dx, f.dx


def named(found: pytest.WarningsRecorder) -> list[str]:
    return [str(warning.message).partition(" gave")[0] for warning in found]


def test_a_dead_layer_is_named_once(x: Array, y: Array) -> None:
    nn = NN([Dense(4, 8), ReLU(), Dense(8, 3), ReLU(), Dense(3, 3)], CrossEntropy(), Adam(1e-6))
    nn.set_weights({"layers.0.b": np.full(8, -1e3), "layers.2.b": np.ones(3)})
    with pytest.warns(UserWarning, match=r"gave 0 for all 8 rows looked at when the epoch ended, so no gr") as found:
        nn.fit(x, y, epochs=3, batch_size=8, verbose=False)
    assert named(found) == ["layers[1]: ReLU()"]


def test_row_101_a_dead_layer_inside_others_is_named_with_its_path(x: Array, y: Array) -> None:
    def block(*more: Propagate) -> Residual:
        return Residual((Dense(4, 5), ReLU(), *more, Dense(5, 4)))

    layers: list[Propagate] = [Dense(4, 4), ReLU()]
    layers += [block(), block(Residual((LeakyReLU(), Dense(5, 5), ReLU()))), Dense(4, 3)]
    nn = NN(layers, CrossEntropy(), Adam(1e-6))
    dead, alive = np.full(5, -1e3), np.ones(5)
    nn.set_weights({"layers.2.0.b": dead, "layers.3.0.b": alive, "layers.3.2.1.b": dead})
    with pytest.warns(UserWarning, match="take LeakyReLU or ELU") as found:
        nn.fit(x, y, epochs=3, batch_size=8, verbose=False)
    assert named(found) == ["layers[2][1]: ReLU()", "layers[3][2][2]: ReLU()"]


@pytest.mark.parametrize(
    ("silent", "batch_size", "rows"),
    [
        (5, 8, None),  # a last batch of 5, after one that answers
        (8, 8, 8),
        (7, 8, None),
        (1, 36, None),
        (37, 36, 36),
        (37, 64, 37),
        (36, 64, None),
    ],
)
def test_a_layer_is_judged_by_as_many_rows_as_a_full_batch_has(
    x: Array, y: Array, silent: int, batch_size: int, rows: int | None
) -> None:
    x = np.abs(x)
    x[-silent:] *= -1
    nn = NN([ReLU(), Dense(4, 3)], CrossEntropy(), Adam(1e-3), input_shape=(4,))
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        nn.fit(x, y, epochs=2, batch_size=batch_size, shuffle=False, verbose=False)
    said = [str(warning.message).partition(" rows")[0] for warning in found]
    assert said == ([f"layers[0]: ReLU() gave 0 for all {rows}"] if rows else [])


def test_a_run_resumed_in_its_short_last_batch_is_judged_by_that(x: Array, y: Array) -> None:
    x = -np.abs(x)
    nn = NN([ReLU(), Dense(4, 3)], CrossEntropy(), Adam(1e-3), input_shape=(4,))
    options: dict[str, Any] = {"batch_size": 8, "shuffle": False, "verbose": False}
    nn.fit(x, y, callbacks=[at("steps", 4, lambda _: Stop("enough"))], **options)
    with pytest.warns(UserWarning, match="all 5 rows") as found:
        nn.fit(x, y, resume=True, **options)
    assert named(found) == ["layers[0]: ReLU()"]


@pytest.mark.parametrize(("kind", "step"), [("start", 0), ("steps", 1), ("steps", 5), ("steps", 7), ("epoch", 10)])
def test_a_callback_that_fails_is_named_and_the_run_goes_on_exactly(
    kind: str, step: int, network: MakeNetwork, x: Array, y: Array, recorder: Any
) -> None:
    one, other = network(), network()
    before, behind = recorder(), recorder()
    options: dict[str, Any] = {"epochs": 3, "batch_size": 8, "validation_split": 0.2, "verbose": False}
    options |= {"validation_split": None, "validation_data": (x[:5], y[:5])}
    with pytest.raises(CallbackError) as found:
        one.fit(x, y, callbacks=[before, at(kind, step, fail), behind], **options)
    assert (
        f"the callback callback failed at {kind!r}, epoch {step // 5 if kind == 'epoch' else step // 6}, step {step}: "
        in str(found.value)
    )
    assert "KeyError('at " in str(found.value)
    assert isinstance(found.value.__cause__, KeyError)
    assert before.seen[-1][0] == behind.seen[-1][0] == "end"
    assert before.events[-1].failed
    assert behind.events[-1].reason is not None
    assert behind.events[-1].reason.startswith("CallbackError: the callback")
    one.fit(x, y, resume=True, **options)
    other.fit(x, y, **options)
    assert one.theta.tobytes() == other.theta.tobytes()
    assert one.run is not None
    assert other.run is not None
    assert one.run.history.train_loss == other.run.history.train_loss
    assert one.run.history.val_loss == other.run.history.val_loss


def test_the_last_checkpoint_is_kept_when_a_callback_fails(
    network: MakeNetwork, x: Array, y: Array, tmp_path: Path
) -> None:
    nn = network()
    with pytest.raises(CallbackError):
        nn.fit(x, y, epochs=3, batch_size=8, callbacks=[Checkpoint(tmp_path), at("steps", 7, fail)], verbose=False)
    assert load(tmp_path / "last.safetensors", custom=[type(nn.layers[1])]).step == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best.safetensors", "last.safetensors"]


def test_one_that_fails_at_the_end_keeps_nobody_from_being_told(
    network: MakeNetwork, x: Array, y: Array, recorder: Any
) -> None:
    behind = recorder()
    with pytest.raises(CallbackError, match="failed at 'end', epoch 1, step 5: KeyError"):
        network().fit(x, y, batch_size=8, callbacks=[at("end", 5, fail), behind], verbose=False)
    assert (behind.seen[-1][0], behind.events[-1].failed) == ("end", False)
    with pytest.raises(CallbackError, match="failed at 'steps'") as found:
        network().fit(x, y, batch_size=8, callbacks=[at("steps", 2, fail), at("end", 2, fail)], verbose=False)
    assert "and then: the callback callback failed at 'end'" in found.value.__notes__[0]


def test_errors_of_ours_go_through_and_name_the_callback(network: MakeNetwork, x: Array, y: Array) -> None:
    for kind in (CheckpointError, DataError, DivergedError, PartError):

        def refuse(event: Event, kind: type[Exception] = kind) -> None:
            raise kind(f"no {event.kind}")

        with pytest.raises(kind, match="no start") as found:
            network().fit(x, y, callbacks=[refuse], verbose=False)
        assert found.value.__notes__[0] == "the callback refuse failed at 'start', epoch 0, step 0"


BAD: Any = ("1", None)  # for arguments that would not take them otherwise


@pytest.mark.parametrize(
    "answer", [True, "stop", 0.1, Rate(-1.0), Rate(float("nan")), Rate(True), Rate(BAD[0]), Stop(BAD[1])]
)
def test_an_answer_that_is_none_is_refused(answer: Any, network: MakeNetwork, x: Array, y: Array) -> None:
    with pytest.raises(
        CallbackError, match=r"callback callback failed at 'steps', epoch 0, step 1.*an answer is None, Stop"
    ):
        network().fit(x, y, batch_size=8, callbacks=[at("steps", 1, lambda _: answer)], verbose=False)


def test_answers_are_heeded(network: MakeNetwork, x: Array, y: Array) -> None:
    nn = network()
    told = [
        at("epoch", 5, lambda _: Rate(0)),
        at("epoch", 10, lambda _: Rate(np.float32(0.5))),  # type: ignore[arg-type]  # any number will do
        at("steps", 12, lambda _: Rate(None)),
        at("epoch", 15, lambda _: Stop("enough")),
        at("epoch", 15, lambda _: Stop("more than enough")),
    ]
    history = nn.fit(x, y, epochs=5, batch_size=8, callbacks=told, verbose=False)
    assert [row.lr for row in history] == [0.02, 0.0, 0.02]
    assert history.reason == "enough"
    assert nn.run is not None
    assert nn.run.lr is None


def test_a_schedule_that_gives_no_rate_is_named(x: Array, y: Array) -> None:
    nn = NN([Dense(4, 3)], CrossEntropy(), SGD(StepDecay(0.1, 1)))
    with pytest.raises(CallbackError, match=r"LearningRate failed at 'steps', epoch 0, step 2.*answered Rate\(lr=-1\)"):
        nn.fit(x, y, batch_size=8, callbacks=[LearningRate(lambda i: 1 - i, per="step")], verbose=False)
    assert np.isfinite(nn.theta).all()


def test_callbacks_must_be_a_list_of_callbacks(network: MakeNetwork, x: Array, y: Array) -> None:
    class Every:
        every = 0

        def __call__(self, event: Event) -> None: ...

    cases: list[tuple[Any, str]] = [
        (EarlyStopping("train_loss"), r"callbacks must be a list; got .*; write callbacks=\[\.\.\.\]"),
        ([EarlyStopping], r"callbacks\[0\] is the class EarlyStopping; write EarlyStopping\(\.\.\.\)"),
        ([print, 3], r"callbacks\[1\] must be a callback, which can be called with an event; got 3"),
        ([Every()], r"callbacks\[0\]\.every must be a whole number of at least 1; got 0"),
    ]
    for callbacks, message in cases:
        with pytest.raises(PartError, match=message):
            network().fit(x, y, callbacks=callbacks, verbose=False)


def test_events_say_where_training_stands(network: MakeNetwork, x: Array, y: Array, recorder: Any) -> None:
    by_two, saver = recorder(every=2), recorder()
    saver.saves = True
    order: list[str] = []
    told = [
        saver,
        by_two,
        lambda event: order.append(f"{event.kind} {len(saver.seen)}"),
    ]
    network().fit(x, y, epochs=2, batch_size=8, validation_split=0.2, callbacks=told, verbose=False)
    assert order[0] == "start 0", "those that save are told last"
    assert by_two.seen == [
        ("start", 0, 0, 0),
        ("steps", 0, 2, 2),
        ("steps", 0, 4, 4),
        ("epoch", 1, 0, 4),
        ("steps", 1, 2, 6),
        ("steps", 1, 4, 8),
        ("epoch", 2, 0, 8),
        ("end", 2, 0, 8),
    ]
    first, last = by_two.events[0], by_two.events[-2]
    assert (first.epochs, first.batches, first.lr, first.fresh, first.validation) == (2, 4, 0.0, True, True)
    assert np.isnan(first.loss)
    assert last.row is last.history.rows[-1]
    assert (last.loss, last.lr) == (last.row.train_loss, 0.02)
    with pytest.raises(AttributeError):
        first.epoch = 3


def test_a_negative_rate_from_an_own_schedule_is_refused(x: Array, y: Array, still: Any) -> None:
    object.__setattr__(still, "lr", lambda step: 0.1 - step)
    nn = NN([Dense(4, 3)], CrossEntropy(), still)
    with pytest.raises(
        RateError, match=r"lr must be a finite number of at least 0; the schedule gives -0\.9 at step 1"
    ):
        nn.fit(x, y, batch_size=8, verbose=False)
