"""`nn` as a process: its entry points, streams, exit codes and languages; and what its faults look like."""

import errno
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from subprocess import Popen
from typing import Any

import click
import pytest
from click.testing import Result

import nn_model
from nn_model import cli
from nn_model.cli import faults
from nn_model.cli import process as module
from nn_model.cli.app import app
from nn_model.cli.train import train
from nn_model.errors import CallbackError, DataError
from nn_optim import Adam

Invoke = Callable[..., Result]
Process = Callable[..., Popen[bytes]]


def lines(content: bytes) -> list[str]:
    return content.decode().splitlines()


def small_run(digits: Path, folder: Path) -> tuple[object, ...]:
    return ("train", "-d", digits, "--model", "small", "--nb-epochs", 2, "--checkpoint-folder", folder)


# What every command that prints is given: a network, a folder of digits, and a folder to write in.
WRITERS: dict[str, Callable[[Path, Path, Path], tuple[object, ...]]] = {
    "nn": lambda *_: ("--help",),
    "version": lambda *_: ("--version",),
    "train": lambda _, digits, folder: small_run(digits, folder / "ckpt"),
    "test": lambda best, digits, _: ("test", "--checkpoint", best, "-d", digits),
    "test in JSON": lambda best, digits, _: ("test", "--checkpoint", best, "-d", digits, "--json"),
    "run": lambda best, _, folder: ("run", "--checkpoint", best, raw_picture(folder / "picture")),
    "run in JSON": lambda best, _, folder: ("run", "--checkpoint", best, raw_picture(folder / "picture"), "--json"),
    "summary": lambda best, *_: ("summary", "--checkpoint", best),
    "summary in JSON": lambda *_: ("summary", "--model", "mlp", "--json"),
    "explain": lambda best, *_: ("explain", "--checkpoint", best),
    "data mnist": lambda _, __, folder: ("data", "mnist", folder),
    "plot": lambda *_: ("plot", "--help"),  # it prints nothing else, nor does this one
    "data": lambda *_: ("data", "--help"),
}


def entry_of(command: str) -> dict[str, Any]:
    """Give the way into the program: where MNIST is wanted, into one that holds all its files to be there."""
    there = "from nn_model.data import download; download.FILES = {}; from nn_model.cli import main; main()"
    return {"entry": ("-c", there)} if command == "data mnist" else {}


def raw_picture(path: Path) -> Path:
    path.write_bytes(bytes(64))
    return path


