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
    lines = result.stdout.splitlines()
    assert [lines[0], lines[1][:9], lines[2][:9]] == ["Resumed in epoch 3, batch 1", "Epoch 3/4", "Epoch 4/4"]
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
    judged_as_before = message.startswith(("batch-size", "learning-rate"))
    assert ("the best so far was judged by other rows" in forced.stderr) is not judged_as_before
    assert forced.stdout.startswith("Resumed in epoch 3, batch 1\nEpoch 3/3")
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
    assert (f"Saved: {folder / 'last.safetensors'}; --resume goes on there".encode() in messages) == (code == 130)
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


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
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


class TestOptionsOfTheData:
    """A resumed run reads its file as it was read before."""

    OPTIONS = ("--label", "0", "--no-header", "--delimiter", ";", "--task", "classification")
    REST = ("--checkpoint-stride", 2, "--checkpoint-steps", 3, "--batch-size", 8, "--model", "small")

    @pytest.fixture
    def rows(self, tmp_path: Path) -> Path:
        """Give a file that says nothing of how it is to be read: classes that look like values, no names."""
        path = tmp_path / "rows.csv"
        path.write_text("".join(f"{3 + i % 2};{i};{i * i % 7}\n" for i in range(60)))
        return path

    @pytest.fixture
    def begun(self, nn: Invoke, rows: Path, tmp_path: Path) -> Path:
        folder = tmp_path / "begun"
        args = ("train", "-d", rows, "--nb-epochs", 2, "--checkpoint-folder", folder)
        result = nn(*args, *self.OPTIONS, *self.REST)
        assert result.exit_code == 0, result.stderr
        return folder

    def test_only_the_file_is_named_again(self, nn: Invoke, rows: Path, begun: Path, tmp_path: Path) -> None:
        result = nn("train", "-d", rows, "--resume", "--nb-epochs", 4, "--checkpoint-folder", begun)
        assert (result.exit_code, "\nEpoch 3/4" in result.stdout) == (0, True), result.stderr
        assert "The log" not in result.stderr
        whole = tmp_path / "whole"
        args = ("train", "-d", rows, "--nb-epochs", 4, "--checkpoint-folder", whole)
        assert nn(*args, *self.OPTIONS, *self.REST).exit_code == 0
        once, twice = (load(path / "last.safetensors") for path in (whole, begun))
        assert (once.theta == twice.theta).all()
        assert once.run is not None
        assert twice.run is not None
        places = {name: once.run.remembered[name] for name in ("Checkpoint", "CSVLog")}
        assert once.run.remembered == {**twice.run.remembered, **places}
        kept = ("label", "header", "delimiter", "task", "checkpoint_stride", "checkpoint_steps")
        assert [twice.run.remembered["Remembered"][name] for name in kept] == ["0", False, ";", "classification", 2, 3]

    def test_names_of_columns_and_the_header(self, nn: Invoke, tmp_path: Path) -> None:
        path, folder = tmp_path / "names.csv", tmp_path / "ckpt"
        path.write_text("kind\tsize\n" + "".join(f"{['cat', 'dog'][i % 2]}\t{i}\n" for i in range(40)))
        args = ("train", "-d", path, "--checkpoint-folder", folder, "--nb-epochs")
        options = ("--label", "kind", "--delimiter", "\\t", "--header", "--model", "small")
        assert nn(*args, 1, *options).exit_code == 0
        assert nn(*args, 2, "--resume").exit_code == 0
        assert load(folder / "last.safetensors").classes == ["cat", "dog"]

    def test_what_is_given_comes_first_and_the_data_judge_it(
        self, nn: Invoke, rows: Path, begun: Path, tmp_path: Path
    ) -> None:
        commas = tmp_path / "commas.csv"
        commas.write_text(rows.read_text().replace(";", ","))
        args = ("train", "--resume", "--checkpoint-folder", begun, "--nb-epochs")
        same = nn(*args, 3, "-d", commas, "--delimiter", ",", "--label", "-3", "--checkpoint-stride", 1)
        assert same.exit_code == 0, same.stderr
        made = load(begun / "last.safetensors")
        assert made.run is not None
        kept = [made.run.remembered["Remembered"][name] for name in ("delimiter", "label", "checkpoint_stride")]
        assert kept == [",", "-3", 1]
        assert nn(*args, 4, "-d", commas).exit_code == 0  # what was given holds
        assert "found 1 column" in nn(*args, 5, "-d", rows).stderr

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (("--label", "1"), "labels must be in 0..4, for 5 classes; row 5 is 5"),
            (("--task", "regression"), "holds a network for classification, which regression cannot go on with"),
            (("--delimiter", ","), "a table needs a feature column beside the label; found 1 column"),
            (("--label", "9"), "label=9 is outside the 3 columns"),
        ],
    )
    def test_others_than_it_was_started_with_are_refused(
        self, nn: Invoke, rows: Path, begun: Path, options: tuple[str, ...], message: str
    ) -> None:
        before = (begun / "last.safetensors").read_bytes()
        args = ("train", "-d", rows, "--resume", "--nb-epochs", 3, "--checkpoint-folder", begun, *options)
        for force in ((), ("--force",)):
            result = nn(*args, *force)
            assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1), result.stderr
            assert message in result.stderr
        assert (begun / "last.safetensors").read_bytes() == before

    def test_a_run_that_is_done_says_so_before_the_data_are_read(self, nn: Invoke, begun: Path, tmp_path: Path) -> None:
        result = nn("train", "-d", tmp_path / "none.csv", "--resume", "--checkpoint-folder", begun)
        assert (result.exit_code, "trained for 2 epochs already" in result.stderr) == (1, True)


