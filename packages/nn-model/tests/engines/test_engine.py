"""The numba engine runs what the numpy engine runs: steps, epochs, and their ends."""

import signal
import threading
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("numba")

from nn_layers import Dense, Dropout, ElasticNet, He, Plan, ReLU
from nn_loss import MSE, CrossEntropy
from nn_model import NN, load
from nn_model.engines.numba.engine import make_driver
from nn_model.errors import DivergedError
from nn_model.train.source import make_source
from nn_model.train.stream import stream
from nn_optim import SGD, Adam, ClipNorm, ExponentialDecay

Array = np.ndarray[Any, np.dtype[Any]]
Make = Callable[..., NN]
Rows = tuple[Array, Array]
ONLINE: dict[str, Any] = {"batch_size": 1, "shuffle": False, "verbose": False}


def mlp(engine: str, **options: Any) -> NN:
    options = {"optimizer": Adam(0.01), "clip": ClipNorm(1.0)} | options
    penalty = ElasticNet(1e-4, 1e-4)
    return NN([Dense(4, 8, He(), penalty), ReLU(), Dropout(0.3), Dense(8, 3)], CrossEntropy(), engine=engine, **options)  # type: ignore[arg-type]  # a name


def rows(count: int = 48, seed: int = 0) -> Rows:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((count, 4)).astype(np.float32), rng.integers(0, 3, count)


def test_both_engines_agree_on_20_000_steps_of_xor(xor: Rows, xor_network: Make) -> None:
    one, other = xor_network("numpy"), xor_network("numba")
    before, after = (nn.fit(*xor, epochs=5000, **ONLINE) for nn in (one, other))
    assert other.run is not None
    assert other.run.engine == "numba"
    assert one.step == other.step == 20_000
    assert np.abs(one.theta - other.theta).max() < 1e-5
    assert np.allclose(before.train_loss, after.train_loss, rtol=0, atol=1e-5)
    assert before.train_accuracy[-1] == after.train_accuracy[-1] == 1.0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([0.01, 1.0, 30.0]), steps=st.integers(1, 5))
def test_both_engines_agree_on_random_numbers(seed: int, scale: float, steps: int) -> None:
    x, y = rows(seed=seed)
    one, other = (mlp(engine, seed=seed % 1000) for engine in ("numpy", "numba"))
    for _ in range(steps):
        wanted, found = one.train_step(x * scale, y), other.train_step(x * scale, y)
        assert found[0] == pytest.approx(wanted[0], rel=1e-4)
        assert found[1] == pytest.approx(wanted[1], abs=4 / 48)  # rows that dropout leaves with equal scores
    assert np.allclose(one.theta, other.theta, rtol=0, atol=1e-3)


@pytest.mark.parametrize("batch_size", [16, 20, 48])
def test_epochs_with_shuffling_and_dropout_are_the_same(batch_size: int) -> None:
    one, other = mlp("numpy"), mlp("numba")
    before, after = (nn.fit(*rows(), epochs=3, batch_size=batch_size, verbose=False) for nn in (one, other))
    assert np.allclose(before.train_loss, after.train_loss, rtol=1e-4)
    assert np.allclose(one.theta, other.theta, rtol=0, atol=1e-4)


def test_schedules_reach_every_step(xor: Rows, xor_network: Make) -> None:
    schedule = SGD(lr=ExponentialDecay(0.5, 0.999))
    one, other = (xor_network(engine, optimizer=schedule) for engine in ("numpy", "numba"))
    before, after = (nn.fit(*xor, epochs=1000, **ONLINE) for nn in (one, other))
    assert before.lr == after.lr
    assert np.allclose(one.theta, other.theta, rtol=0, atol=1e-5)


def test_arrays_that_are_fed_are_read_and_never_written(xor: Rows, xor_network: Make) -> None:
    nn, other = xor_network("numba"), xor_network("numpy")
    for scale in (1.0, 0.5, 2.0):
        x = (xor[0] * np.float32(scale)).copy()
        kept = x.tobytes()
        assert nn.train_step(x, xor[1]) == pytest.approx(other.train_step(x, xor[1]), rel=1e-5)
        assert x.tobytes() == kept
    x.setflags(write=False)
    nn.fit(x, xor[1], epochs=3, **ONLINE)
    assert x.tobytes() == kept


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_a_loss_that_is_not_finite_stops_before_the_update(engine: str) -> None:
    x, _ = rows()
    nn = NN([Dense(4, 2)], MSE(), SGD(lr=1e30), engine=engine)  # type: ignore[arg-type]  # a name
    with pytest.raises(DivergedError, match=r"epoch 2, step 2 \(lr 1e\+30\): after this update layers\[0\]: Dense"):
        nn.fit(x, x[:, :2], epochs=9, batch_size=48, verbose=False)
    assert nn.step == 2
    nn = NN([Dense(4, 2)], MSE(), SGD(lr=0.1), engine=engine)  # type: ignore[arg-type]  # likewise
    nn.theta[0] = np.nan
    before = nn.theta.tobytes()
    with pytest.raises(DivergedError, match="has parameters that are not finite; the update was not made"):
        nn.train_step(x, x[:, :2])
    assert nn.theta.tobytes() == before
    assert nn.step == 0


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_parameters_that_an_epochs_last_step_spoils_are_found_at_its_end(engine: str) -> None:
    x = np.full((4, 1), 1e19, np.float32)
    nn = NN([Dense(1, 1)], MSE(), SGD(lr=1e38), engine=engine)  # type: ignore[arg-type]  # a name
    nn.theta[:] = 0.0
    with pytest.raises(DivergedError, match=r"epoch 1, step 1 \(lr 1e\+38\): after this update layers\[0\]"):
        nn.fit(x, np.ones((4, 1), np.float32), epochs=5, batch_size=4, verbose=False)
    assert nn.run is not None
    assert (len(nn.run.history), nn.run.epoch, nn.run.batch) == (0, 0, 1)
    assert nn.run.sums[3] == 4


