"""EarlyStopping and ReduceOnPlateau: what they count, what they keep."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from nn_layers import Dense
from nn_loss import MSE
from nn_model import NN
from nn_model.errors import PartError
from nn_model.train import Callback, EarlyStopping, Event, LearningRate, Rate, ReduceOnPlateau, Row, Stop
from nn_optim import SGD, Adam, StepDecay

Array = np.ndarray[Any, np.dtype[Any]]
MakeNetwork = Callable[..., NN]


def rows(losses: list[float | None], accuracies: list[float] | None = None) -> list[Row]:
    return [
        Row(i + 1, loss or 0.0, 0.5, 0.1, loss, accuracies[i] if accuracies else 0.5, 0.8)
        for i, loss in enumerate(losses)
    ]


@pytest.fixture
def play(network: MakeNetwork) -> Callable[[Any, list[Row]], list[Any]]:
    """Give what tells a callback a run's rows, one after the other, and collects its answers."""
    nn = network()

    def told(callback: Any, run: list[Row]) -> list[Any]:
        def event(kind: Any, row: Row | None) -> Event:
            epoch = row.epoch if row else 0
            history: Any = None
            return Event(kind, nn, epoch, 99, 0, 1, epoch, 0.5, 0.8, history, validation=True, row=row)

        return [callback(event("start", None)), *(callback(event("epoch", row)) for row in run)]

    return told


def test_it_stops_after_patience_epochs_without_improvement(play: Any) -> None:
    answers = play(EarlyStopping(patience=3), rows([1.0, 0.9, 0.9, 0.95, 0.91]))
    assert answers[:-1] == [None] * 5
    assert answers[-1] == Stop("early stopping triggered after epoch 5 (no improvement for 3 epochs)")
    answers = play(EarlyStopping(patience=1), rows([1.0, 1.0]))
    assert answers[-1] == Stop("early stopping triggered after epoch 2 (no improvement for 1 epoch)")


@pytest.mark.parametrize(
    ("options", "losses", "stops"),
    [
        ({"min_delta": 0.0}, [1.0, 0.9995, 0.999, 0.9985], None),
        ({"min_delta": 0.001}, [1.0, 0.9995, 0.9992, 0.999], 4),
        ({"min_delta": 0.001}, [1.0, 0.9995, 0.9985, 0.998, 0.9979], None),
        ({"min_delta": 0.25}, [1.0, 0.75, 0.7, 0.5], None),
        ({}, [1.0, float("nan"), float("inf"), float("nan")], 4),
        ({}, [float("nan"), 1.0, 2.0, 2.0], None),
        ({"monitor": "train_loss"}, [3.0, 3.0, 3.0, 3.0], 4),
    ],
)
def test_an_improvement_is_better_by_more_than_min_delta(
    options: dict[str, Any], losses: list[float | None], stops: int | None, play: Any
) -> None:
    answers = play(EarlyStopping(**{"patience": 3, **options}), rows(losses))
    assert [i for i, answer in enumerate(answers) if answer] == ([stops] if stops else [])


def test_accuracy_is_better_when_higher(play: Any) -> None:
    stopping = EarlyStopping("val_accuracy", patience=2, min_delta=0.01)
    answers = play(stopping, rows([1.0, 2.0, 3.0, 4.0, 5.0], [0.5, 0.6, 0.605, 0.7, 0.65]))
    assert answers == [None] * 6
    assert (stopping.best.value, stopping.best.epoch, stopping.best.waited) == (0.7, 4, 1)


def test_the_best_epoch_is_put_back(network: MakeNetwork, x: Array, y: Array) -> None:
    thetas: list[tuple[bytes, bytes]] = []

    def keep(event: Event) -> None:
        if event.kind == "epoch":
            thetas.append((event.nn.theta.tobytes(), event.nn.state.tobytes()))

    for restore_best in (True, False):
        thetas.clear()
        nn, stopping = network(Adam(0.3)), EarlyStopping(patience=2, restore_best=restore_best)
        told: list[Callback] = [keep, stopping]
        history = nn.fit(x, y, epochs=50, batch_size=10, validation_split=0.3, callbacks=told, verbose=False)
        best = history.best()
        assert len(history) == best.epoch + 2 < 50
        assert history.reason == f"early stopping triggered after epoch {len(history)} (no improvement for 2 epochs)"
        expected = thetas[best.epoch - 1] if restore_best else thetas[-1]
        assert (nn.theta.tobytes(), nn.state.tobytes()) == expected


def test_the_best_so_far_survives_a_restart(play: Any) -> None:
    losses: list[float | None] = [1.0, 0.5, 0.7, 0.6, 0.55]
    whole = play(EarlyStopping(patience=3), rows(losses))
    for stop in range(1, 5):
        first, second = EarlyStopping(patience=3), EarlyStopping(patience=3)
        play(first, rows(losses)[:stop])
        play(second, [])
        second.restore(json.loads(json.dumps(first.state())))
        second.restore_arrays(first.arrays())
        event = play(lambda event: event, rows(losses)[stop:])[1:]
        assert [second(e) for e in event] == whole[stop + 1 :]
        assert second.best.value == 0.5


