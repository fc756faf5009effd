"""MNIST over the network, from a server on this machine that behaves as badly as mirrors do."""

import hashlib
import io
import os
import resource
import socket
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from nn_model.data import download, download_mnist, load_mnist, write_idx
from nn_model.data.idx import read_idx
from nn_model.data.mnist import NAMES
from nn_model.errors import DataError
from nn_model.extras import MissingExtraError

X, Y, XT, YT = download.FILES


class Mirror(BaseHTTPRequestHandler):
    """Serves `files`, each folder in its own way."""

    files: dict[str, bytes]
    asked: list[str]
    released: threading.Event

    def do_GET(self) -> None:
        self.asked.append(self.path)
        way, name = self.path.split("/")[-2:]
        body = self.files[name]
        if way == "missing" or (way == "partly" and name == Y):
            self.send_error(404)
            return
        body = {"wrong": body[::-1], "short": body[:-1], "html": b"<html>log in</html>"}.get(way, body)
        if way == "silent":
            self.released.wait(10)
            return
        if way == "moved":
            self.send_response(302)
            self.send_header("Location", f"/good/{name}")
            self.end_headers()
            return
        if way == "babbling":
            self.wfile.write(b"220 this is no HTTP\r\n")
            return
        self.send_response(200)
        length = {"nonsense": "many", "two-lengths": "1, 2"}.get(way, str(len(body)))
        if way != "endless":
            self.send_header("Content-Length", length)
        if way == "labelled":
            self.send_header("Content-Type", "application/x-gzip")
        if way == "packed":
            self.send_header("Content-Encoding", "deflate")
        self.end_headers()
        self.write(way, body)

    def write(self, way: str, body: bytes) -> None:
        if way == "cut":
            self.wfile.write(body[: len(body) // 2])
        elif way == "stalling":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.released.wait(10)
        elif way == "endless":
            while not self.released.is_set():
                try:
                    self.wfile.write(body)
                except OSError:
                    return
        else:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name it has in the library
        """Stay quiet."""


class Site:
    def __init__(self, port: int, handler: type[Mirror]) -> None:
        self.port, self.handler = port, handler

    def at(self, *ways: str) -> list[str]:
        return [f"http://127.0.0.1:{self.port}/{way}" for way in ways]

    @property
    def asked(self) -> list[str]:
        return self.handler.asked


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Four small files that belong together; random bytes, so that they are longer than one chunk when packed."""
    folder = tmp_path_factory.mktemp("original")
    rng = np.random.default_rng(0)
    for images, labels, n in (X, Y, 60), (XT, YT, 20):
        write_idx(folder / images, rng.integers(0, 256, (n, 28, 28), np.uint8))
        write_idx(folder / labels, rng.integers(0, 10, n, np.uint8))
    return {name: (folder / name).read_bytes() for name in download.FILES}


@pytest.fixture
def site(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    # Whatever proxies the environment names, they have no way to this machine.
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1,localhost")
    table = {name: (len(body), hashlib.sha256(body).hexdigest()) for name, body in files.items()}
    monkeypatch.setattr(download, "FILES", table)

    class Handler(Mirror):
        pass

    Handler.files, Handler.asked, Handler.released = files, [], threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Site(server.server_port, Handler)
        Handler.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def dead() -> str:
    """Give an address where nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}/mnist"


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_good_mirror_gives_files_that_load(tmp_path: Path, site: Site, files: dict[str, bytes]) -> None:
    folder = tmp_path / "new" / "mnist"
    assert download_mnist(str(folder), site.at("good")) == folder
    assert content(folder) == files
    assert load_mnist(folder).x_train.shape == (60, 784)
    assert read_idx(folder / YT).shape == (20,)


@pytest.mark.parametrize("way", ["labelled", "moved", "good/"])
def test_harmless_habits_of_mirrors(tmp_path: Path, site: Site, files: dict[str, bytes], way: str) -> None:
    download_mnist(tmp_path, site.at(way))
    assert content(tmp_path) == files


BAD = {
    "wrong": r"sends another file, of \d+,\d+ bytes \(sha256 begins [0-9a-f]{12}\)",
    "short": r"sends another file, of \d+,\d+ bytes",
    "html": "sends another file, of 19 bytes",
    "cut": r"breaks off after [\d,]+ of [\d,]+ bytes",
    "missing": "answers 404 Not Found",
    "silent": r"is silent for 0\.3 s[;,]",
    "stalling": r"is silent for 0\.3 s after [\d,]+ of [\d,]+ bytes",
    "babbling": "gives no proper answer: .{5,100}",
    "nonsense": "gives no proper answer: .{5,100}",
    "two-lengths": "gives no proper answer: .{5,100}",
    "packed": "gives no proper answer: .{5,100}",
    "endless": r"sends another file, of more than [\d,]+ bytes",
}


@pytest.mark.parametrize(("way", "reason"), BAD.items(), ids=BAD)
def test_a_bad_mirror_is_left_for_the_next(
    tmp_path: Path, site: Site, files: dict[str, bytes], way: str, reason: str
) -> None:
    download_mnist(tmp_path / "mnist", site.at(way, "good"), timeout=0.3)
    assert content(tmp_path / "mnist") == files
    # It was not asked again for the other three.
    assert site.asked.count(f"/{way}/{X}") == 1
    assert len([path for path in site.asked if path.startswith(f"/{way}/")]) == 1
    with pytest.raises(DataError, match=f"{X}: no mirror gave this file: .*{way} {reason}"):
        download_mnist(tmp_path / "other", site.at(way), timeout=0.3)
    assert content(tmp_path / "other") == {}


def test_a_dead_mirror_is_left_for_the_next(tmp_path: Path, site: Site, files: dict[str, bytes], dead: str) -> None:
    download_mnist(tmp_path, [dead, *site.at("good")])
    assert content(tmp_path) == files


def test_a_mirror_that_lacks_one_file_gives_the_others(tmp_path: Path, site: Site, files: dict[str, bytes]) -> None:
    download_mnist(tmp_path, site.at("partly", "good"))
    assert content(tmp_path) == files
    assert site.asked == [f"/partly/{X}", f"/partly/{Y}", f"/good/{Y}", f"/good/{XT}", f"/good/{YT}"]


def test_the_last_error_names_every_mirror_and_its_reason(tmp_path: Path, site: Site, dead: str) -> None:
    mirrors = [dead, *site.at("missing", "wrong", "cut", "silent")]
    with pytest.raises(DataError) as caught:
        download_mnist(tmp_path, mirrors, timeout=0.3)
    message = str(caught.value)
    places = [message.index(mirror) for mirror in mirrors]
    assert places == sorted(places)
    assert f"{dead} cannot be reached: [Errno" in message
    assert "refused; " in message
    for words in ("answers 404", "sends another file", "breaks off", "is silent"):
        assert words in message
    assert message.endswith("; check the connection, or pass other mirrors")
    assert "\n" not in message
    assert caught.value.__cause__ is None
    assert content(tmp_path) == {}


def test_an_address_that_is_none(tmp_path: Path, site: Site) -> None:
    with pytest.raises(
        DataError, match=r"no mirror gave this file: http://a\.\.b/mnist gives no proper answer: .{5,100}; "
    ):
        download_mnist(tmp_path, "http://a..b/mnist", timeout=5)
    assert site.asked == []


def test_right_files_are_not_fetched_again(tmp_path: Path, site: Site, files: dict[str, bytes]) -> None:
    download_mnist(tmp_path, site.at("good"))
    (tmp_path / XT).unlink()
    times = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    site.asked.clear()
    download_mnist(tmp_path, site.at("good"))
    assert site.asked == [f"/good/{XT}"]
    assert content(tmp_path) == files
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in times} == times


