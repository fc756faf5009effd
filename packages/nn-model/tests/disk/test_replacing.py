"""A file that takes another's place when a block ends well."""

import os
import stat
from pathlib import Path

import pytest

from nn_model.disk.atomic import replacing


class RefusedError(ValueError):
    """An error that only this file knows."""


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))  # noqa: PTH208  # names are all that is needed


def test_the_old_file_is_there_until_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o600)
    with replacing(path, RefusedError) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
        assert len(names(tmp_path)) == 2
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names(tmp_path) == ["a"]


def test_the_new_file_is_locked_while_it_is_written(tmp_path: Path) -> None:
    # Whoever sweeps elsewhere, in another container with the same folder, cannot ask after this process.
    fcntl = pytest.importorskip("fcntl")
    with replacing(tmp_path / "a", RefusedError):
        (name,) = tmp_path.iterdir()
        with name.open("rb") as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def begin_and_fail(path: Path, error: BaseException) -> None:
    with replacing(path, RefusedError) as file:
        file.write(b"new")
        raise error


@pytest.mark.parametrize("error", [ValueError("mine"), OSError(28, "full"), KeyboardInterrupt()])
def test_a_block_that_fails_leaves_the_old_file_alone(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(type(error)) as caught:
        begin_and_fail(path, error)
    assert caught.value is error
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_what_the_system_says_comes_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "none" / "a", RefusedError):
        pytest.fail("there is no folder to write in")
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError), replacing(tmp_path / "folder", RefusedError) as file:
        file.write(b"new")
    assert names(tmp_path) == ["folder"]
