"""A training process killed at random moments and resumed ends bit for bit where one that was never killed does."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from nn_model import NN, load

SCRIPT = """
import sys
from pathlib import Path

from nn_layers import Dense, Dropout, ReLU
from nn_loss import CrossEntropy
from nn_model import NN, load
from nn_model.data import load_digits
from nn_model.train.callbacks import Checkpoint, CSVLog, EarlyStopping
from nn_optim import Adam, OneCycle

folder = Path(sys.argv[1])
last = folder / "last.safetensors"
x, y, _, _ = load_digits()
if last.exists():
    nn = load(last)
else:
    layers = [Dense(64, 32), ReLU(), Dropout(0.2), Dense(32, 10)]
    nn = NN(layers, CrossEntropy(), Adam(lr=OneCycle(0.01, 240)), seed=5)
saver, log = Checkpoint(folder, every_steps=3, monitor="val_accuracy"), CSVLog(folder / "log.csv")
fresh = not last.exists()
if fresh and (folder / "log.csv").exists():  # killed before its first checkpoint
    log.overwrite = True
callbacks = [saver, EarlyStopping(patience=50), log]
print("training", flush=True)
nn.fit(x, y, epochs=6, batch_size=32, validation_split=0.1, callbacks=callbacks, resume=not fresh, verbose=False)
print("done", flush=True)
"""


def start(folder: Path) -> subprocess.Popen[str]:
    """Start a training process and wait until it trains."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-c", SCRIPT, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S603  # our own script
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first == "training\n", first + process.stdout.read()
    return process


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for the end of a process and give what it printed."""
    printed, _ = process.communicate(timeout=120)
    return printed


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """Give the folder of a run that was never killed, and how long it took."""
    folder = tmp_path_factory.mktemp("whole")
    process, begun = start(folder), time.monotonic()
    assert finish(process) == "done\n"
    return folder, time.monotonic() - begun


@pytest.mark.parametrize("seed", range(10))
def test_killed_and_resumed_is_bit_identical(seed: int, uninterrupted: tuple[Path, float], tmp_path: Path) -> None:
    folder, seconds = uninterrupted
    moments = random.Random(seed)  # noqa: S311  # moments to kill at, not secrets
    for _ in range(2):
        process = start(tmp_path / "run")
        time.sleep(moments.uniform(0.0, 0.6 * seconds))
        process.send_signal(signal.SIGKILL)
        finish(process)
    assert finish(start(tmp_path / "run")).endswith("done\n")
    for name in ("last", "best"):
        whole, resumed = (load(path / f"{name}.safetensors") for path in (folder, tmp_path / "run"))
        assert resumed.step == whole.step
        assert np.array_equal(resumed.theta, whole.theta)
        assert judged(resumed) == judged(whole)
    assert load(folder / "best.safetensors").step < load(folder / "last.safetensors").step
    assert (tmp_path / "run" / "log.csv").read_text() == log_of(tmp_path / "run")
    assert not list((tmp_path / "run").glob(".*.tmp"))


def judged(nn: NN) -> list[tuple[float, float | None]]:
    """Give the losses of every epoch."""
    assert nn.run is not None
    return [(row.train_loss, row.val_loss) for row in nn.run.history]


def log_of(folder: Path) -> str:
    """Give the log that the last state of a run would write."""
    run = load(folder / "last.safetensors").run
    assert run is not None
    run.history.to_csv(folder / "whole.csv")
    return (folder / "whole.csv").read_text()
