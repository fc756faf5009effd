"""Regular files are opened, and nothing else; whoever asks chooses the words and the class of the error."""

import os
from pathlib import Path
from typing import Any

import pytest

from nn_model.disk.opening import open_regular


class RefusedError(ValueError):
    """An error that only this file knows."""


class Turned(type(Path())):  # type: ignore[misc]  # Path is made for one system only when it is called
    """A path where something else stands once it has been looked at: what the file `new` beside it was."""

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        found = os.stat(self, follow_symlinks=follow_symlinks)  # noqa: PTH116  # this is what Path.stat is made of
        os.replace(self.parent / "new", self)  # noqa: PTH105  # the method would look at the path again
        return found


def next_descriptor() -> int:
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)
    return descriptor


@pytest.mark.parametrize("links", [True, False])
def test_a_regular_file_and_its_size(tmp_path: Path, links: bool) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    file, size = open_regular(tmp_path / "a", "a file", RefusedError, links=links)
    with file:
        assert (file.read(), size) == (b"12345", 5)


def test_a_link_is_followed_or_not(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("a")
    file, size = open_regular(tmp_path / "link", "a file", RefusedError, links=True)
    file.close()
    assert size == 5
    with pytest.raises(RefusedError, match=r"^a file must be a regular file; found a symbolic link; name the file its"):
        open_regular(tmp_path / "link", "a file", RefusedError, links=False)


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_becomes_a_pipe_before_it_is_opened(tmp_path: Path, links: bool) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    os.mkfifo(tmp_path / "new")
    before = next_descriptor()
    path: Any = Turned(tmp_path / "a")
    with pytest.raises(RefusedError, match="a file must be a regular file; found a pipe; name the file itself"):
        open_regular(path, "a file", RefusedError, links=links)
    assert (tmp_path / "a").is_fifo()
    assert next_descriptor() == before


def test_a_file_that_becomes_a_link_before_it_is_opened(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "secret").write_bytes(b"67890")
    (tmp_path / "new").symlink_to("secret")
    path: Any = Turned(tmp_path / "a")
    with pytest.raises(OSError, match="symbolic links"):
        open_regular(path, "a file", RefusedError, links=False)
