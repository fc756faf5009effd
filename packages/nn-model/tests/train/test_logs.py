"""What callbacks write for people: CSV logs, bars, TensorBoard's files, metrics in lines."""

import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import log_loss

from nn_layers import Dense
from nn_loss import MSE, BinaryCrossEntropy, CrossEntropy
from nn_model import NN, load
from nn_model.errors import CallbackError, DataError, PartError
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


def test_another_file_is_not_continued(x: Array, y: Array, tmp_path: Path) -> None:
    nn, path = stopped(x, y, tmp_path), tmp_path / "log.csv"
    for content, message in (
        (b"epoch,loss\n1,2\n", r"a log begins with epoch,train_loss,.*; found 'epoch,loss"),
        (HEADER.encode() + b"one,2\n", "line 2: a line begins with an epoch; found 'one,2"),
        (b"\xff\xfe\x00", "this is no log but something else"),
    ):
        path.write_bytes(content)
        with pytest.raises(DataError, match=message):
            nn.fit(x, y, epochs=5, callbacks=[CSVLog(path)], resume=True, **OPTIONS)
        assert path.read_bytes() == content


def test_a_log_that_cannot_be_written_is_refused_before_training(nn: NN, x: Array, y: Array, tmp_path: Path) -> None:
    for path in (tmp_path / "none/log.csv", tmp_path):
        with pytest.raises(DataError, match=r"the log cannot be written: (No such file|Is a directory)"):
            nn.fit(x, y, callbacks=[CSVLog(path)], **OPTIONS)
    assert nn.step == 0


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


def test_what_an_extra_brings_is_named_when_it_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(MissingExtraError, match=r"run: pip install nn-model\[cli\]"):
        ProgressBar()
    with pytest.raises(MissingExtraError, match=r"run: pip install nn-model\[tensorboard\]"):
        TensorBoard(tmp_path)


def test_threads_are_limited_while_training(nn: NN, x: Array, y: Array, monkeypatch: pytest.MonkeyPatch) -> None:
    threadpoolctl = pytest.importorskip("threadpoolctl")

    def threads() -> set[int]:
        return {lib["num_threads"] for lib in threadpoolctl.threadpool_info() if lib["user_api"] == "blas"}

    seen: list[set[int]] = []
    before = threads()
    nn.fit(x, y, threads=1, callbacks=[lambda event: seen.append(threads())], **OPTIONS)  # noqa: ARG005  # one argument
    assert seen[0] == seen[-1] == {1}
    assert threads() == before
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    with pytest.raises(MissingExtraError, match=r"run: pip install nn-model\[threads\]"):
        nn.fit(x, y, threads=1, **OPTIONS)


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
        ((" ", abs, x, y), "name must be a text that is not blank; got ' '"),
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
