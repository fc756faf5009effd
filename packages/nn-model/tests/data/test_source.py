"""Paths that are no data files: the same refusal in every reader."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from nn_model.data import read_csv, read_idx
from nn_model.errors import DataError

READERS = [read_csv, read_idx]


def missing(folder: Path) -> Path:
    return folder / "missing"


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def link(folder: Path) -> Path:
    (folder / "link").symlink_to("link")
    return folder / "link"


def link_to_pipe(folder: Path) -> Path:
    (folder / "link").symlink_to(pipe(folder))
    return folder / "link"


PATHS: list[tuple[Callable[[Path], Path], str]] = [
    (missing, "No such file or directory"),
    (lambda folder: folder, "found a folder"),
    (pipe, "a data file must be a regular file; found a pipe; name the file itself"),
    (lambda _: Path("/dev/zero"), "found a device"),
    (link_to_pipe, "found a pipe"),
    (link, "symbolic links"),
    (lambda folder: folder / ("x" * 300), "File name too long"),
]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(("make", "words"), PATHS)
def test_only_regular_files_are_opened(
    tmp_path: Path, read: Callable[[Path], Any], make: Callable[[Path], Path], words: str
) -> None:
    path = make(tmp_path)
    with pytest.raises(DataError) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: ")
    assert words in str(error.value)


@pytest.mark.parametrize("read", READERS)
def test_a_zero_byte_in_the_path(read: Callable[[str], Any]) -> None:
    with pytest.raises(DataError, match="not a possible path"):
        read("a\0b")


def test_a_link_to_a_data_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("a,b\n1,2\n3,4\n")
    (tmp_path / "link").symlink_to("real")
    assert read_csv(tmp_path / "link").columns == read_csv(tmp_path / "real").columns


@contextmanager
def nobody() -> Iterator[None]:
    """Run as a user without rights, where the tests run as root, to whom no file is closed."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.parametrize("read", READERS)
def test_a_file_that_may_not_be_read(tmp_path: Path, read: Callable[[Path], Any]) -> None:
    path = tmp_path / "closed"
    path.write_text("1,2\n")
    path.chmod(0)
    with nobody(), pytest.raises(DataError, match="Permission denied; check the path and its permissions"):
        read(path)
