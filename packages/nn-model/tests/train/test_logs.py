"""What callbacks write for people: CSV logs, bars, TensorBoard's files, metrics in lines."""

import io
import os
import pty
import re
import resource
import socket
import struct
import subprocess
import sys
import termios
import tracemalloc
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import log_loss

from nn_layers import Dense
from nn_loss import MSE, BinaryCrossEntropy, CrossEntropy
from nn_model import NN, load
from nn_model.errors import CallbackError, CheckpointError, DataError, PartError
from nn_model.extras import MissingExtraError
from nn_model.plot.runs import read_runs
from nn_model.train import Callback, Checkpoint, CSVLog, Event, Metric, ProgressBar, Stop, TensorBoard
from nn_model.train.history import epoch_line, log_cells
from nn_optim import SGD, Adam

# They bring no types.
tqdm: Any = import_module("tqdm")
auto: Any = import_module("tqdm.auto")
tensorboardX: Any = import_module("tensorboardX")  # noqa: N816  # its own name

Array = np.ndarray[Any, np.dtype[Any]]
OPTIONS: dict[str, Any] = {"batch_size": 8, "verbose": False}
HEADER = "epoch,train_loss,train_time,val_loss,val_accuracy\n"


@pytest.fixture
def nn() -> NN:
    """Give a network of known layers, that any file can hold."""
    return NN([Dense(4, 3)], CrossEntropy(), Adam(0.05))


def log_of(history: Any) -> str:
    return HEADER + "".join(",".join(log_cells(row)) + "\n" for row in history)