class TestHostileMemories:
    """What a file remembers is judged as the command line is."""

    @pytest.mark.parametrize(
        ("name", "value", "reason"),
        [
            ("batch_size", "many", ""),
            ("batch_size", True, ""),
            ("batch_size", 8.0, ""),
            ("batch_size", 0, ": 0 is not in the range x>=1."),
            ("batch_size", None, ""),
            ("nb_epochs", 10**40, ": more than 1,000,000,000 cannot be reckoned with."),
            ("validation_split", 1.0, ": 1.0 is not in the range 0<=x<1."),
            ("validation_split", float("nan"), ": nan is not a number."),
            ("validation_split", 0, ""),
            ("validation_order", "first", ": 'first' is not one of 'stratified', 'last'."),
            ("patience", -1, ": -1 is not in the range x>=1."),
            ("min_delta", float("inf"), ": inf is not in the range 0<=x<=1000000.0."),
            ("recommended", 1, ""),
            ("checkpoint_stride", 0, ": 0 is not in the range x>=1."),
            ("checkpoint_steps", [3], ""),
            ("label", -1, ""),
            ("label", "9" * 5000, ": a column is named in at most 1,000 letters; these are 5,000."),
            ("header", "yes", ""),
            ("delimiter", "ab", ": delimiter must be one character that no number has; found 'ab'; try ',' or ';'."),
            ("delimiter", "5", ": delimiter must be one character that no number has; found '5'; try ',' or ';'."),
            ("task", "clustering", ": 'clustering' is not one of 'classification', 'regression'."),
            ("loss_csv_path", "/etc/passwd", ""),
            ("train_data_dir", "/etc", ""),
            ("nonsense", {"a": 1}, ""),
        ],
    )
    def test_are_refused_in_one_line(
        self, nn: Invoke, digits: Path, folder: Path, name: str, value: object, reason: str
    ) -> None:
        remember(folder, name, value)
        args = ("train", "-d", digits, "--nb-epochs", 3, "--resume", "--checkpoint-folder", folder)
        for force in ((), ("--force",)):
            result = nn(*args, *force)
            assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1), result.stderr
            start = f"Error: {folder / 'last.safetensors'}: the run remembers {name} as {repr(value)[:50]}"
            assert result.stderr.startswith(start)
            assert result.stderr.endswith(f", which nn train never wrote{reason}\n")
            assert len(result.stderr) < len(str(folder)) + 300

    def test_settings_that_are_none_at_all(self, nn: Invoke, digits: Path, folder: Path) -> None:
        remember(folder, "", [1, 2])
        result = nn("train", "-d", digits, "--nb-epochs", 3, "--resume", "--checkpoint-folder", folder)
        assert (result.exit_code, "the run remembers settings as [1, 2], which" in result.stderr) == (1, True)

    def test_a_run_without_memories_goes_on_with_what_is_given(self, nn: Invoke, digits: Path, folder: Path) -> None:
        remember(folder, "", {})
        args = ("train", "-d", digits, "--nb-epochs", 3, "--resume", "--checkpoint-folder", folder)
        assert "batch-size was 32, now 128" in nn(*args).stderr
        assert nn(*args, *START[2:]).exit_code == 0

    def test_the_range_of_an_option_is_that_of_the_command_line(self, nn: Invoke) -> None:
        for name, value in (("nb-epochs", 10**10), ("label", "9" * 5000), ("delimiter", "ab"), ("min-delta", "nan")):
            result = nn("train", "-d", "x", f"--{name}", value)
            assert (result.exit_code, f"Invalid value for '--{name}'" in result.stderr) == (2, True)