def test_a_resumed_run_is_bit_identical(tmp_path: Any) -> None:
    options: dict[str, Any] = {"batch_size": 16, "verbose": False}
    whole, cut = mlp("numba"), mlp("numba")
    history = whole.fit(*rows(), epochs=4, **options)
    cut.fit(*rows(), epochs=2, **options)
    cut.save(tmp_path / "nn.safetensors")
    again = load(tmp_path / "nn.safetensors")  # "auto", which keeps the engine of the run
    more = again.fit(*rows(), epochs=4, resume=True, **options)
    assert again.run is not None
    assert again.run.engine == "numba"
    assert again.theta.tobytes() == whole.theta.tobytes()
    assert more.train_loss == history.train_loss


def test_another_engine_for_a_resumed_run_is_said(tmp_path: Any) -> None:
    nn = mlp("numba")
    nn.fit(*rows(), batch_size=16, verbose=False)
    nn.save(tmp_path / "nn.json")
    again = load(tmp_path / "nn.json", engine="numpy")
    with pytest.warns(UserWarning, match="the run was made with the engine numba, now it is numpy"):
        again.fit(*rows(), epochs=2, batch_size=16, resume=True, verbose=False)


def test_a_burst_allocates_nothing() -> None:
    x, y = rows(6400)
    nn = mlp("numba")
    source = make_source((*nn.core.checked(x, y), None), np.arange(6400), 64, 0, True)
    program = stream(nn.core.trainer.program(64), source, np.zeros(4))
    nn.core.update.set_rates(0.001, 0, 200)
    source.begin(0, 0)
    nn.core.engine.run(program, 100)
    source.begin(1, 0)
    tracemalloc.start()
    assert nn.core.engine.run(program, 100) == 100
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 4096
    assert source.cursor[0] == 6400


def test_a_signal_ends_training_within_a_burst(xor: Rows, xor_network: Make) -> None:
    nn = xor_network("numba")
    nn.fit(*xor, epochs=10, **ONLINE)
    threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()
    start = time.perf_counter()
    history = nn.fit(*xor, epochs=10**9, **ONLINE)
    assert time.perf_counter() - start < 5
    assert history.reason == "interrupted"
    assert 10 < len(history) < 10**9
    assert nn.run is not None
    assert len(history) * 4 + nn.run.batch == nn.step - 40
    assert history[-1].epoch == len(history)


def test_drivers_hold_no_lock_of_the_interpreter(xor: Rows, xor_network: Make) -> None:
    nn = xor_network("numba")
    nn.fit(*xor, epochs=10, **ONLINE)
    program = nn.core.trainer.program(4)
    program.feed(xor[0], nn.core.given(xor[0], xor[1]), None)
    driver = make_driver(program)
    driver.compile()
    worker = threading.Thread(target=driver, args=(program, 1_000_000))
    worker.start()
    ticks = 0
    while worker.is_alive():
        ticks += 1
        time.sleep(0.001)
    assert ticks > 20
    assert nn.step == 1_000_040


def test_calls_that_have_no_twin_run_under_numpy(xor: Rows) -> None:
    class Twice:
        def plan(self, in_shape: tuple[int, ...]) -> Any:
            return Plan(in_shape)

        def forward(self, f: Any) -> Any:
            yield np.add, f.x, f.x, f.y

        def backward(self, f: Any) -> Any:
            yield np.add, f.dy, f.dy, f.dx

    layers: list[Any] = [Dense(2, 4), Twice(), Dense(4, 1)]
    one, other = (NN(layers, MSE(), SGD(), engine=engine) for engine in ("numpy", "numba"))
    y = xor[1].reshape(4, 1)
    before, after = (nn.fit(xor[0], y, epochs=3, verbose=False) for nn in (one, other))
    assert other.run is not None
    assert other.run.engine == "numpy"
    assert before.train_loss == after.train_loss
    assert other.train_step(xor[0], y) == one.train_step(xor[0], y)
    text = str(other.explain(4))
    assert "engine: numpy, since numba cannot compile every call" in text
    assert "layers[1]" in text.rpartition("engine:")[2]
    assert "engine:" not in str(one.explain(4))
    assert str(NN(layers[::2], MSE(), SGD(), engine="numba").explain(4)).endswith("engine: numba")


def test_compiling_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    x, y = rows(7)
    for times in (1, 0):
        NN([Dense(4, 7), ReLU(), Dense(7, 3)], CrossEntropy(), SGD(), engine="numba").fit(x, y, batch_size=7)
        assert capsys.readouterr().out.count("Compiling the training step") == times