def test_state_is_as_large_as_it_must_be(network: MakeNetwork, play: Any) -> None:
    with_arrays, without = EarlyStopping(), EarlyStopping(restore_best=False)
    for stopping in (with_arrays, without):
        play(stopping, rows([1.0]))
    assert without.state() == {"value": 1.0, "epoch": 1, "waited": 0, "exchanged": False, "mark": ""}
    assert with_arrays.state() == without.state()
    assert without.arrays() == {}
    kept = with_arrays.arrays()
    assert {name: array.shape for name, array in kept.items()} == {
        name: array.shape for name, array in network().weights().items()
    }
    again = EarlyStopping()
    again.restore_arrays(kept)
    assert not any(np.shares_memory(array, kept[name]) for name, array in again.arrays().items())


def test_what_cannot_be_monitored_is_refused_before_training(network: MakeNetwork, x: Array, y: Array) -> None:
    for callback, name in ((EarlyStopping(), "EarlyStopping"), (ReduceOnPlateau(), "ReduceOnPlateau")):
        nn = network()
        with pytest.raises(PartError, match=f"{name} monitors val_loss, and there are no validation rows; give fit"):
            nn.fit(x, y, callbacks=[callback], verbose=False)
        assert nn.step == 0
    values = NN([Dense(4, 4)], MSE(), SGD())
    with pytest.raises(PartError, match="monitors val_accuracy, and regression has none; take monitor='val_loss'"):
        values.fit(x, x, validation_split=0.1, callbacks=[EarlyStopping("val_accuracy")], verbose=False)


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (
            EarlyStopping,
            {"monitor": "loss"},
            "monitor must be 'val_loss' or 'val_accuracy' or 'train_loss'; got 'loss'",
        ),
        (EarlyStopping, {"monitor": 3}, "monitor must be 'val_loss' or .*; got 3"),
        (EarlyStopping, {"patience": -1}, "patience must be a whole number of at least 1; got -1"),
        (EarlyStopping, {"patience": 1.5}, "patience must be a whole number of at least 1; got 1.5"),
        (EarlyStopping, {"min_delta": -0.1}, "min_delta must be a finite number of at least 0; got -0.1"),
        (EarlyStopping, {"min_delta": float("nan")}, "min_delta must be a finite number of at least 0; got nan"),
        (EarlyStopping, {"restore_best": "no"}, "restore_best must be True or False; got 'no'"),
        (ReduceOnPlateau, {"factor": 1.0}, "factor must be a number between 0 and 1; got 1.0"),
        (ReduceOnPlateau, {"factor": "half"}, "factor must be a number between 0 and 1; got 'half'"),
        (ReduceOnPlateau, {"patience": 0}, "patience must be a whole number of at least 1; got 0"),
        (ReduceOnPlateau, {"min_lr": float("inf")}, "min_lr must be a finite number of at least 0; got inf"),
        (LearningRate, {"schedule": 0.1}, "schedule must be a schedule or function, number -> rate; got 0.1"),
        (LearningRate, {"schedule": abs, "per": "batch"}, "per must be 'epoch' or 'step'; got 'batch'"),
    ],
)
def test_arguments_are_checked(kind: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(PartError, match=message):
        kind(**options)


def test_the_rate_falls_on_a_plateau_and_not_below_its_least(play: Any) -> None:
    losses: list[float | None] = [1.0, 0.9, 0.9, 0.9, 0.9, 0.95, 0.8, 0.8, 0.8]
    answers = play(ReduceOnPlateau(factor=0.25, patience=2), rows(losses))[1:]
    assert [i + 1 for i, answer in enumerate(answers) if answer] == [4, 6, 9]
    assert answers[3] == Rate(0.2)
    assert play(ReduceOnPlateau(patience=1, min_lr=0.5), rows([1.0, 1.0]))[-1] == Rate(0.5)
    assert play(ReduceOnPlateau(patience=1, min_lr=5.0), rows([1.0, 1.0]))[-1] == Rate(0.8)


def test_a_lower_rate_is_used_and_stays(x: Array, y: Array) -> None:
    nn = NN([Dense(4, 3)], MSE(), SGD(0.5), task="classification")
    told = [ReduceOnPlateau("train_loss", factor=0.5, patience=1)]
    frozen: list[Any] = [lambda event: Rate(0.0) if event.kind == "start" else None, *told]
    assert [row.lr for row in nn.fit(x, y, epochs=3, callbacks=frozen, verbose=False)] == [0.0] * 3
    history = nn.fit(x, y, epochs=200, batch_size=4, callbacks=told, verbose=False)
    rates = [row.lr for row in history]
    assert rates[0] == 0.5
    assert rates[-1] < 0.1
    assert all(b in (a, a / 2) for a, b in pairwise(rates))


def test_a_schedule_per_epoch_and_per_step(x: Array, y: Array) -> None:
    seen: list[float] = []

    def rate(event: Event) -> None:
        if event.kind == "steps":
            seen.append(event.lr)

    rate.every = 1  # type: ignore[attr-defined]  # any callback may have it
    nn = NN([Dense(4, 3)], MSE(), SGD(9.0), task="classification")
    nn.train_step(x[:1], y[:1])
    for per, expected in (("epoch", [0.5] * 10 + [0.25] * 5), ("step", [0.5] * 2 + [0.25] * 2 + [0.125] * 2)):
        seen.clear()
        told: list[Any] = [LearningRate(StepDecay(0.5, 2, gamma=0.5), per), rate]  # type: ignore[arg-type]  # one of the two
        nn.fit(x, y, epochs=3, batch_size=8, callbacks=told, verbose=False)
        assert seen[: len(expected)] == expected
