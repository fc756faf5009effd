"""Files that stand in the way although their folder can be written to: found before training."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from nn_layers import Dense
from nn_loss import MSE
from nn_model import NN
from nn_model.disk.atomic import check_writable, write_whole
from nn_model.errors import CheckpointError
from nn_model.train import Checkpoint
from nn_optim import SGD

NOBODY = 65534


class RefusedError(ValueError):
    """An error that only this file knows."""


def seen(folder: Path) -> list[tuple[str, bytes]]:
    return [(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]


@pytest.fixture
def immutable(tmp_path: Path) -> Iterator[Path]:
    """Give a file that nobody may change or replace, in a folder that can be written to."""
    path, program = tmp_path / "runs" / "last.safetensors", shutil.which("chattr")
    path.parent.mkdir()
    path.write_bytes(b"old")
    if program is None or subprocess.run([program, "+i", path], capture_output=True, check=False).returncode != 0:  # noqa: S603  # the program found
        pytest.skip("this system or its disk makes no file immutable")
    yield path
    subprocess.run([program, "-i", path], check=True)  # noqa: S603  # the program found


def test_row_88_an_immutable_file(immutable: Path) -> None:
    with pytest.raises(RefusedError, match="cannot be written: Operation not permitted; choose a folder that you may"):
        check_writable(immutable, RefusedError)
    assert seen(immutable.parent) == [(immutable.name, b"old")]


def test_row_88_no_epoch_is_trained_for_it(immutable: Path) -> None:
    nn, x = NN([Dense(1, 1)], MSE(), SGD()), np.ones((4, 1), "float32")
    with pytest.raises(CheckpointError, match="cannot be written: Operation not permitted"):
        nn.fit(x, x, callbacks=[Checkpoint(immutable.parent)], verbose=False)
    assert nn.step == 0
    assert seen(immutable.parent) == [(immutable.name, b"old")]


@pytest.fixture
def shared() -> Iterator[Path]:
    """Give a folder as `/tmp` is, with a file of root's, and be a user without rights."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a file that is another's")
    with tempfile.TemporaryDirectory(dir="/tmp") as name:  # pytest's own folders are closed to that user
        folder = Path(name)
        (folder / "a.bin").write_bytes(b"old")
        folder.chmod(0o1777)
        os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            os.seteuid(0)


def test_row_88_a_file_of_another_in_a_shared_folder(shared: Path) -> None:
    with pytest.raises(RefusedError, match="cannot be written: Operation not permitted"):
        check_writable(shared / "a.bin", RefusedError)
    with pytest.raises(RefusedError, match="cannot be written: Operation not permitted"):
        write_whole(shared / "a.bin", lambda file: file.write(b"new"), RefusedError)
    assert seen(shared) == [("a.bin", b"old")]


def test_a_file_without_write_permission_can_be_replaced(shared: Path) -> None:
    path = shared / "mine.bin"
    path.write_bytes(b"old")
    path.chmod(0o444)
    check_writable(path, RefusedError)
    write_whole(path, lambda file: file.write(b"new"), RefusedError)
    assert path.read_bytes() == b"new"


def test_nothing_that_is_there_is_removed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    check_writable(tmp_path / "a", RefusedError)
    check_writable(tmp_path / "b", RefusedError)
    assert seen(tmp_path) == [("a", b"old")]