class TestEntry:
    def test_the_package_has_the_command(self) -> None:
        (entry,) = entry_points(group="console_scripts", name="nn")
        assert entry.load() is cli.main

    def test_python_m_is_the_command(self, process: Process) -> None:
        out, err = process("--version").communicate(timeout=20)
        assert (lines(out), err) == ([f"nn, version {nn_model.__version__}"], b"")

    def test_the_script_lies_beside_python(self) -> None:
        script = Path(sys.executable).with_name("nn")
        done = subprocess.run([script, "summary", "--model", "mlp"], capture_output=True, check=True)  # noqa: S603  # ours
        assert b"407,050 parameters" in done.stdout

    def test_without_click_one_line_says_what_to_install(self) -> None:
        code = "import sys; sys.modules['click'] = None; import nn_model.cli; nn_model.cli.main()"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)  # noqa: S603  # ours
        assert (done.returncode, done.stdout) == (1, b"")
        wanted = "nn: click is needed for the command line and not installed; run: pip install nn-model[cli]"
        assert lines(done.stderr) == [wanted]

    @pytest.mark.parametrize("module", ["PIL", "matplotlib"])
    def test_without_another_extra_too(self, digits: Path, best: Path, tmp_path: Path, module: str) -> None:
        (tmp_path / "p.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        args = ["test", "-d", str(digits), "--plot", str(tmp_path / "o.png")] if module != "PIL" else ["run", "p.png"]
        code = f"import sys; sys.modules[{module!r}] = None; from nn_model.cli import main; main()"
        command = [sys.executable, "-c", code, *args, "--checkpoint", str(best)]
        done = subprocess.run(command, capture_output=True, check=False, cwd=tmp_path)  # noqa: S603  # ours
        assert (done.returncode, done.stdout) == (1, b"")
        assert "run: pip install nn-model[" in lines(done.stderr)[0]
        assert len(lines(done.stderr)) == 1

    def test_import_costs_no_click(self) -> None:
        code = "import sys, nn_model.cli; sys.exit('click' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603  # ours

    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_completion_is_printed(self, shell: str, process: Process) -> None:
        env = {**os.environ, "_NN_COMPLETE": f"{shell}_source"}
        out, _ = process(env=env).communicate(timeout=20)
        assert b"_NN_COMPLETE" in out

    @pytest.mark.parametrize(("words", "wanted"), [("nn tr", "train"), ("nn summary --model n", "nn-rs")])
    def test_completion_knows_commands_and_presets(self, process: Process, words: str, wanted: str) -> None:
        env = {**os.environ, "_NN_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        out, _ = process(env=env).communicate(timeout=20)
        assert f"plain,{wanted}" in lines(out)


class TestStreams:
    def test_a_reader_that_leaves_early(self, process: Process, best: Path, tmp_path: Path) -> None:
        rows = tmp_path / "rows.csv"
        rows.write_text((",".join(["0.5"] * 64) + "\n") * 5000)
        running = process("run", "--checkpoint", best, rows)
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline() == f"{rows}, row 1\n".encode()
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(20) == 1

    def test_a_reader_of_training_that_leaves_early(self, process: Process, digits: Path, tmp_path: Path) -> None:
        args = ("--model", "small", "--nb-epochs", 100_000, "--checkpoint-folder", tmp_path / "ckpt")
        running = process("train", "-d", digits, *args)
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        messages = running.stderr.read()
        assert (running.wait(20), b"Traceback" in messages, b"Exception" in messages) == (1, False, False)

    @pytest.mark.parametrize("command", WRITERS)
    def test_a_full_device(self, process: Process, command: str, best: Path, digits: Path, tmp_path: Path) -> None:
        with Path("/dev/full").open("wb") as full:
            running = process(*WRITERS[command](best, digits, tmp_path), stdout=full, **entry_of(command))
            _, messages = running.communicate(timeout=30)
        assert running.returncode == 1
        assert lines(messages)[-1] == "Error: output: No space left on device"
        assert b"Traceback" not in messages
        assert b"Exception" not in messages

    @pytest.mark.parametrize("command", WRITERS)
    def test_a_reader_that_has_gone(
        self, process: Process, command: str, best: Path, digits: Path, tmp_path: Path
    ) -> None:
        read, write = os.pipe()
        os.close(read)
        running = process(*WRITERS[command](best, digits, tmp_path), stdout=write, **entry_of(command))
        os.close(write)
        _, messages = running.communicate(timeout=30)
        assert running.returncode == 1
        assert not any(word in messages for word in (b"Traceback", b"Exception", b"Error"))

    @pytest.mark.parametrize("command", WRITERS)
    def test_a_reader_of_one_line(
        self, process: Process, command: str, best: Path, digits: Path, tmp_path: Path
    ) -> None:
        running = process(*WRITERS[command](best, digits, tmp_path), **entry_of(command))
        head = subprocess.run(["head", "-1"], stdin=running.stdout, capture_output=True, check=True, timeout=30)  # noqa: S607  # any head will do
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        messages = running.stderr.read()
        assert running.wait(30) in {0, 1}  # it may have been done before
        assert head.stdout.count(b"\n") == 1
        assert not any(word in messages for word in (b"Traceback", b"Exception", b"Error"))

    @pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
    def test_closed_streams(self, digits: Path, tmp_path: Path, closed: str) -> None:
        options = f"--model small --nb-epochs 1 --checkpoint-folder {tmp_path}/ckpt"
        command = f"{sys.executable} -m nn_model.cli train -d {digits} {options} {closed}"
        done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False)  # noqa: S603  # ours
        assert done.returncode == 0
        assert b"Traceback" not in done.stdout + done.stderr
        assert (tmp_path / "ckpt" / "best.safetensors").is_file()

    def test_an_interrupt_outside_of_training(self, process: Process, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            silent.settimeout(20)
            address = f"http://127.0.0.1:{silent.getsockname()[1]}"
            running = process("data", "mnist", tmp_path / "mnist", "--mirror", address)
            asking, _ = silent.accept()
            with asking:
                assert asking.recv(3) == b"GET"
                running.send_signal(signal.SIGINT)
                _, messages = running.communicate(timeout=20)
        assert (running.returncode, messages.split()) == (130, [b"Interrupted"])
        assert list((tmp_path / "mnist").iterdir()) == []


ODD = ["two words", "new\nline", "umlaut ä", b"byte \xff".decode("utf-8", "surrogateescape")]
PLAIN = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


class TestLanguage:
    @pytest.mark.parametrize("plain", [PLAIN, {}])
    def test_any_name_works_under_any_locale(
        self, process: Process, best: Path, tmp_path: Path, plain: dict[str, str]
    ) -> None:
        env = {**os.environ, **plain}
        for name in ODD:
            (tmp_path / name).write_bytes(bytes(64))
        out, err = process("run", "--checkpoint", best, *(tmp_path / name for name in ODD), env=env).communicate()
        assert (err, len(out.splitlines())) == (b"", 3 * len(ODD))
        running = process("run", "--checkpoint", best, tmp_path / "".join(["no", *ODD]), env=env)
        out, err = running.communicate(timeout=20)
        assert (running.returncode, out, len(err.splitlines())) == (1, b"", 1)
        assert b"No such file or directory" in err

    @pytest.mark.parametrize("plain", [PLAIN, {}])
    def test_files_of_every_command_may_have_any_name(
        self, process: Process, digits: Path, tmp_path: Path, plain: dict[str, str]
    ) -> None:
        env, name = {**os.environ, **plain}, " ".join(ODD)
        data, folder, log, picture = (tmp_path / f"{name} {what}" for what in ("data", "ckpt", "log", "curves.png"))
        data.mkdir()
        for path in digits.iterdir():
            (data / path.name).write_bytes(path.read_bytes())
        begin = ("train", "-d", data, "--checkpoint-folder", folder, "--loss-csv-path", log, "--model", "small")
        best = folder / "best.safetensors"
        for args in (
            (*begin, "--nb-epochs", 1, "--plot", picture),
            (*begin[:-2], "--nb-epochs", 2, "--resume"),
            ("test", "--checkpoint", best, "-d", data, "--plot", tmp_path / f"{name} confusion.svg"),
            ("plot", log, log, "-o", tmp_path / f"{name} both.pdf"),
            ("summary", "--checkpoint", best),
            ("explain", "--checkpoint", best),
        ):
            running = process(*args, env=env)
            _, messages = running.communicate(timeout=60)
            assert (running.returncode, b"Error" in messages) == (0, False), messages
            assert os.fsencode(name) not in messages  # it would break the line
        assert sorted(entry.name for entry in folder.iterdir()) == ["best.safetensors", "last.safetensors"]
        assert [line[:1] for line in log.read_text().splitlines()] == ["e", "1", "2"]
        assert len(list(tmp_path.iterdir())) == 6

    def test_names_of_classes_that_the_language_does_not_have(
        self, nn: Invoke, process: Process, tmp_path: Path
    ) -> None:
        rows = tmp_path / "rows.csv"
        rows.write_text("0,Öl\n1,水\n" * 10, encoding="utf-8")
        args = ("--model", "small", "--nb-epochs", 1, "--checkpoint-folder", tmp_path / "ckpt")
        assert nn("train", "-d", rows, *args).exit_code == 0
        best = tmp_path / "ckpt" / "best.safetensors"
        running = process("run", "--checkpoint", best, rows, "--label", -1, "--json", env={**os.environ, **PLAIN})
        out, err = running.communicate(timeout=20)
        assert (running.returncode, err) == (0, b"")
        assert {"Öl", "水"} == set(json.loads(out)[0]["probabilities"])


class TestFaults:
    """What commands cannot provoke in this process, asked of the functions themselves."""

    def tell(self, error: Exception, capsys: pytest.CaptureFixture[str], *, debug: bool = False) -> tuple[int, str]:
        code = faults.tell(error, debug=debug)
        return code, capsys.readouterr().err

    def test_messages(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(ValueError, match="lr") as caught:
            Adam(lr=-1.0)
        for error, message in (
            (DataError("x is bad"), "x is bad"),
            (MemoryError(), "not enough memory"),
            (RuntimeError(), "RuntimeError"),
            (OSError("odd"), "odd"),
            (FileNotFoundError(errno.ENOENT, "No such file", "a\nb\x1b[31m"), "a\\nb\\x1b[31m: No such file"),
            (click.ClickException("no"), "no"),
            (click.exceptions.FileError("f", "no"), "Could not open file 'f': no"),
            (caught.value, "Adam.lr: Input should be greater than or equal to 0; got -1.0"),
        ):
            assert self.tell(error, capsys) == (1, f"Error: {message}\n")
        assert self.tell(click.Abort(), capsys) == (130, "Interrupted\n")
        assert self.tell(BrokenPipeError(), capsys) == (1, "")

    def test_a_callback_that_could_not_print(self, capsys: pytest.CaptureFixture[str]) -> None:
        failed = CallbackError("the callback failed")
        failed.__cause__ = BrokenPipeError()
        assert self.tell(failed, capsys) == (1, "")
        failed.__cause__ = KeyError("x")
        assert self.tell(failed, capsys) == (1, "Error: the callback failed\n")

    def test_what_is_our_own_mistake_is_not_hidden(self) -> None:
        with pytest.raises(KeyError):
            faults.tell(KeyError("x"), debug=False)

    def test_debug_shows_where_it_arose(self, nn: Invoke, capsys: pytest.CaptureFixture[str]) -> None:
        for args in (("--debug", "summary"), ("summary", "--debug")):
            result = nn(*args, "--checkpoint", "none.json")
            assert result.exit_code == 1
            assert "Traceback (most recent call last)" in result.stderr
            assert result.stderr.splitlines()[-1].startswith("Error: none.json: ")
        assert self.tell(click.Abort(), capsys, debug=True) == (130, "Interrupted\n")

    def test_unknown_commands_are_wrong_usage(self, nn: Invoke) -> None:
        for args in (("fly",), ("--fly",), ("data", "cifar")):
            result = nn(*args)
            assert (result.exit_code, result.stdout, "Usage: " in result.stderr) == (2, "", True)

    @pytest.mark.parametrize(
        ("args", "missing"),
        [
            (("train",), "Missing option '--train-data-dir' / '-d'"),
            (("test",), "Missing option '--checkpoint'"),
            (("test", "--checkpoint", "c.json"), "Missing option '--data-dir' / '-d'"),
            (("test", "-d", "x"), "Missing option '--checkpoint'"),
            (("run",), "Missing option '--checkpoint'"),
            (("run", "--checkpoint", "c.json"), "Missing option '--image-path'"),
            (("run", "x.png"), "Missing option '--checkpoint'"),
            (("summary",), "Give either --checkpoint or --model."),
            (("summary", "--json"), "Give either --checkpoint or --model."),
            (("explain",), "Give either --checkpoint or --model."),
            (("explain", "--rows", 3), "Give either --checkpoint or --model."),
            (("plot",), "Missing argument 'LOG...'"),
            (("plot", "-o", "a.png"), "Missing argument 'LOG...'"),
            (("plot", "log.csv"), "Missing option '--output' / '-o'"),
            (("data", "mnist"), "Missing argument 'FOLDER'"),
            (("train", "-d"), "Option '-d' requires an argument."),
            (("test", "--checkpoint"), "Option '--checkpoint' requires an argument."),
            (("run", "--image-path"), "Option '--image-path' requires an argument."),
            (("summary", "--model"), "Option '--model' requires an argument."),
            (("explain", "--rows"), "Option '--rows' requires an argument."),
            (("plot", "log.csv", "-o"), "Option '-o' requires an argument."),
            (("data", "mnist", "x", "--mirror"), "Option '--mirror' requires an argument."),
            (("data", "mnist", ""), "an empty text names no file."),
            (("run", "--checkpoint", "", "x"), "an empty text names no file."),
            (("plot", "", "-o", "a.png"), "an empty text names no file."),
        ],
    )
    def test_missing_arguments_are_wrong_usage(
        self, nn: Invoke, args: tuple[object, ...], missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        result = nn(*args)
        assert (result.exit_code, result.stdout) == (2, "")
        assert missing in result.stderr
        assert "Usage: " in result.stderr or "requires an argument" in missing  # click leaves it out there
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("command", ["", *app.commands, "data mnist"])
    def test_unknown_flags_of_every_command_are_wrong_usage(self, nn: Invoke, command: str) -> None:
        result = nn(*command.split(), "--fly")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "No such option" in result.stderr

    def test_no_command_is_wrong_usage(self, nn: Invoke) -> None:
        for args in ((), ("data",)):
            assert nn(*args).exit_code == 2

    def test_presets_and_files_are_completed(self) -> None:
        option = next(parameter for parameter in train.params if parameter.name == "model")
        found = option.shell_complete(click.Context(train), "n")
        assert [(item.value, item.type) for item in found] == [("nn-rs", "plain"), ("n", "file")]

    @pytest.mark.parametrize("bar", [True, False])
    def test_a_warning_is_one_line(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, bar: bool
    ) -> None:
        if not bar:
            monkeypatch.delitem(sys.modules, "tqdm", raising=False)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            monkeypatch.setattr(warnings, "showwarning", faults.show_warning)
            warnings.warn("look\nhere", UserWarning, stacklevel=1)
        assert capsys.readouterr().err == "Warning: look\\nhere\n"

    @pytest.mark.parametrize("command", [*app.commands, "data mnist"])
    def test_every_help_has_an_example(self, nn: Invoke, command: str) -> None:
        result = nn(*command.split(), "--help")
        assert result.exit_code == 0
        assert f"nn {command} " in result.stdout.partition("Example")[2] or command == "data"


class TestInThisProcess:
    """The same entry, run here: signals and streams are put back."""

    @pytest.fixture(autouse=True)
    def restored(self) -> Iterator[None]:
        numbers = (signal.SIGTERM, signal.SIGHUP)
        before = [signal.signal(number, signal.SIG_DFL) for number in numbers]
        yield
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)

    def test_run(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(sys, "argv", ["nn", "summary", "--model", "mlp"])
        with (tmp_path / "out").open("w") as out, monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", out)
            with pytest.raises(SystemExit) as ended:
                runpy.run_module("nn_model.cli", run_name="__main__")
        assert ended.value.code == 0
        assert "407,050 parameters" in (tmp_path / "out").read_text()
        with pytest.raises(SystemExit) as ended:
            signal.raise_signal(signal.SIGTERM)
        assert ended.value.code == 143

    def test_without_streams_and_under_nohup(self, monkeypatch: pytest.MonkeyPatch) -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        monkeypatch.setattr(sys, "argv", ["nn", "summary"])
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", None)
            patch.setattr(sys, "stderr", None)
            with pytest.raises(SystemExit) as ended:
                cli.main()
            sys.stdout.close()
            sys.stderr.close()
        assert ended.value.code == 2
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN

    def test_what_cannot_be_written_in_the_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with Path("/dev/full").open("w") as full, monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", full)
            full.write("left")
            assert module.emptied() is False
        assert module.emptied() is True

    @pytest.mark.parametrize(
        ("fault", "found"),
        [
            (KeyboardInterrupt(), "130"),
            (ModuleNotFoundError(name="click"), "nn: click is needed for the command line and not installed; run: .*"),
            (ModuleNotFoundError("a broken install", name="numpy"), "a broken install"),
        ],
    )
    def test_what_comes_in_between_while_it_starts(
        self, monkeypatch: pytest.MonkeyPatch, fault: BaseException, found: str
    ) -> None:
        class Finder:
            def find_spec(self, name: str, *args: object) -> None:  # noqa: ARG002  # the import system's signature
                if name == "nn_model.cli.process":
                    raise fault

        monkeypatch.delitem(sys.modules, "nn_model.cli.process")
        monkeypatch.delattr(cli, "process")
        monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
        with pytest.raises((SystemExit, ModuleNotFoundError), match=found):
            cli.main()
