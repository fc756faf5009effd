"""Signals in training: real ones, to real processes, and to this one."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_model import NN, load
from nn_model.errors import CheckpointError
from nn_model.train import Checkpoint, EarlyStopping, Event

Array = np.ndarray[Any, np.dtype[Any]]
MakeNetwork = Callable[..., NN]

SCRIPT = """
import json, sys, time
import numpy as np
from nn_layers import Dense, Dropout, Tanh
from nn_loss import CrossEntropy
from nn_model import NN
from nn_model.train import Checkpoint
from nn_optim import Adam

folder, slow = sys.argv[1], float(sys.argv[2])
x = np.random.default_rng(0).standard_normal((64, 4))
nn = NN([Dense(4, 8), Tanh(), Dropout(0.2), Dense(8, 2)], CrossEntropy(), Adam())

def pause(event):
    if event.kind == "steps":
        if event.step == 1:
            print("training", flush=True)
        time.sleep(slow)
pause.every = 1

history = nn.fit(x, x[:, 0] > 0, epochs=10**6, batch_size=16, callbacks=[pause, Checkpoint(folder)], verbose=False)
print(json.dumps([history.reason, len(history), nn.step, nn.theta.tolist()]), flush=True)
"""


def child(folder: Path, slow: float) -> subprocess.Popen[str]:
    """Start a process and wait until it trains."""
    command = [sys.executable, "-c", SCRIPT, str(folder), str(slow)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603  # our own script
    assert process.stdout is not None
    assert process.stdout.readline() == "training\n"
    return process


def test_an_interrupt_ends_training_and_all_is_kept(tmp_path: Path) -> None:
    process = child(tmp_path, 0.002)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    reason, epochs, step, theta = json.loads(out)
    assert reason == "interrupted"
    nn = load(tmp_path / "last.safetensors")
    assert nn.run is not None
    assert nn.theta.tolist() == theta
    assert nn.step == step == 4 * nn.run.epoch + nn.run.batch
    assert len(nn.run.history) == epochs


def test_a_second_interrupt_stops_at_once_and_files_stay_whole(tmp_path: Path) -> None:
    process = child(tmp_path, 5.0)
    began = time.monotonic()
    for _ in range(2):
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert time.monotonic() - began < 4.0
    assert process.returncode == -signal.SIGINT
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert not list(tmp_path.glob("*"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_end_is_granted_once_the_state_is_saved(number: signal.Signals, tmp_path: Path) -> None:
    process = child(tmp_path, 0.002)
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == -number
    assert out == ""
    nn = load(tmp_path / "last.safetensors")
    assert nn.run is not None
    assert nn.run.history.reason in ("terminated", "hung up")


def sends(number: int, step: int, times: int = 1) -> Callable[[Event], None]:
    """Give a callback that signals its own process after a step."""

    def send(event: Event) -> None:
        if event.kind == "steps" and event.step == step:
            for _ in range(times):
                os.kill(os.getpid(), number)

    send.every = 1  # type: ignore[attr-defined]  # any callback may have it
    return send


def test_fit_returns_with_the_history_and_goes_on_exactly(
    network: MakeNetwork, x: Array, y: Array, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = network(), network()
    before = signal.getsignal(signal.SIGINT)
    history = one.fit(x, y, epochs=3, batch_size=8, callbacks=[sends(signal.SIGINT, 7)])
    assert (history.reason, len(history), one.step) == ("interrupted", 1, 7)
    assert capsys.readouterr().out.endswith("\nInterrupted\n")
    assert signal.getsignal(signal.SIGINT) is before
    one.fit(x, y, epochs=3, batch_size=8, resume=True, verbose=False)
    other.fit(x, y, epochs=3, batch_size=8, verbose=False)
    assert one.theta.tobytes() == other.theta.tobytes()


def test_an_interrupt_after_the_last_step_of_an_epoch_completes_it(network: MakeNetwork, x: Array, y: Array) -> None:
    for kind, step in (("steps", 5), ("epoch", 5)):

        def send(event: Event, kind: str = kind, step: int = step) -> None:
            if (event.kind, event.step) == (kind, step):
                os.kill(os.getpid(), signal.SIGINT)

        nn = network()
        history = nn.fit(x, y, epochs=3, batch_size=8, callbacks=[send], verbose=False)
        assert (history.reason, len(history), nn.step) == ("interrupted", 1, 5)


def test_the_last_state_is_kept_and_the_best_is_not_put_back(
    network: MakeNetwork, x: Array, y: Array, tmp_path: Path
) -> None:
    stopping, checkpoint = EarlyStopping("train_loss", patience=99), Checkpoint(tmp_path)
    one, other = network(), network()
    one.fit(x, y, epochs=4, batch_size=8, callbacks=[sends(signal.SIGINT, 13), checkpoint, stopping], verbose=False)
    other.fit(x, y, epochs=4, batch_size=8, callbacks=[sends(signal.SIGINT, 13)], verbose=False)
    assert one.theta.tobytes() == other.theta.tobytes()
    again = load(tmp_path / "last.safetensors", custom=[type(one.layers[1])])
    assert again.theta.tobytes() == one.theta.tobytes()
    assert again.step == 13


def test_cut_off_inside_a_step_cannot_be_resumed(network: MakeNetwork, x: Array, y: Array, tmp_path: Path) -> None:
    nn = network()
    nn.fit(x, y, batch_size=8, callbacks=[Checkpoint(tmp_path)], verbose=False)
    kept = (tmp_path / "last.safetensors").read_bytes()
    calls = nn.core.trainer.program(8).update.part.calls
    calls.insert(2, (lambda: os.kill(os.getpid(), signal.SIGINT), ()))
    calls.insert(3, (lambda: os.kill(os.getpid(), signal.SIGINT), ()))
    with pytest.raises(KeyboardInterrupt):
        nn.fit(x, y, epochs=2, batch_size=8, callbacks=[Checkpoint(tmp_path)], resume=True, verbose=False)
    del calls[2:4]
    assert (tmp_path / "last.safetensors").read_bytes() == kept
    assert nn.run is not None
    assert nn.run.history.reason == "KeyboardInterrupt: "
    with pytest.raises(CheckpointError, match=r"cut off in the middle of a step, .* load its last checkpoint"):
        nn.fit(x, y, epochs=2, batch_size=8, resume=True, verbose=False)
    assert nn.fit(x, y, batch_size=8, verbose=False).rows


@pytest.fixture
def caught() -> Iterator[list[int]]:
    """Give the list of signals that the process's own handler of SIGTERM was told."""
    told: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    yield told
    signal.signal(signal.SIGTERM, before)


