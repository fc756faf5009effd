"""`nn train`: what it prints, writes, and refuses before it begins."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import numpy as np
import pytest
from click.testing import Result

from nn_layers import ELU, Dense, Glorot, ReLU, Standardize
from nn_loss import MSE, CrossEntropy
from nn_model import NN, Report, load
from nn_model.checkpoint import claim
from nn_model.cli.models import OPTIMIZERS
from nn_model.data import load_mnist
from nn_optim import SGD, Momentum, Nadam

Invoke = Callable[..., Result]
LINE = re.compile(r"Epoch \d/2, Loss: \d\.\d{4}, Val Loss: \d\.\d{4}, Val Acc: \d+\.\d\d%, Time: \d+\.\d\ds")
QUICK = ("--model", "small", "--nb-epochs", 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "first"


def test_prints_a_line_an_epoch_and_saves_last_best_and_log(nn: Invoke, digits: Path, folder: Path) -> None:
    result = nn("train", "-d", digits, "--nb-epochs", 2, "--checkpoint-folder", folder)
    assert result.exit_code == 0, result.output
    *epochs, accuracy = result.stdout.splitlines()
    assert [bool(LINE.fullmatch(line)) for line in epochs] == [True, True]
    assert "600 rows to train on, 10% of them for validation; 120 to test on" in result.stderr
    best = load(folder / "best.safetensors")
    report = best.evaluate(*load_mnist(digits)[2:])
    assert isinstance(report, Report)
    assert accuracy == f"Test Accuracy: {100 * report.accuracy:.2f}%"
    assert load(folder / "last.safetensors").step == 2 * 5
    log = (folder / "loss.csv").read_text().splitlines()
    assert log[0] == "epoch,train_loss,train_time,val_loss,val_accuracy"
    assert [row.partition(",")[0] for row in log[1:]] == ["1", "2"]


def test_the_default_network_is_that_of_rust_neural_networks(nn: Invoke, digits: Path, folder: Path) -> None:
    assert nn("train", "-d", digits, "--nb-epochs", 1, "--checkpoint-folder", folder).exit_code == 0
    glorot = Glorot("uniform")
    assert load(folder / "last.safetensors").layers == (Dense(64, 512, glorot), ReLU(), Dense(512, 10, glorot))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_has_a_name(nn: Invoke, digits: Path, folder: Path, name: str) -> None:
    options = ("--optimizer-name", name, "--learning-rate", 0.02, "--checkpoint-folder", folder)
    assert nn("train", "-d", digits, *QUICK, *options).exit_code == 0
    optimizer = load(folder / "last.safetensors").optimizer
    assert (type(optimizer).__name__.lower(), optimizer.lr) == (name, 0.02)


def test_options_reach_training(nn: Invoke, digits: Path, folder: Path, tmp_path: Path) -> None:
    log, picture = tmp_path / "my log.csv", tmp_path / "curves.png"
    result = nn(
        *("train", "-d", digits, "--model", "nn-rs", "--nb-epochs", 5, "--batch-size", 100, "--seed", 7),
        *("--validation-split", 0.2, "--validation-order", "last", "--loss-csv-path", log, "--plot", picture),
        *("--checkpoint-folder", folder, "--checkpoint-stride", 2, "--checkpoint-steps", 3),
    )
    assert result.exit_code == 0, result.output
    nn_rs = load(folder / "last.safetensors")
    assert nn_rs.run is not None
    kept = {name: nn_rs.run.fingerprint[name] for name in ("batch_size", "rows", "seed", "validation")}
    assert kept == {"batch_size": 100, "rows": 480, "seed": 7, "validation": "0.2 last"}
    assert [layer for layer in nn_rs.layers if layer == ELU()] == [ELU()] * 3
    assert len(log.read_text().splitlines()) == 6
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert not (folder / "loss.csv").exists()


def test_patience_stops_early(nn: Invoke, digits: Path, folder: Path) -> None:
    options = ("--patience", 1, "--min-delta", 100, "--checkpoint-folder", folder, "--nb-epochs", 9)
    result = nn("train", "-d", digits, "--model", "small", *options)
    assert "Early stopping triggered after epoch 2 (no improvement for 1 epoch)" in result.stdout
    assert result.exit_code == 0


def test_without_validation_the_training_loss_is_watched(nn: Invoke, digits: Path, folder: Path) -> None:
    options = ("--validation-split", 0, "--patience", 1, "--min-delta", 100, "--checkpoint-folder", folder)
    result = nn("train", "-d", digits, "--model", "small", *options)
    assert "Val Loss" not in result.stdout
    assert "Early stopping triggered after epoch 2" in result.stdout
    assert (folder / "best.safetensors").is_file()


def test_a_folder_without_test_files_trains_too(nn: Invoke, digits: Path, folder: Path, tmp_path: Path) -> None:
    half = tmp_path / "half"
    half.mkdir()
    for path in digits.glob("train*"):
        (half / path.name).write_bytes(path.read_bytes())
    result = nn("train", "-d", half, *QUICK, "--checkpoint-folder", folder)
    assert (result.exit_code, "Test Accuracy" in result.stdout) == (0, False)


class TestSpec:
    """`--model FILE`."""

    @pytest.fixture
    def spec(self, tmp_path: Path) -> Path:
        layers = [{"kind": "Dense", "in_features": None, "out_features": 10}]
        path = tmp_path / "spec.json"
        path.write_text(json.dumps({"layers": layers, "optimizer": {"kind": "Nadam", "lr": 0.25}, "seed": 5}))
        return path

    def test_what_it_leaves_open_comes_from_the_data(self, nn: Invoke, digits: Path, folder: Path, spec: Path) -> None:
        args = ("train", "-d", digits, "--model", spec, "--nb-epochs", 1, "--checkpoint-folder", folder)
        assert nn(*args).exit_code == 0
        made = load(folder / "last.safetensors")
        assert (made.layers, made.loss) == ((Dense(64, 10),), CrossEntropy())
        assert (made.optimizer, made.seed) == (Nadam(lr=0.25), 5)

    @pytest.mark.parametrize(
        ("options", "optimizer", "seed"),
        [
            (("--learning-rate", 0.5, "--seed", 9), Nadam(lr=0.5), 9),
            (("--optimizer-name", "momentum"), Momentum(lr=0.001), 5),
            (("--optimizer-name", "sgd", "--learning-rate", 0.5), SGD(lr=0.5), 5),
        ],
    )
    def test_what_a_person_chooses_comes_first(
        self,
        nn: Invoke,
        digits: Path,
        folder: Path,
        spec: Path,
        options: tuple[object, ...],
        optimizer: object,
        seed: int,
    ) -> None:
        args = ("train", "-d", digits, "--model", spec, "--nb-epochs", 1, "--checkpoint-folder", folder)
        assert nn(*args, *options).exit_code == 0
        made = load(folder / "last.safetensors")
        assert (made.optimizer, made.seed) == (optimizer, seed)

    def test_images_take_the_shape_that_it_asks_for(
        self, nn: Invoke, digits: Path, folder: Path, tmp_path: Path
    ) -> None:
        path = tmp_path / "flat.json"
        layers = [{"kind": "Flatten"}, {"kind": "Dense", "in_features": None, "out_features": 10}]
        path.write_text(json.dumps({"layers": layers, "input_shape": [1, 8, 8]}))
        args = ("--model", path, "--nb-epochs", 1, "--checkpoint-folder", folder)
        assert nn("train", "-d", digits, *args).exit_code == 0
        assert load(folder / "best.safetensors").core.layout.input_shape == (1, 8, 8)

    def test_what_summary_prints_is_one(self, nn: Invoke, digits: Path, folder: Path, tmp_path: Path) -> None:
        path = tmp_path / "small.json"
        spec = json.loads(nn("summary", "--model", "small", "--json").stdout)
        spec["layers"][0]["in_features"], spec["input_shape"] = 64, None
        path.write_text(json.dumps(spec))
        args = ("--model", path, "--nb-epochs", 1, "--checkpoint-folder", folder)
        assert nn("train", "-d", digits, *args).exit_code == 0
        assert load(folder / "last.safetensors").layers == (Dense(64, 64), ReLU(), Dense(64, 10))

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("[]", "spec must be an object"),
            ("{", "not valid JSON"),
            ('{"layers": [{"kind": "Dense"}]}', "layers[0]: Dense needs the option in_features"),
            ('{"layers": [{"kind": "os.system"}]}', "there is no layer 'os.system'; known are"),
            (
                '{"layers": [{"kind": "Dense", "in_features": 7, "out_features": 10}]}',
                "rows of 7 numbers; these have 64",
            ),
        ],
    )
    def test_a_bad_one_is_refused(
        self, nn: Invoke, digits: Path, folder: Path, tmp_path: Path, text: str, message: str
    ) -> None:
        path = tmp_path / "bad.json"
        path.write_text(text)
        result = nn("train", "-d", digits, "--model", path, "--checkpoint-folder", folder)
        assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
        assert message in result.stderr
        assert not folder.exists()

    def test_a_name_that_is_none_is_told_those_that_are(self, nn: Invoke, digits: Path, folder: Path) -> None:
        for args in (("train", "-d", digits, "--checkpoint-folder", folder), ("summary",)):
            result = nn(*args, "--model", "mpl")
            assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
            assert (
                "mpl: there is no such file; --model takes a spec in JSON, or one of mlp, mnist_mlp, " in result.stderr
            )
        assert not folder.exists()

    def test_a_checkpoint_is_no_spec(self, nn: Invoke, digits: Path, folder: Path, best: Path) -> None:
        result = nn("train", "-d", digits, "--model", best, "--checkpoint-folder", folder)
        assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
        assert f"{best}: this is a checkpoint, and --model takes a spec in JSON; " in result.stderr
        assert "nn summary --json --checkpoint" in result.stderr


def test_threads_are_those_that_are_asked_for(nn: Invoke, digits: Path, folder: Path) -> None:
    pytest.importorskip("threadpoolctl")
    assert nn("train", "-d", digits, *QUICK, "--threads", 1, "--checkpoint-folder", folder).exit_code == 0
    assert nn("train", "-d", digits, "--nb-epochs", 2, "--resume", "--checkpoint-folder", folder).exit_code == 0
    run = load(folder / "last.safetensors").run
    assert run is not None
    assert (run.threads, run.remembered["Remembered"]["threads"]) == (1, 1)


class TestTables:
    """CSV files: features of any scale, classes by name, values."""

    def write(self, path: Path, rows: list[str]) -> Path:
        path.write_text("\n".join(rows) + "\n")
        return path

    def flowers(self, path: Path, delimiter: str = ",") -> Path:
        """Write two kinds that differ in a feature of thousands, beside one of thousandths."""
        rng = np.random.default_rng(0)
        rows = []
        for i in range(60):
            kind = i % 2
            rows.append(
                [
                    f"{3000 + 2000 * kind + rng.normal() * 50:.2f}",
                    f"{rng.normal() / 1000:.5f}",
                    ["iris", "rose"][kind],
                ]
            )
        return self.write(path, [delimiter.join(row) for row in [["height", "gloss", "kind"], *rows]])

    def test_classes_by_name(self, nn: Invoke, folder: Path, tmp_path: Path) -> None:
        path = self.flowers(tmp_path / "flowers.csv")
        options = ("--model", "small", "--learning-rate", 0.01, "--nb-epochs", 20, "--batch-size", 8)
        result = nn("train", "-d", path, *options, "--checkpoint-folder", folder, "--label", "kind")
        assert result.exit_code == 0, result.output
        assert load(folder / "best.safetensors").classes == ["iris", "rose"]
        report = nn("test", "--checkpoint", folder / "best.safetensors", "-d", path, "--json")
        assert json.loads(report.stdout)["accuracy"] == 1
        rows = self.write(tmp_path / "new.csv", ["3010,0.0001", "4990,0.0002"])
        answers = nn("run", "--checkpoint", folder / "best.safetensors", "--image-path", rows)
        assert answers.stdout.splitlines()[::3] == [f"{rows}, row 1", f"{rows}, row 2"]
        assert answers.stdout.splitlines()[1::3] == ["Prediction: iris", "Prediction: rose"]

    def test_standardisation_has_seen_the_training_rows_only(self, nn: Invoke, folder: Path, tmp_path: Path) -> None:
        rows = [f"{i},{i % 2}" for i in range(40)]
        path = self.write(tmp_path / "line.csv", rows)
        options = (*QUICK, "--validation-split", 0.25, "--validation-order", "last", "--checkpoint-folder", folder)
        assert nn("train", "-d", path, *options).exit_code == 0
        made = load(folder / "last.safetensors")
        assert made.layers[0] == Standardize()
        assert made.weights()["layers.0.mean"].tolist() == [np.arange(30).mean()]

    def test_labels_are_the_networks_own_classes(self, nn: Invoke, tmp_path: Path) -> None:
        made = NN([Dense(1, 2)], CrossEntropy(), SGD(), classes=[3, 5])
        made.set_weights({"layers.0.w": [[-1.0, 1.0]]})
        made.save(tmp_path / "model.json")
        args = ("test", "--checkpoint", tmp_path / "model.json", "--json", "-d")
        right = self.write(tmp_path / "right.csv", ["-1,3", "1,5", "2,5"])
        assert json.loads(nn(*args, right).stdout)["accuracy"] == 1
        for rows, message in ((["1,3", "1,4"], "4"), (["1,cat", "2,dog"], "labels must be numbers, as the network's")):
            result = nn(*args, self.write(tmp_path / "wrong.csv", rows))
            assert (result.exit_code, result.stdout, message in result.stderr) == (1, "", True)

    def test_numbers_are_classes_or_values(self, nn: Invoke, folder: Path, tmp_path: Path) -> None:
        path = self.write(tmp_path / "line.csv", [f"{i / 10}\t{i % 3}" for i in range(60)])
        options = (*QUICK, "--delimiter", "\\t", "--no-header")
        assert nn("train", "-d", path, *options, "--checkpoint-folder", folder / "a").exit_code == 0
        assert load(folder / "a" / "last.safetensors").classes == [0, 1, 2]
        values = ("--task", "regression", "--checkpoint-folder", folder / "b")
        assert nn("train", "-d", path, *options, *values).exit_code == 0
        made = load(folder / "b" / "last.safetensors")
        assert (made.task, made.loss) == ("regression", MSE())

    def test_regression_from_end_to_end(self, nn: Invoke, folder: Path, tmp_path: Path) -> None:
        path = self.write(tmp_path / "line.csv", [f"{i / 10},{i / 5 + 0.5}" for i in range(60)])
        options = ("--model", "small", "--learning-rate", 0.05, "--nb-epochs", 60, "--checkpoint-folder", folder)
        assert nn("train", "-d", path, *options).exit_code == 0
        best = folder / "best.safetensors"
        report = json.loads(nn("test", "--checkpoint", best, "-d", path, "--json").stdout)
        assert report["r2"] > 0.9
        answers = json.loads(nn("run", "--checkpoint", best, path, "--label", "-1", "--json").stdout)
        assert (len(answers), answers[59]["row"], list(answers[0])) == (60, 60, ["file", "row", "prediction"])
        plain = nn("run", "--checkpoint", best, path, "--label", "-1").stdout.splitlines()
        assert plain[:2] == [f"{path}, row 1", f"Prediction: {answers[0]['prediction']}"]
        refused = nn("test", "--checkpoint", best, "-d", path, "--plot", tmp_path / "p.png")
        assert (refused.exit_code, "gives values, not classes" in refused.stderr) == (2, True)

    def test_other_columns_than_it_was_trained_on(self, nn: Invoke, best: Path, tmp_path: Path) -> None:
        path = self.write(tmp_path / "line.csv", ["1,2,3"])
        result = nn("run", "--checkpoint", best, path)
        wanted = f"Error: {path}: the network takes rows of 64 numbers; these have 3; give the kind of data"
        assert (result.exit_code, result.stderr.startswith(wanted)) == (1, True)


class TestRefusals:
    """Nothing is begun that could not be finished, and nothing lost."""

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            ((), "Missing option '--train-data-dir' / '-d'"),
            (("-d", "x", "--no-such-flag"), "No such option"),
            (("-d", "x", "--nb-epochs", 0), "0 is not in the range x>=1"),
            (("-d", "x", "--batch-size", "many"), "'many' is not a valid integer"),
            (("-d", "x", "--learning-rate", -1), "-1.0 is not in the range"),
            (("-d", "x", "--learning-rate", "nan"), "nan is not a number"),
            (("-d", "x", "--learning-rate", "inf"), "inf is not in the range"),
            (("-d", "x", "--validation-split", 1), "is not in the range 0<=x<1"),
            (("-d", "x", "--optimizer-name", "lion"), "'lion' is not one of 'sgd', 'momentum'"),
            (("-d", "x", "--delimiter", ""), "delimiter must be one character that no number has; found ''"),
            (("-d", "x", "--delimiter", "ab"), "delimiter must be one character that no number has; found 'ab'"),
            (("-d", "x", "--threads", 0), "0 is not in the range x>=1"),
            (("-d", ""), "Invalid value for '--train-data-dir' / '-d': an empty text names no file."),
            (("-d", "x", "--checkpoint-folder", ""), "'--checkpoint-folder': an empty text names no file."),
            (("-d", "x", "--loss-csv-path", ""), "'--loss-csv-path': an empty text names no file."),
        ],
    )
    def test_wrong_usage_is_exit_2(self, nn: Invoke, args: tuple[object, ...], message: str) -> None:
        result = nn("train", *args)
        assert (result.exit_code, result.stdout) == (2, "")
        assert message in result.stderr
        assert "Usage: " in result.stderr

    def test_data_that_are_not_there(self, nn: Invoke, tmp_path: Path, folder: Path) -> None:
        for path, message in ((tmp_path / "none", "No such file"), (tmp_path, "train-images-idx3-ubyte is needed")):
            result = nn("train", "-d", path, "--checkpoint-folder", folder)
            assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
            assert message in result.stderr
        assert not folder.exists()

    @pytest.mark.parametrize("name", ["last.safetensors", "best.safetensors", "loss.csv"])
    def test_files_that_are_there_stay(self, nn: Invoke, digits: Path, folder: Path, name: str) -> None:
        folder.mkdir(parents=True)
        (folder / name).write_text("mine")
        result = nn("train", "-d", digits, *QUICK, "--checkpoint-folder", folder)
        assert (result.exit_code, (folder / name).read_text()) == (1, "mine")
        go_on = "--resume to go on, or " if name == "last.safetensors" else ""
        assert f"{folder / name}: is there already; give {go_on}--force" in result.stderr
        assert [path.name for path in folder.iterdir()] == [name]

    def test_a_run_begins_with_the_weights_of_another(self, nn: Invoke, digits: Path, folder: Path, best: Path) -> None:
        begin = ("train", "-d", digits, "--model", "small", "--nb-epochs", 1, "--learning-rate", 1e-9)
        result = nn(*begin, "--optimizer-name", "sgd", "--weights-only", best, "--checkpoint-folder", folder)
        assert result.exit_code == 0, result.stderr
        again = load(folder / "last.safetensors")
        np.testing.assert_allclose(again.theta, load(best).theta, atol=1e-5)
        assert (repr(again.optimizer), len(again.run.history if again.run else [])) == ("SGD(lr=1e-09)", 1)

    def test_weights_of_another_network_are_refused(self, nn: Invoke, digits: Path, folder: Path, best: Path) -> None:
        for model, message in (("mlp", "layers.0.w must have the shape"), ("nn-rs", "layers.4.b is not in the file")):
            args = ("--model", model, "--weights-only", best, "--checkpoint-folder", folder)
            result = nn("train", "-d", digits, *args)
            assert (result.exit_code, message in result.stderr) == (1, True), result.stderr
        assert nn("train", "-d", digits, "--resume", "--weights-only", best).exit_code == 2

    def test_force_replaces_them(self, nn: Invoke, digits: Path, folder: Path) -> None:
        args = ("train", "-d", digits, *QUICK, "--checkpoint-folder", folder)
        for extra in ((), ("--force",)):
            assert nn(*args, *extra).exit_code == 0
        assert len((folder / "loss.csv").read_text().splitlines()) == 2
        assert (folder / "best.safetensors.bak").is_file()  # another run's best must not pass for this one's

    def test_a_picture_is_looked_at_before_training(
        self, nn: Invoke, digits: Path, folder: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "there.png").write_text("mine")
        for name, message in (
            ("there.png", "is there already"),
            ("a.docx", "must name a format"),
            ("no/a.png", "not exist"),
        ):
            result = nn("train", "-d", digits, *QUICK, "--checkpoint-folder", folder, "--plot", tmp_path / name)
            assert (result.exit_code, result.stdout) == (1, "")
            assert message in result.stderr
        assert not folder.exists()

    def test_folders_that_cannot_be_written(self, nn: Invoke, digits: Path, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        (tmp_path / "nowhere").symlink_to("none")
        (tmp_path / "odd" / "last.safetensors").mkdir(parents=True)
        no_folder = "this is no folder, and --checkpoint-folder names one; choose another name"
        for folder, message in (
            (Path("/proc/nn"), "/proc/nn: cannot be written: No such file or directory"),
            (Path("/proc/nn/ckpt"), "/proc/nn: cannot be written: No such file or directory"),
            (tmp_path / "file", f"{tmp_path / 'file'}: {no_folder}"),
            (tmp_path / "file" / "ckpt", f"{tmp_path / 'file'}: {no_folder}"),
            (tmp_path / "nowhere", f"{tmp_path / 'nowhere'}: {no_folder}"),
            (tmp_path / "odd", "this is a folder"),
        ):
            result = nn("train", "-d", digits, *QUICK, "--checkpoint-folder", folder)
            assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1), result.stderr
            assert message in result.stderr
        assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "nowhere", "odd"]

    @pytest.mark.parametrize("force", [(), ("--force",)])
    def test_what_cannot_be_a_log_is_found_before_a_folder_is_made(
        self, nn: Invoke, digits: Path, folder: Path, tmp_path: Path, force: tuple[str, ...]
    ) -> None:
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "empty").touch()
        (tmp_path / "link").symlink_to("empty")
        args = ("train", "-d", digits, *QUICK, "--checkpoint-folder", folder, *force, "--loss-csv-path")
        for log, message in (
            (tmp_path / "pipe", "this is a link, pipe or device, which would be replaced; name a file"),
            (tmp_path, "this is a folder; name a file in it"),
            (tmp_path / "none" / "loss.csv", "none does not exist; make it first"),
            (folder / "logs" / "loss.csv", "logs does not exist; make it first"),
            (tmp_path / "link", "which would be replaced" if force else "is there already; give --force"),
        ):
            result = nn(*args, log)
            assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1), result.stderr
            assert message in result.stderr
        assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "link", "pipe"]
        assert (tmp_path / "link").is_symlink()

    def test_a_fault_of_the_data_leaves_no_folder_behind(self, nn: Invoke, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "halves.csv").write_text("".join(f"{i + 0.5},{i}\n" for i in range(20)))
        spec = tmp_path / "spec.json"
        spec.write_text('{"layers": [{"kind": "Dense", "in_features": 1, "out_features": 3}], "loss": "cross entropy"}')
        spec.write_text(spec.read_text().replace('"cross entropy"', '{"kind": "CrossEntropy"}'))
        args = ("train", "-d", tmp_path / "halves.csv", "--model", spec, "--label", 0, "--checkpoint-folder", folder)
        result = nn(*args)
        assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
        assert result.stderr.startswith(f"Error: {tmp_path / 'halves.csv'}: class labels must be whole numbers; row 0")
        assert not folder.parent.exists()

    def test_files_may_come_into_folders_that_are_to_be_made(self, nn: Invoke, digits: Path, folder: Path) -> None:
        log, picture = folder.parent / "loss.csv", folder / "curves.png"
        args = ("--checkpoint-folder", folder, "--loss-csv-path", log, "--plot", picture)
        result = nn("train", "-d", digits, *QUICK, *args)
        assert (result.exit_code, log.is_file(), picture.is_file()) == (0, True, True), result.stderr

    def test_what_a_run_reads_is_never_written_to(
        self, nn: Invoke, digits: Path, folder: Path, best: Path, tmp_path: Path
    ) -> None:
        rows = tmp_path / "rows.csv"
        rows.write_text("".join(f"{i},{i % 2}\n" for i in range(40)))
        half = tmp_path / "half"
        half.mkdir()
        for path in digits.glob("train*"):
            (half / path.name).write_bytes(path.read_bytes())
        spec, weights = tmp_path / "spec.json", tmp_path / "weights.safetensors"
        spec.write_text(nn("summary", "--checkpoint", best, "--json").stdout)
        weights.write_bytes(best.read_bytes())
        (tmp_path / "hard.csv").hardlink_to(rows)
        (tmp_path / "soft.csv").symlink_to(rows)
        named = tmp_path / "named" / "last.safetensors"
        named.parent.mkdir()
        named.write_bytes(rows.read_bytes())
        cases: tuple[tuple[object, ...], ...] = (
            (rows, "--loss-csv-path", rows),
            (rows, "--loss-csv-path", tmp_path / "half" / ".." / "rows.csv"),
            (rows, "--loss-csv-path", tmp_path / "hard.csv"),
            (tmp_path / "soft.csv", "--loss-csv-path", rows),
            (named, "--checkpoint-folder", named.parent),
            (half, "--loss-csv-path", half / "train-images-idx3-ubyte"),
            (half, "--loss-csv-path", half / "train-labels-idx1-ubyte.gz"),
            (half, "--model", spec, "--loss-csv-path", spec),
            (half, "--weights-only", weights, "--model", "small", "--loss-csv-path", weights),
        )
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        for data, *options in cases:
            result = nn("train", "--checkpoint-folder", folder, "-d", data, *QUICK[2:], *options, "--force")
            assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1), result.stderr
            assert "cannot be written to: the command reads it; name another file" in result.stderr
            assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
        assert not folder.parent.exists()

    def test_two_things_are_not_written_to_one_file(self, nn: Invoke, digits: Path, folder: Path) -> None:
        for options in (
            ("--loss-csv-path", folder / "a.png", "--plot", folder / "a.png"),
            ("--loss-csv-path", folder / "best.safetensors"),
            ("--loss-csv-path", folder / "last.safetensors"),
        ):
            result = nn("train", "-d", digits, *QUICK, "--checkpoint-folder", folder, *options, "--force")
            assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
            assert "cannot be written to: something else is written there; name another file" in result.stderr
        assert not folder.parent.exists()

    def test_training_into_the_folder_of_the_data_is_fine(self, nn: Invoke, digits: Path, tmp_path: Path) -> None:
        for path in digits.iterdir():
            (tmp_path / path.name).write_bytes(path.read_bytes())
        args = ("train", "-d", tmp_path, *QUICK, "--checkpoint-folder", tmp_path)
        assert nn(*args).exit_code == 0
        assert nn(*args, "--force").exit_code == 0

    def test_labels_that_the_network_has_no_class_for(
        self, nn: Invoke, digits: Path, folder: Path, tmp_path: Path
    ) -> None:
        path = tmp_path / "three.json"
        path.write_text('{"layers": [{"kind": "Dense", "in_features": 64, "out_features": 3}]}')
        result = nn("train", "-d", digits, "--model", path, "--checkpoint-folder", folder)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(f"Error: {digits}: labels must be")
        assert not folder.exists()

    def test_divergence_keeps_what_was_saved(self, nn: Invoke, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "line.csv").write_text("".join(f"{i / 10},{i / 5}\n" for i in range(60)))
        spec = tmp_path / "line.json"
        spec.write_text('{"layers": [{"kind": "Dense", "in_features": 1, "out_features": 1}]}')
        args = (
            "--model",
            spec,
            "--optimizer-name",
            "sgd",
            "--learning-rate",
            1,
            "--nb-epochs",
            99,
            "--task",
            "regression",
        )
        result = nn("train", "-d", tmp_path / "line.csv", *args, "--checkpoint-folder", folder)
        assert result.exit_code == 1
        assert re.fullmatch(r"Error: .*(not finite|overflow).*", result.stderr.splitlines()[-1])
        for name in ("last", "best"):
            assert np.isfinite(load(folder / f"{name}.safetensors").theta).all()


def test_a_second_process_at_the_same_files_is_warned(
    process: Callable[..., Popen[bytes]], digits: Path, folder: Path
) -> None:
    folder.mkdir(parents=True)
    for name in ("last.safetensors", "loss.csv"):
        with claim(folder / name):
            running = process("train", "-d", digits, *QUICK, "--checkpoint-folder", folder, "--force")
            _, messages = running.communicate(timeout=30)
        warnings = [line for line in messages.decode().splitlines() if line.startswith("Warning: ")]
        assert running.returncode == 0
        assert len(warnings) == 1
        assert f"{name}: another process writes to this path" in warnings[0]


def test_two_processes_on_one_folder_mix_nothing(
    process: Callable[..., Popen[bytes]], digits: Path, folder: Path
) -> None:
    args = ("train", "-d", digits, "--model", "small", "--batch-size", 8, "--checkpoint-folder", folder, "--force")
    running = []
    for seed in (1, 2):
        running.append(process(*args, "--nb-epochs", 300, "--seed", seed))
        stdout = running[-1].stdout
        assert stdout is not None
        assert stdout.readline().startswith(b"Epoch 1/300")
    done = [each.communicate(timeout=60) for each in running]
    assert [each.returncode for each in running] == [0, 0]
    assert f"{folder / 'loss.csv'}: another process writes to this path" in done[1][1].decode()
    assert all(b"Traceback" not in messages for _, messages in done)
    _, *rows = [line.split(",") for line in (folder / "loss.csv").read_text().splitlines()]
    assert [row[0] for row in rows] == [str(epoch) for epoch in range(1, 301)]
    losses = [float(row[1]) for row in rows]
    # The pipe's reader has kept the first lines.
    printed = [
        [float(re.split("[:,] ?", line)[2]) for line in out.decode().splitlines() if "Loss" in line] for out, _ in done
    ]
    assert min(map(len, printed)) > 5
    assert any(losses[-len(each) :] == pytest.approx(each, abs=6e-5) for each in printed)
    assert printed[0][:5] != pytest.approx(printed[1][:5], abs=6e-5)
    states = [load(folder / f"{name}.safetensors") for name in ("last", "best")]
    assert all(np.isfinite(state.theta).all() for state in states)
    assert sorted(path.name for path in folder.iterdir() if path.name[0] == ".") == []
