"""`nn train --resume`: goes on as if it had never been ended, or says what is not as it was."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import numpy as np
import pytest
from click.testing import Result

from nn_layers import Dense
from nn_loss import CrossEntropy
from nn_model import NN, load
from nn_optim import Adam

Invoke = Callable[..., Result]
Process = Callable[..., Popen[bytes]]
START = ("--model", "small", "--batch-size", 32, "--validation-split", 0.2, "--seed", 3)


@pytest.fixture
def folder(nn: Invoke, digits: Path, tmp_path: Path) -> Path:
    """Give the folder of a run of two epochs."""
    folder = tmp_path / "ckpt"
    result = nn("train", "-d", digits, *START, "--nb-epochs", 2, "--checkpoint-folder", folder)
    assert result.exit_code == 0, result.output
    return folder


def test_is_bit_identical_to_never_having_stopped(nn: Invoke, digits: Path, folder: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    assert nn("train", "-d", digits, *START, "--nb-epochs", 4, "--checkpoint-folder", whole).exit_code == 0
    result = nn("train", "-d", digits, "--nb-epochs", 4, "--resume", "--checkpoint-folder", folder)
    assert result.exit_code == 0, result.output
    assert [line[:9] for line in result.stdout.splitlines()[:2]] == ["Epoch 3/4", "Epoch 4/4"]
    once, twice = (load(path / "last.safetensors") for path in (whole, folder))
    assert (once.theta == twice.theta).all()
    logs = [[line.split(",")[::3] for line in (path / "loss.csv").read_text().splitlines()] for path in (whole, folder)]
    assert logs[0] == logs[1]


def test_a_run_that_is_done_says_so(nn: Invoke, digits: Path, folder: Path) -> None:
    result = nn("train", "-d", digits, "--resume", "--checkpoint-folder", folder)
    assert result.exit_code == 1
    assert "has been trained for 2 epochs already; give more of them: --nb-epochs" in result.stderr


def test_nothing_to_resume(nn: Invoke, digits: Path, tmp_path: Path) -> None:
    result = nn("train", "-d", digits, "--resume", "--checkpoint-folder", tmp_path)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "last.safetensors" in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--batch-size", 16), "batch-size was 32, now 16"),
        (("--validation-split", 0.1), "rows was 480, now 540; validation was 0.2 stratified, now 0.1 stratified"),
        (("--validation-split", 0), "rows was 480, now 600; validation was 0.2 stratified, now none"),
        (("--validation-order", "last"), "validation was 0.2 stratified, now 0.2 last"),
        (("--seed", 4), "seed was 3, now 4"),
        (("--learning-rate", 0.5), "learning-rate was 0.001, now 0.5"),
    ],
)
def test_other_settings_are_refused_or_forced(
    nn: Invoke, digits: Path, folder: Path, options: tuple[object, ...], message: str
) -> None:
    before = (folder / "last.safetensors").read_bytes()
    args = ("train", "-d", digits, "--nb-epochs", 3, "--resume", "--checkpoint-folder", folder, *options)
    refused = nn(*args)
    assert (refused.exit_code, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert f"a run is resumed with what it was started with; {message}; give the same, or --force" in refused.stderr
    assert (folder / "last.safetensors").read_bytes() == before
    forced = nn(*args, "--force")
    assert forced.exit_code == 0, forced.output
    assert f"Warning: going on with other settings: {message}\n" in forced.stderr
    assert forced.stdout.startswith("Epoch 3/3")
    assert len((folder / "loss.csv").read_text().splitlines()) == 4


def test_what_was_forced_holds(nn: Invoke, digits: Path, folder: Path) -> None:
    args = ("train", "-d", digits, "--resume", "--checkpoint-folder", folder)
    assert nn(*args, "--nb-epochs", 3, "--seed", 4, "--learning-rate", 0.5, "--force").exit_code == 0
    made = load(folder / "last.safetensors")
    assert (made.seed, made.optimizer) == (4, Adam(lr=0.5))
    assert nn(*args, "--nb-epochs", 4).exit_code == 0


def test_other_data_are_refused_or_forced(nn: Invoke, digits: Path, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for path in digits.iterdir():
        content = bytearray(path.read_bytes())
        if path.name == "train-images-idx3-ubyte":
            content[-30] ^= 1
        (other / path.name).write_bytes(content)
    args = ("train", "-d", other, "--nb-epochs", 3, "--resume", "--checkpoint-folder", folder)
    refused = nn(*args)
    assert (refused.exit_code, "; other data; give the same" in refused.stderr) == (1, True)
    forced = nn(*args, "--force")
    assert (forced.exit_code, "other settings: other data" in forced.stderr) == (0, True)


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_another_network_or_optimizer_is_refused_always(
    nn: Invoke, digits: Path, folder: Path, force: tuple[str, ...]
) -> None:
    args = ("train", "-d", digits, "--nb-epochs", 3, "--resume", "--checkpoint-folder", folder, *force)
    result = nn(*args, "--model", "mlp")
    assert (result.exit_code, "holds another network than --model mlp; leave --resume out" in result.stderr) == (
        1,
        True,
    )
    result = nn(*args, "--optimizer-name", "sgd")
    assert (result.exit_code, "holds the state of Adam, which SGD cannot go on with" in result.stderr) == (1, True)


def test_the_same_network_and_optimizer_may_be_named(nn: Invoke, digits: Path, folder: Path) -> None:
    named = ("--model", "small", "--optimizer-name", "adam", "--learning-rate", 0.001, "--seed", 3, "--batch-size", 32)
    args = ("train", "-d", digits, "--nb-epochs", 3, "--resume", "--checkpoint-folder", folder)
    assert nn(*args, *named).exit_code == 0


def test_a_network_that_was_saved_without_a_run_has_none_to_go_on_with(
    nn: Invoke, digits: Path, tmp_path: Path
) -> None:
    NN([Dense(64, 10)], CrossEntropy(), Adam()).save(tmp_path / "last.safetensors")
    result = nn("train", "-d", digits, "--resume", "--checkpoint-folder", tmp_path)
    assert (result.exit_code, "without a run to go on with; leave --resume out" in result.stderr) == (1, True)


def test_fewer_rows_are_other_data(nn: Invoke, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    for count in (60, 50):
        rows.write_text("".join(f"{i},{i % 2}\n" for i in range(count)))
        if count == 60:
            args = ("train", "-d", rows, "--model", "small", "--checkpoint-folder", tmp_path / "ckpt", "--nb-epochs")
            assert nn(*args, 1).exit_code == 0
    refused = nn(*args, 2, "--resume")
    assert (refused.exit_code, "started with; other data; give the same" in refused.stderr) == (1, True)
    assert nn(*args, 2, "--resume", "--force").exit_code == 0


def test_settings_of_a_file_are_looked_at(nn: Invoke, digits: Path, folder: Path) -> None:
    made = load(folder / "last.safetensors")
    assert made.run is not None
    made.run.remembered["Remembered"]["batch_size"] = "many"
    made.save(folder / "last.safetensors")
    result = nn("train", "-d", digits, "--nb-epochs", 3, "--resume", "--checkpoint-folder", folder)
    assert (result.exit_code, "the run remembers batch_size as 'many'" in result.stderr) == (1, True)


LONG = ("--model", "small", "--batch-size", 8, "--checkpoint-steps", 50, "--nb-epochs", 100_000)


def begin(process: Process, digits: Path, folder: Path) -> Popen[bytes]:
    """Start a run that would take hours, and wait for its first epoch."""
    running = process("train", "-d", digits, *LONG, "--checkpoint-folder", folder)
    assert running.stdout is not None
    assert running.stdout.readline().startswith(b"Epoch 1/100000")
    return running


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [(signal.SIGINT, 130, "Interrupted"), (signal.SIGTERM, 143, "Terminated"), (signal.SIGHUP, 129, "Hung up")],
)
def test_a_signal_ends_training_after_the_step_under_way(
    nn: Invoke, process: Process, digits: Path, tmp_path: Path, number: signal.Signals, code: int, word: str
) -> None:
    folder = tmp_path / "ckpt"
    running = begin(process, digits, folder)
    running.send_signal(number)
    lines, messages = running.communicate(timeout=20)
    assert (running.returncode, lines.decode().splitlines()[-1]) == (code, word)
    assert b"Traceback" not in messages
    last, best = (load(folder / f"{name}.safetensors") for name in ("last", "best"))
    assert last.run is not None
    assert best.step <= last.step
    assert sorted(path.name for path in folder.iterdir()) == ["best.safetensors", "last.safetensors", "loss.csv"]
    # The interrupted run, gone on with, is the run that was never interrupted.
    epochs = last.run.epoch + 1
    assert nn("train", "-d", digits, "--nb-epochs", epochs, "--resume", "--checkpoint-folder", folder).exit_code == 0
    whole = tmp_path / "whole"
    args = ("train", "-d", digits, *LONG[:4], "--nb-epochs", epochs, "--checkpoint-folder", whole)
    assert nn(*args).exit_code == 0
    assert (load(folder / "last.safetensors").theta == load(whole / "last.safetensors").theta).all()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_second_signal_stops_at_once(
    process: Process, digits: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    running = begin(process, digits, tmp_path / "ckpt")
    running.send_signal(number)
    running.send_signal(number)
    _, messages = running.communicate(timeout=20)
    assert (running.returncode, b"Traceback" in messages) == (code, False)
    assert np.isfinite(load(tmp_path / "ckpt" / "last.safetensors").theta).all()


def test_under_nohup_a_hangup_changes_nothing(process: Process, digits: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ckpt"
    running = process("train", "-d", digits, *LONG, "--checkpoint-folder", folder, under=["nohup"])
    assert running.stdout is not None
    running.stdout.readline()
    running.send_signal(signal.SIGHUP)
    assert running.stdout.readline().startswith(b"Epoch ")
    time.sleep(0.2)
    assert running.poll() is None