def test_a_process_with_a_handler_is_told_after_training(
    network: MakeNetwork, x: Array, y: Array, caught: list[int]
) -> None:
    history = network().fit(x, y, epochs=3, batch_size=8, callbacks=[sends(signal.SIGTERM, 7)], verbose=False)
    assert history.reason == "terminated"
    assert caught == [signal.SIGTERM]


def test_a_second_request_is_granted_at_once(network: MakeNetwork, x: Array, y: Array, caught: list[int]) -> None:
    during = []
    told = [sends(signal.SIGTERM, 7, times=2), lambda event: during.append((event.kind, len(caught)))]
    network().fit(x, y, epochs=3, batch_size=8, callbacks=told, verbose=False)
    assert ("end", 1) in during


def test_ignored_signals_stay_ignored(network: MakeNetwork, x: Array, y: Array) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        history = network().fit(x, y, batch_size=8, callbacks=[sends(signal.SIGHUP, 2)], verbose=False)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert history.reason is None


def test_another_thread_trains_too_and_catches_nothing(network: MakeNetwork, x: Array, y: Array) -> None:
    one, other = network(), network()
    before = signal.getsignal(signal.SIGINT)
    seen = []
    options: dict[str, Any] = {"epochs": 2, "batch_size": 8, "verbose": False}
    options["callbacks"] = [lambda event: seen.append(signal.getsignal(signal.SIGINT))]  # noqa: ARG005  # one argument
    thread = threading.Thread(target=one.fit, args=(x, y), kwargs=options)
    thread.start()
    thread.join()
    other.fit(x, y, epochs=2, batch_size=8, verbose=False)
    assert one.theta.tobytes() == other.theta.tobytes()
    assert set(seen) == {before}
