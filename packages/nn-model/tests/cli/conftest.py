"""What the tests of the command line share: a small folder of images, a network trained on it, and ways to run `nn`."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from nn_model.cli.app import app
from nn_model.data import load_digits, write_idx

Invoke = Callable[..., Result]
# click before 8.2 mixes the two streams if it is not asked not to.
APART: dict[str, Any] = {"mix_stderr": False} if "mix_stderr" in signature(CliRunner).parameters else {}


def invoke(*args: object) -> Result:
    """Run a command in this process."""
    return CliRunner(**APART).invoke(app, [str(arg) for arg in args])


def start(
    *args: object, under: Sequence[str] = (), entry: Sequence[str] = ("-m", "nn_model.cli"), **options: Any
) -> "subprocess.Popen[bytes]":
    """Start a command as a process of its own, its streams piped if `options` do not say otherwise."""
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": buffered, **options}
    command: list[str | bytes] = [
        *under,
        sys.executable,
        *entry,
        *(os.fsencode(str(arg)) for arg in args),
    ]
    return subprocess.Popen(command, **streams)  # noqa: S603  # the command is ours


@pytest.fixture
def nn() -> Invoke:
    """Give the way to run a command in this process."""
    return invoke


@pytest.fixture
def process() -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Give the way to start `nn` as a process; none outlives its test."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*args: object, **options: Any) -> "subprocess.Popen[bytes]":
        started.append(start(*args, **options))
        return started[-1]

    yield begin
    for each in started:
        each.kill()
        each.communicate()


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of IDX files named as MNIST's: 600 digits of 8 x 8 pixels to train on, 120 to test on."""
    folder = tmp_path_factory.mktemp("digits")
    x, y, x_test, y_test = load_digits()
    for part, images, labels in (("train", x[:600], y[:600]), ("t10k", x_test[:120], y_test[:120])):
        pixels = np.round(images.reshape(-1, 8, 8) * 255).astype(np.uint8)
        write_idx(folder / f"{part}-images-idx3-ubyte", pixels)
        write_idx(folder / f"{part}-labels-idx1-ubyte.gz", labels.astype(np.uint8))
    return folder


@pytest.fixture(scope="session")
def trained(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the checkpoint folder of a network that was trained on the digits."""
    folder = tmp_path_factory.mktemp("runs") / "ckpt"
    result = invoke(
        *("train", "-d", digits, "--model", "small", "--batch-size", 32, "--nb-epochs", 6),
        *("--learning-rate", 0.01, "--checkpoint-folder", folder),
    )
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def best(trained: Path) -> Path:
    """Give the best checkpoint of that network."""
    return trained / "best.safetensors"