def test_whole_folders_need_no_mirror(tmp_path: Path, site: Site, files: dict[str, bytes], dead: str) -> None:
    for name, body in files.items():
        (tmp_path / name).write_bytes(body)
    assert download_mnist(tmp_path, [dead]) == tmp_path
    assert site.asked == []


def test_another_file_of_the_name_is_never_overwritten(tmp_path: Path, site: Site) -> None:
    (tmp_path / YT).write_bytes(b"Fashion-MNIST has files of the same names")
    with pytest.raises(DataError, match=rf"{YT}: is there already and is not MNIST's .*choose another folder"):
        download_mnist(tmp_path, site.at("good"))
    assert content(tmp_path) == {YT: b"Fashion-MNIST has files of the same names"}
    assert site.asked == []


def test_files_are_as_readable_as_others_of_the_user(tmp_path: Path, site: Site) -> None:
    (tmp_path / "mine").touch()
    download_mnist(tmp_path, site.at("good"))
    assert {path.stat().st_mode for path in tmp_path.iterdir()} == {(tmp_path / "mine").stat().st_mode}


def test_a_folder_that_cannot_be_made(tmp_path: Path, site: Site) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(DataError, match=f"{folder}: cannot be used: "):
            download_mnist(folder, site.at("good"))


def test_a_full_disk_is_no_fault_of_the_mirror(tmp_path: Path, site: Site) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(DataError, match=rf"{X}: cannot be used: File too large; .* make room"):
            download_mnist(tmp_path, site.at("good", "good"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert site.asked == [f"/good/{X}"]
    assert content(tmp_path) == {}


def test_proxies_of_the_environment_are_used(tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{site.port}")
    with pytest.raises(DataError, match=r"http://mnist\.invalid/missing answers 404"):
        download_mnist(tmp_path, ["http://mnist.invalid/missing"])


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_shows_in_a_terminal_and_nowhere_else(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, piped, quiet = Terminal(), io.StringIO(), Terminal()
    for name, stream in (("a", shown), ("b", piped), ("c", quiet)):
        monkeypatch.setattr(sys, "stderr", stream)
        download_mnist(tmp_path / name, site.at("missing", "good"), progress=stream is not quiet)
    for name in download.FILES:
        assert f"{name}: 100%" in shown.getvalue()
    assert piped.getvalue() == quiet.getvalue() == ""


@pytest.mark.parametrize(("library", "progress"), [("pooch", False), ("tqdm", True)])
def test_without_the_extra_one_line_says_so(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch, library: str, progress: bool
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtraError, match=rf"^{library} is needed .*; run: pip install nn-model\[data\]$"):
        download_mnist(tmp_path, site.at("good"), progress=progress)
    assert content(tmp_path) == {}
    assert site.asked == []


@pytest.mark.parametrize(
    ("mirrors", "timeout", "words"),
    [
        ([], 30, "mirrors must name at least one address; got none"),
        (["ftp://example.org"], 30, "http or https address; got 'ftp://example.org'"),
        (["mnist"], 30, "http or https address; got 'mnist'"),
        (["http://127.0.0.1"], 0, "timeout must be a number of seconds above 0; got 0"),
        (["http://127.0.0.1"], float("nan"), "above 0; got nan"),
    ],
)
def test_bad_arguments(tmp_path: Path, mirrors: list[str], timeout: float, words: str) -> None:
    with pytest.raises(DataError, match=words):
        download_mnist(tmp_path / "mnist", mirrors, timeout)
    assert not (tmp_path / "mnist").exists()


def test_the_table_is_that_of_the_original_files() -> None:
    assert list(download.FILES) == [f"{name}.gz" for name in NAMES]
    assert sum(size for size, _ in download.FILES.values()) == 11_594_722
    assert all(len(digest) == 64 and int(digest, 16) for _, digest in download.FILES.values())
    assert len(download.MIRRORS) == len(set(download.MIRRORS)) >= 3
    assert all(mirror.startswith("https://") for mirror in download.MIRRORS)