def test_a_line_for_every_epoch_at_once(nn: NN, x: Array, y: Array, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    seen: list[tuple[str, str]] = []
    look: list[Callback] = [CSVLog(path), lambda event: seen.append((event.kind, path.read_text(encoding="utf-8")))]
    history = nn.fit(x, y, epochs=3, validation_split=0.2, callbacks=look, **OPTIONS)
    assert seen[0] == ("start", HEADER)
    assert [text.count("\n") for kind, text in seen if kind == "epoch"] == [2, 3, 4]
    assert path.read_text(encoding="utf-8") == log_of(history)
    (run,) = read_runs(path)
    assert run is not None


def test_a_log_that_is_there_is_refused_unless_it_may_be_replaced(nn: NN, x: Array, y: Array, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    nn.fit(x, y, callbacks=[CSVLog(path)], **OPTIONS)
    before = path.read_text(encoding="utf-8")
    with pytest.raises(DataError, match=r"log.csv: the file is there already; name another, .*overwrite=True"):
        nn.fit(x, y, callbacks=[CSVLog(path)], **OPTIONS)
    assert path.read_text(encoding="utf-8") == before
    history = nn.fit(x, y, epochs=2, callbacks=[CSVLog(path, overwrite=True)], **OPTIONS)
    assert path.read_text(encoding="utf-8") == log_of(history)
    with pytest.raises(PartError, match="overwrite must be True or False; got 'a'"):
        CSVLog(path, overwrite="a")  # type: ignore[arg-type]  # that is what is tested


def stopped(x: Array, y: Array, tmp_path: Path) -> NN:
    """Leave a checkpoint after 2 epochs and a log that has 3."""
    nn = NN([Dense(4, 3)], CrossEntropy(), Adam(0.05))
    told: list[Callback] = [Checkpoint(tmp_path, every_epochs=2), CSVLog(tmp_path / "log.csv")]

    def end(event: Event) -> None:
        if event.kind == "epoch" and event.epoch == 3:
            raise OSError("power cut")

    with pytest.raises(CallbackError):
        nn.fit(x, y, epochs=5, callbacks=[*told, end], **OPTIONS)
    assert (tmp_path / "log.csv").read_text(encoding="utf-8").count("\n") == 4
    return load(tmp_path / "last.safetensors")


@pytest.mark.parametrize("what", ["as it was", "cut off", "missing", "empty", "windows", "behind"])
def test_a_resumed_run_continues_its_log(what: str, x: Array, y: Array, tmp_path: Path) -> None:
    nn, path = stopped(x, y, tmp_path), tmp_path / "log.csv"
    text = path.read_text(encoding="utf-8")
    if what == "missing":
        path.unlink()
    else:
        lines = text.splitlines(keepends=True)
        changed = {
            "cut off": text[:-9],
            "empty": "",
            "windows": text.replace("\n", "\r\n"),
            "behind": "".join(lines[:2]),
        }
        path.write_text(changed.get(what, text), encoding="utf-8", newline="")
    history = nn.fit(x, y, epochs=5, callbacks=[CSVLog(path)], resume=True, **OPTIONS)
    assert path.read_text(encoding="utf-8") == log_of(history)
    assert len(history) == 5


NEXT = "7,0.100000,0.100000,,\n"
"""A line of somebody else."""


def other_than(text: str) -> dict[str, tuple[str, str]]:
    """Give logs that a run of two known epochs did not write, made of its own of three; and what is said of them."""
    head, one, two, three = text.splitlines(keepends=True)
    return {
        "another header": ("epoch,loss\n1,2\n", "a log begins with epoch,train_loss,.*; found 'epoch,loss"),
        "no line": (head + "one,2\n", "line 2 is not that of epoch 1 .*; found 'one,2"),
        "another run's": (head + one.replace(",0", ",1") + two, "line 2 is not that of epoch 1"),
        "damaged": (head + one + two[:9] + "\n", "line 3 is not that of epoch 2"),
        "cut within": (head + one + two[:9] + three, "line 3 is not that of epoch 2"),
        "of two runs": (head + NEXT + one + two, "line 2 is not that of epoch 1"),
        "of two runs later": (head + one + two + three + NEXT + three, "line 5 is not that of epoch 4"),
        "a line left out": (head + one + three, "line 3 is not that of epoch 2"),
        "a text behind": (head + one + two + "3,a note of mine\n", "line 4 is not that of epoch 3"),
        "half a text behind": (head + one + two + "a note of mine", "line 4 is not that of epoch 3"),
        "half of another": (head + one + two[:-1] + "9", "line 3 is not that of epoch 2"),
        "cells too few": (head + one + two + "3,0.5\n", "line 4 is not that of epoch 3"),
        "cells too many": (head + one + two + three[:-1] + ",1\n", "line 4 is not that of epoch 3"),
        "no text": ("\x00", "a log begins with"),
    }


@pytest.mark.parametrize("what", other_than("a\nb\nc\nd\n"))
def test_a_log_that_is_not_the_runs_is_not_continued(what: str, x: Array, y: Array, tmp_path: Path) -> None:
    nn, path = stopped(x, y, tmp_path), tmp_path / "log.csv"
    content, message = other_than(path.read_text(encoding="utf-8"))[what]
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=f"log.csv: {message}.*continues its own log.*--force"):
        nn.fit(x, y, epochs=5, callbacks=[CSVLog(path)], resume=True, **OPTIONS)
    assert path.read_text(encoding="utf-8") == content
    assert nn.step == 10
    history = nn.fit(x, y, epochs=5, callbacks=[CSVLog(path, overwrite=True)], resume=True, **OPTIONS)
    assert path.read_text(encoding="utf-8") == log_of(history)


def test_a_file_that_is_no_text_is_not_continued(x: Array, y: Array, tmp_path: Path) -> None:
    nn, path = stopped(x, y, tmp_path), tmp_path / "log.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="this is no log but something else; name another file"):
        nn.fit(x, y, epochs=5, callbacks=[CSVLog(path)], resume=True, **OPTIONS)
    assert path.read_bytes() == b"\xff\xfe\x00"


def test_in_its_first_epoch_a_run_knows_its_log_by_the_place(x: Array, y: Array, tmp_path: Path) -> None:
    nn, path, last = NN([Dense(4, 3)], CrossEntropy(), Adam(0.05)), tmp_path / "log.csv", tmp_path / "last.safetensors"
    told: list[Callback] = [CSVLog(path), Checkpoint(tmp_path, every_steps=3, every_epochs=None)]

    def end(event: Event) -> None:
        if event.kind == "epoch":
            raise OSError("power cut")

    with pytest.raises(CallbackError):
        nn.fit(x, y, epochs=5, callbacks=[*told, end], **OPTIONS)
    lines = path.read_text(encoding="utf-8")
    assert lines.count("\n") == 2
    for other in (tmp_path / "other.csv", tmp_path / "half.csv"):
        other.write_text(lines if "other" in other.name else lines[:-9], encoding="utf-8")
        with pytest.raises(DataError, match="not known to be of this run, which has completed no epoch"):
            load(last).fit(x, y, epochs=5, callbacks=[CSVLog(other)], resume=True, **OPTIONS)
        assert other.read_text(encoding="utf-8") in lines
    again = load(last)
    assert (again.step, again.run is not None and again.run.epoch) == (3, 0)
    history = again.fit(x, y, epochs=2, callbacks=[CSVLog(path)], resume=True, **OPTIONS)
    assert path.read_text(encoding="utf-8") == log_of(history)


def test_what_a_checkpoint_says_of_the_place_is_checked(x: Array, y: Array, tmp_path: Path) -> None:
    nn = stopped(x, y, tmp_path)
    assert nn.run is not None
    assert str(tmp_path) not in str(nn.run.remembered["CSVLog"])
    nn.run.remembered["CSVLog"] = {"place": 7}
    with pytest.raises(CheckpointError, match="remembers of the callback CSVLog does not fit it"):
        nn.fit(x, y, epochs=5, callbacks=[CSVLog(tmp_path / "log.csv")], resume=True, **OPTIONS)


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("what", ["folder", "pipe", "socket", "link", "link to nothing", "link to a log"])
def test_only_a_regular_file_is_replaced(
    what: str, overwrite: bool, resume: bool, x: Array, y: Array, tmp_path: Path
) -> None:
    nn, path = stopped(x, y, tmp_path), tmp_path / "there"
    other = tmp_path / ("log.csv" if what == "link to a log" else "empty")
    if what != "link to nothing":
        other.touch()
    kept = other.read_bytes() if other.exists() else None
    with socket.socket(socket.AF_UNIX) as server:
        make: dict[str, Any] = {"folder": path.mkdir, "pipe": lambda: os.mkfifo(path)}
        make["socket"] = lambda: server.bind(os.path.relpath(path))  # a socket's name is short
        make.get(what, lambda: path.symlink_to(other.name))()
        before = path.lstat()
        with pytest.raises(
            DataError, match=r"there: this is a (folder; name a file in it|link, pipe or device, which)"
        ):
            nn.fit(x, y, epochs=5, callbacks=[CSVLog(path, overwrite)], resume=resume, **OPTIONS)
        assert os.path.samestat(path.lstat(), before)
    assert (other.read_bytes() if other.exists() else None) == kept
    assert nn.step == 10


@pytest.mark.parametrize("resume", [False, True])
def test_a_file_of_gigabytes_is_not_read(resume: bool, x: Array, y: Array, tmp_path: Path) -> None:
    nn, path = stopped(x, y, tmp_path), tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(10 * 2**30)
    tracemalloc.start()
    try:
        with pytest.raises(
            DataError, match=r"large: a log has at most 67,108,864 bytes; found 10,737,418,240; name an"
        ):
            nn.fit(x, y, epochs=5, callbacks=[CSVLog(path)], resume=resume, **OPTIONS)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()
    history = nn.fit(x, y, epochs=1, callbacks=[CSVLog(path, overwrite=True)], **OPTIONS)
    assert path.read_text(encoding="utf-8") == log_of(history)


@pytest.mark.parametrize("what", ["removed", "replaced", "cut", "added to"])
def test_a_log_that_somebody_changes_meanwhile_is_whole_again(
    what: str, nn: NN, x: Array, y: Array, tmp_path: Path
) -> None:
    path = tmp_path / "log.csv"

    def change(event: Event) -> None:
        if event.kind == "epoch" and event.epoch == 2:
            match what:
                case "removed":
                    path.unlink()
                case "replaced":
                    (tmp_path / "new").write_text(path.read_text(), encoding="utf-8")
                    (tmp_path / "new").replace(path)
                case "cut":
                    os.truncate(path, 7)
                case _:
                    with path.open("a", encoding="utf-8") as file:
                        file.write(NEXT)

    history = nn.fit(x, y, epochs=4, callbacks=[CSVLog(path), change], **OPTIONS)
    assert path.read_text(encoding="utf-8") == log_of(history)


def test_a_log_on_a_full_disk_stops_and_can_be_gone_on_with(x: Array, y: Array, tmp_path: Path) -> None:
    nn, path = NN([Dense(4, 3)], CrossEntropy(), Adam(0.05)), tmp_path / "log.csv"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(DataError, match=r"log\.csv: cannot be written: File too large; free some space"):
            nn.fit(x, y, epochs=50, callbacks=[CSVLog(path)], **OPTIONS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert len(path.read_bytes()) == 100
    assert not path.read_bytes().endswith(b"\n")
    history = nn.fit(x, y, epochs=9, callbacks=[CSVLog(path)], resume=True, **OPTIONS)
    assert path.read_text(encoding="utf-8") == log_of(history)
    assert len(history) == 9


def test_nothing_is_left_beside_a_log(nn: NN, x: Array, y: Array, tmp_path: Path) -> None:
    seen: list[list[str]] = []
    look: list[Callback] = [CSVLog(tmp_path / "log.csv")]
    look.append(lambda event: seen.append(sorted(path.name for path in tmp_path.iterdir())))  # noqa: ARG005  # one argument
    nn.fit(x, y, callbacks=look, **OPTIONS)
    assert seen[0] == [".log.csv.lock", "log.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


def test_a_log_that_cannot_be_written_is_refused_before_training(nn: NN, x: Array, y: Array, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"log.csv: the folder .*none does not exist; make it first"):
        nn.fit(x, y, callbacks=[CSVLog(tmp_path / "none/log.csv")], **OPTIONS)
    assert nn.step == 0


def test_a_history_is_written_whole_or_not_at_all(nn: NN, x: Array, y: Array, tmp_path: Path) -> None:
    history, path = nn.fit(x, y, epochs=3, **OPTIONS), tmp_path / "log.csv"
    history.to_csv(path)
    before = path.read_bytes()
    assert before.decode() == log_of(history)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60, limits[1]))
    try:
        with pytest.raises(DataError, match=f"the file needs {len(before)} bytes .*what was there is unchanged"):
            history.to_csv(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [(each, each.read_bytes()) for each in tmp_path.iterdir()] == [(path, before)]
    (tmp_path / "link").symlink_to("log.csv")
    with pytest.raises(DataError, match="link: this is a link, pipe or device, which would be replaced"):
        history.to_csv(tmp_path / "link")


def test_without_a_terminal_there_are_only_lines(
    nn: NN, x: Array, y: Array, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {**OPTIONS, "verbose": True}
    history = nn.fit(x, y, epochs=2, validation_split=0.2, callbacks=[ProgressBar()], **options)
    out, err = capsys.readouterr()
    assert out.splitlines() == [epoch_line(row, 2) for row in history]
    assert err == ""
    nn.fit(x, y, callbacks=[ProgressBar(), lambda event: Stop("enough") if event.batch else None], **options)
    assert capsys.readouterr().out == "Enough\n"
    nn.fit(x, y, callbacks=[ProgressBar()], resume=True, **options)
    assert capsys.readouterr().out.splitlines()[0] == "Resumed in epoch 1, batch 2"


def test_a_program_without_streams_trains_all_the_same(
    nn: NN, x: Array, y: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    history = nn.fit(x, y, epochs=2, callbacks=[ProgressBar()], **{**OPTIONS, "verbose": True})
    assert [row.epoch for row in history] == [1, 2]


BAR = """
import time
import numpy as np
from nn_layers import Dense
from nn_loss import CrossEntropy
from nn_model import NN
from nn_model.train import ProgressBar, Stop
from nn_optim import SGD

def slow(event):
    time.sleep(0.06)
    return Stop("enough") if event.kind == "epoch" and event.epoch == 2 else None
slow.every = 2

x = np.random.default_rng(0).standard_normal((48, 4))
nn = NN([Dense(4, 2)], CrossEntropy(), SGD(lr=0.25))
nn.fit(x, x[:, 0] > 0, epochs=3, batch_size=8, callbacks=[slow, ProgressBar()])
"""


def test_in_a_terminal_there_is_a_bar_with_loss_and_rate() -> None:
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (24, 100))
    process = subprocess.Popen([sys.executable, "-c", BAR], stdout=follower, stderr=follower)  # noqa: S603  # our own script
    os.close(follower)
    text = b""
    while True:
        try:
            text += (part := os.read(leader, 65536))
        except OSError:  # the other side was closed
            break
        if not part:
            break
    os.close(leader)
    assert process.wait() == 0
    shown = text.decode()
    assert re.search(r"Epoch 1/3: .*\d+%\|.*\| \d/6 \[.*batch/s, loss \d\.\d{4}, lr 0\.25\]", shown)
    assert re.search(r"\r *\rEpoch 2/3, Loss: \d\.\d{4}, Acc: \d+\.\d\d%, Time: 0\.\d\ds\r\n", shown)
    assert shown.rstrip().endswith("Enough")


def test_in_a_notebook_the_bar_is_shown_though_there_is_no_terminal(
    nn: NN, x: Array, y: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = io.StringIO()

    class Bar(tqdm.tqdm):  # type: ignore[misc]  # it brings no types
        __module__ = "tqdm.notebook"

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "file": drawn, "mininterval": 0.0})

    monkeypatch.setattr(auto, "tqdm", Bar)
    nn.fit(x, y, epochs=2, callbacks=[ProgressBar()], **OPTIONS)
    assert "Epoch 2/2:" in drawn.getvalue()
    assert "5/5" in drawn.getvalue()


def test_a_bar_is_closed_when_training_fails(nn: NN, x: Array, y: Array, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(event: Event) -> None:
        if event.kind == "steps":
            raise KeyError(event.step)

    bar = ProgressBar()
    runs: list[list[Callback]] = [[bar, fail], [fail, bar]]
    for told in runs:
        with pytest.raises(CallbackError):
            nn.fit(x, y, callbacks=told, **OPTIONS)
        assert bar._bar is None
    assert capsys.readouterr().out == ""


def test_no_checkpoint_is_promised_where_there_is_none(nn: NN, x: Array, y: Array, tmp_path: Path) -> None:
    def fail(event: Event) -> None:
        raise KeyError(event.kind)

    with pytest.raises(CallbackError) as caught:
        nn.fit(x, y, callbacks=[fail, Checkpoint(tmp_path / "ckpt")], **OPTIONS)
    assert str(caught.value).endswith("KeyError('start'); training was stopped, and what has been saved stays")
    assert list(tmp_path.iterdir()) == []


def test_what_an_extra_brings_is_named_when_it_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(MissingExtraError, match=r"run: pip install nn-model\[cli\]"):
        ProgressBar()
    with pytest.raises(MissingExtraError, match=r"run: pip install nn-model\[tensorboard\]"):
        TensorBoard(tmp_path)


def scalars(folder: Path) -> list[tuple[str, int, float]]:
    """Read all event files of a folder: records of length, checksum, protocol buffer, checksum."""
    found = []
    for path in sorted(folder.iterdir()):
        data, place = path.read_bytes(), 0
        while place < len(data):
            (length,) = struct.unpack("<Q", data[place : place + 8])
            event = tensorboardX.proto.event_pb2.Event.FromString(data[place + 12 : place + 12 + length])
            found += [(value.tag, event.step, value.simple_value) for value in event.summary.value]
            place += 16 + length
    return found


def test_tensorboard_gets_every_number_of_every_epoch(nn: NN, x: Array, y: Array, tmp_path: Path) -> None:
    metric = Metric("errors", lambda targets, answers: (targets != answers).sum(), x, y, "answers")
    told: list[Callback] = [metric, TensorBoard(tmp_path / "runs/one")]
    history = nn.fit(x, y, epochs=2, validation_split=0.2, callbacks=told, **OPTIONS)
    found = {(tag, step): value for tag, step, value in scalars(tmp_path / "runs/one")}
    assert len(found) == 14
    for row in history:
        for tag, value in (
            ("loss/train", row.train_loss),
            ("loss/validation", row.val_loss),
            ("accuracy/train", row.train_accuracy),
            ("accuracy/validation", row.val_accuracy),
            ("lr", row.lr),
            ("seconds", row.train_time),
            ("metric/errors", history.metrics["errors"][row.epoch - 1]),
        ):
            assert found[tag, row.epoch] == pytest.approx(value, rel=1e-6)


def test_tensorboard_goes_on_and_leaves_out_what_there_is_not(x: Array, tmp_path: Path) -> None:
    nn = NN([Dense(4, 1)], MSE(), SGD(0.1))
    nn.fit(x, x[:, :1], epochs=1, callbacks=[TensorBoard(tmp_path)], **OPTIONS)
    nn.fit(x, x[:, :1], epochs=2, callbacks=[TensorBoard(tmp_path)], resume=True, **OPTIONS)
    found = scalars(tmp_path)
    assert {tag for tag, _, _ in found} == {"loss/train", "lr", "seconds"}
    assert sorted(step for tag, step, _ in found if tag == "lr") == [1, 2]
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="file: no event file can be written there: File exists"):
        nn.fit(x, x[:, :1], callbacks=[TensorBoard(tmp_path / "file")], **OPTIONS)


def test_a_metric_is_measured_printed_and_kept(nn: NN, x: Array, y: Array, capsys: pytest.CaptureFixture[str]) -> None:
    held, labels = x[30:], y[30:]
    metric = Metric("Log", lambda targets, outputs: log_loss(targets, outputs, labels=[0, 1, 2]), held, labels)
    history = nn.fit(x, y, epochs=3, batch_size=8, validation_data=(held, labels), callbacks=[metric])
    assert history.metrics["Log"] == pytest.approx(history.val_loss, rel=1e-6)
    assert f"%, Log: {history.metrics['Log'][-1]:.4f}, Time: " in capsys.readouterr().out.splitlines()[-1]


def test_a_metric_gets_what_the_task_gives(x: Array) -> None:
    seen: list[Array] = []

    def shape(targets: Array, outputs: Array) -> float:
        assert len(targets) == len(outputs)
        seen.append(outputs)
        return 1

    values, binary = NN([Dense(4, 2)], MSE(), SGD()), NN([Dense(4, 1)], BinaryCrossEntropy(), SGD())
    values.fit(x, x[:, :2], callbacks=[Metric("m", shape, x, x[:, :2])], **OPTIONS)
    binary.fit(x, x[:, 0] > 0, callbacks=[Metric("m", shape, x, x[:, 0] > 0)], **OPTIONS)
    binary.fit(x, x[:, 0] > 0, callbacks=[Metric("m", shape, x, x[:, 0] > 0, outputs="answers")], **OPTIONS)
    np.testing.assert_array_equal(seen[0], values.predict(x))
    assert [outputs.shape for outputs in seen] == [(37, 2), (37, 2), (37,)]
    np.testing.assert_array_equal(seen[1].argmax(axis=1), seen[2])


def test_a_metric_that_comes_late_and_one_that_leaves(nn: NN, x: Array, y: Array) -> None:
    nn.fit(x, y, epochs=2, **OPTIONS)
    late = Metric("late", lambda *_: 0.5, x, y)
    nn.fit(x, y, epochs=3, callbacks=[late], resume=True, **OPTIONS)
    history = nn.fit(x, y, epochs=4, resume=True, **OPTIONS)
    assert history.metrics == {"late": [None, None, 0.5]}
    assert [history.measured(row) for row in history] == [{}, {}, {"late": 0.5}, {}]


def test_bad_metrics_are_refused(nn: NN, x: Array, y: Array) -> None:
    cases: list[tuple[tuple[Any, ...], str]] = [
        ((" ", abs, x, y), "name must be a text that is not blank, at most 100 printable letters; got ' '"),
        (("a\n", abs, x, y), "name must be a text that is not blank, .*; got 'a"),
        (("\ud800", abs, x, y), "name must be a text that is not blank, .*; got "),
        (("a" * 101, abs, x, y), "name must be a text that is not blank, .*; got 'aaa"),
        (("m", 3, x, y), "function must be callable with targets and outputs; got 3"),
        (("m", abs, x, y, "scores"), "outputs must be 'probabilities' or 'answers'; got 'scores'"),
    ]
    for arguments, message in cases:
        with pytest.raises(PartError, match=message):
            Metric(*arguments)
    with pytest.raises(PartError, match=r"the rows of Metric 'm' do not fit the network: .*layers\[0\]"):
        nn.fit(x, y, callbacks=[Metric("m", lambda *_: 0.0, x[:, :3], y)], **OPTIONS)
    assert nn.step == 0
    with pytest.raises(PartError, match="the function of Metric 'm' must give a number; got array"):
        nn.fit(x, y, callbacks=[Metric("m", lambda targets, _: targets, x, y)], **OPTIONS)
    with pytest.raises(CallbackError, match=r"the callback Metric failed at 'epoch', .*ZeroDivisionError"):
        nn.fit(x, y, callbacks=[Metric("m", lambda *_: 1 / 0, x, y)], **OPTIONS)