class TestLog:
    """The log is where the command line says, or in the checkpoint folder; a file never says it."""

    def begin(self, nn: Invoke, digits: Path, folder: Path, *log: object) -> None:
        assert nn("train", "-d", digits, *START, "--nb-epochs", 1, "--checkpoint-folder", folder, *log).exit_code == 0

    def test_another_place_is_said_in_a_line(self, nn: Invoke, digits: Path, tmp_path: Path) -> None:
        folder, log = tmp_path / "ckpt", tmp_path / "other.csv"
        self.begin(nn, digits, folder, "--loss-csv-path", log)
        text = log.read_text()
        args = ("train", "-d", digits, "--resume", "--checkpoint-folder", folder, "--nb-epochs")
        result = nn(*args, 2)
        assert (result.exit_code, log.read_text()) == (0, text)
        line = f"The log was {log}; all epochs are now in {folder / 'loss.csv'} (--loss-csv-path)"
        assert result.stderr.splitlines().count(line) == 1
        assert [row[0] for row in (folder / "loss.csv").read_text().splitlines()] == ["e", "1", "2"]
        again = nn(*args, 3, "--loss-csv-path", log)
        assert (again.exit_code, [row[0] for row in log.read_text().splitlines()]) == (0, ["e", "1", "2", "3"])
        line = f"The log was loss.csv in the checkpoint folder; all epochs are now in {log} (--loss-csv-path)"
        assert line in again.stderr

    def test_the_same_place_is_not_worth_a_line(
        self, nn: Invoke, digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "ckpt"
        monkeypatch.chdir(tmp_path)
        self.begin(nn, digits, folder, "--loss-csv-path", "my.csv")
        args = ("train", "-d", digits, "--resume", "--checkpoint-folder", folder, "--nb-epochs", 2)
        result = nn(*args, "--loss-csv-path", tmp_path / "my.csv")
        assert (result.exit_code, "The log" in result.stderr) == (0, False)

    @pytest.mark.parametrize("value", ["mine.csv", "\x1b[31m\n" * 1000, 7])
    def test_a_log_that_a_file_names_is_only_shown(
        self, nn: Invoke, digits: Path, folder: Path, tmp_path: Path, value: object
    ) -> None:
        mine = tmp_path / "mine.csv"
        mine.write_text("epoch,train_loss,train_time,val_loss,val_accuracy\n")
        remember(folder, "log", str(mine) if value == "mine.csv" else value)
        result = nn("train", "-d", digits, "--nb-epochs", 3, "--resume", "--checkpoint-folder", folder)
        assert result.exit_code == 0
        assert mine.read_text().count("\n") == 1
        assert len((folder / "loss.csv").read_text().splitlines()) == 4
        shown = [line for line in result.stderr.splitlines() if line.startswith("The log was")]
        assert len(shown) == (value != 7)
        assert "\x1b" not in result.stderr
        assert all(len(line) < 2000 for line in shown)

    def test_another_runs_log_is_not_written_over(self, nn: Invoke, digits: Path, tmp_path: Path) -> None:
        for name in ("one", "two"):
            self.begin(nn, digits, tmp_path / name, *(("--batch-size", 16) if name == "two" else ()))
        log = tmp_path / "two" / "loss.csv"
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        args = ("train", "-d", digits, "--resume", "--checkpoint-folder", tmp_path / "one", "--nb-epochs", 2)
        result = nn(*args, "--loss-csv-path", log)
        assert (result.exit_code, result.stdout) == (1, "")
        assert f"Error: {log}: line 2 is not that of epoch 1 of this run" in result.stderr.splitlines()[-1]
        assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
        assert nn(*args, "--loss-csv-path", log, "--force").exit_code == 0
        assert [row[0] for row in log.read_text().splitlines()] == ["e", "1", "2"]

    def test_a_log_of_an_odd_name_is_remembered_too(self, nn: Invoke, digits: Path, tmp_path: Path) -> None:
        folder, log = tmp_path / "ckpt", tmp_path / "odd\udcff\n.csv"
        self.begin(nn, digits, folder, "--loss-csv-path", log)
        args = ("train", "-d", digits, "--resume", "--checkpoint-folder", folder, "--nb-epochs", 2)
        result = nn(*args, "--loss-csv-path", log)
        assert (result.exit_code, "The log" in result.stderr) == (0, False), result.stderr


def remember(folder: Path, name: str, value: object) -> None:
    """Let the last state remember this; without a name, in the place of all."""
    made = load(folder / "last.safetensors")
    assert made.run is not None
    if name:
        made.run.remembered["Remembered"][name] = value
    else:
        made.run.remembered["Remembered"] = value  # type: ignore[assignment]  # that is the point
    made.save(folder / "last.safetensors")
