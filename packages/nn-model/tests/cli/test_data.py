"""`nn data mnist`, from a server on this machine."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from nn_model.data import download, write_idx
from nn_model.data.mnist import NAMES

Invoke = Callable[..., Result]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name it has in the library
        """Say nothing."""


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve four small files in MNIST's place, whose sums the package is told."""
    folder = tmp_path / "served"
    folder.mkdir()
    table = {}
    for name in NAMES:
        path = folder / f"{name}.gz"
        write_idx(path, np.ones((3, 28, 28) if "images" in name else 3, np.uint8))
        table[path.name] = (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setattr(download, "FILES", table)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_fetches_the_files_and_prints_the_folder(nn: Invoke, mirror: str, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "mnist"
    result = nn("data", "mnist", folder, "--mirror", mirror)
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{folder}\n", "")
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{name}.gz" for name in NAMES)


def test_the_second_mirror_is_tried(nn: Invoke, mirror: str, tmp_path: Path) -> None:
    result = nn("data", "mnist", tmp_path / "a", "--mirror", f"{mirror}/no", "--mirror", mirror)
    assert result.exit_code == 0


def test_what_cannot_be_fetched_is_one_line(nn: Invoke, mirror: str, tmp_path: Path) -> None:
    for address, message in ((f"{mirror}/no", "answers 404"), ("ftp://x", "a mirror is an http or https address")):
        result = nn("data", "mnist", tmp_path / "a", "--mirror", address)
        assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
        assert message in result.stderr
