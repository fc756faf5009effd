"""A file is there whole or not at all, and nothing else is left behind."""

import errno
import os
import stat
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from nn_model.checkpoint import Snapshot, check_writable, claim, read, write, write_atomic
from nn_model.errors import CheckpointError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class Put:
    """Writes a content, in two pieces."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __call__(self, file: BinaryIO) -> None:
        half = len(self.content) // 2
        file.write(self.content[:half])
        file.write(self.content[half:])


def test_a_new_file_and_one_over_an_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a b\n\u00e9.bin"
    for content in (b"old", b"newer", b""):
        write_atomic(path, Put(content))
        assert path.read_bytes() == content
        assert len(names(tmp_path)) == 1


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt(), SystemExit(3), MemoryError()])
def test_an_exception_in_between_changes_nothing(tmp_path: Path, error: BaseException) -> None:
    def half(file: BinaryIO) -> None:
        file.write(b"half")
        raise error

    path = tmp_path / "a.bin"
    write_atomic(path, Put(b"old"))
    with pytest.raises(type(error)) as caught:
        write_atomic(path, half)
    assert caught.value is error
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, "cannot be written: No space left on device; how many bytes .* free some space, or choose anot"),
        (errno.EDQUOT, "Disk quota exceeded; .*; free some space, or choose another folder"),
        (errno.EROFS, "Read-only file system; .*; choose a folder that you may write to"),
        (errno.EIO, "Input/output error; .*; what was there is unchanged; check the disk, or choose another folder"),
    ],
)
def test_a_writer_that_fails_again_when_its_bytes_are_counted(tmp_path: Path, number: int, message: str) -> None:
    def fail(file: BinaryIO) -> None:
        file.write(b"half")
        raise OSError(number, os.strerror(number))

    path = tmp_path / "a.bin"
    write_atomic(path, Put(b"old"))
    with pytest.raises(CheckpointError, match=message):
        write_atomic(path, fail)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]


def test_the_bytes_that_were_needed_are_counted(tmp_path: Path) -> None:
    failed: list[bool] = []

    def fail_once(file: BinaryIO) -> None:
        assert file.writable()
        file.writelines(bytes(1000) for _ in range(3))
        if not failed:
            failed.append(True)
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(CheckpointError, match=r"the file needs 3,000 bytes and [0-9,]+ are free; what was there"):
        write_atomic(tmp_path / "a.bin", fail_once)
    assert names(tmp_path) == []


def test_the_old_files_permissions_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    old = os.umask(0o027)
    try:
        write_atomic(path, Put(b"1"))
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o600)
        write_atomic(path, Put(b"2"))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    finally:
        os.umask(old)


def test_readers_and_links_of_the_old_file_keep_it(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    write_atomic(path, Put(b"old"))
    (tmp_path / "link").hardlink_to(path)
    write_atomic(path, Put(b"new"))
    assert (tmp_path / "link").read_bytes() == b"old"


def dead_process() -> int:
    done = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )  # this interpreter
    return int(done.stdout)


def test_what_dead_processes_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    dead, path = dead_process(), tmp_path / "a.bin"
    litter = [f".a.bin.{dead}.0123456789abcdef.tmp", f".a.bin.{os.getpid()}.0123456789abcdef.tmp"]
    kept = [
        f".b.bin.{dead}.0123456789abcdef.tmp",
        ".a.bin.1.0123456789abcdef.tmp",
        f".a.bin.{os.getppid()}.0123456789abcdef.tmp",
        f".a.bin.{dead}.tmp",
        f".a.bin.{dead}.0123456789abcdeg.tmp",
        f"a.bin.{dead}.0123456789abcdef.tmp",
        ".a.bin.99999999999.0123456789abcdef.tmp",
        ".a.bin.9999999999.0123456789abcdef.tmp",
    ]
    for name in (*litter, *kept):
        (tmp_path / name).write_bytes(b"x")
    write_atomic(path, Put(b"new"))
    assert names(tmp_path) == sorted(["a.bin", *kept])


def test_a_file_whose_writer_locks_it_is_not_swept(tmp_path: Path) -> None:
    # As in two containers that share a folder: the other's process has a number that means nobody here.
    fcntl = pytest.importorskip("fcntl")
    path = tmp_path / f".a.bin.{dead_process()}.0123456789abcdef.tmp"
    with path.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        write_atomic(tmp_path / "a.bin", Put(b"new"))
        assert path.exists()
    write_atomic(tmp_path / "a.bin", Put(b"new"))
    assert names(tmp_path) == ["a.bin"]


def test_row_89_targets_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "folder.bin").mkdir()
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link.bin").symlink_to(tmp_path / "file")
    for path, message in (
        (tmp_path / "folder.bin", "this is a folder; name a file in it"),
        (tmp_path / "none" / "a.bin", "the folder .*none does not exist; make it first"),
        (tmp_path / "file" / "a.bin", "the folder .*file does not exist; make it first"),
        (tmp_path / "link.bin", "this is a link, pipe or device, which would be replaced; name a file"),
        (tmp_path / "nul\0.bin", "not a possible path: embedded null"),
        (tmp_path / ("a" * 250), "cannot be written: File name too long"),
    ):
        with pytest.raises(CheckpointError, match=message):
            write_atomic(path, Put(b"x"))
        with pytest.raises(CheckpointError, match=message):
            check_writable(path)
    assert names(tmp_path) == ["file", "folder.bin", "link.bin"]
    assert (tmp_path / "file").read_bytes() == b"x"


@pytest.fixture
def read_only() -> Iterator[Path]:
    """Give a folder that a user without rights may enter but not write to, and be that user."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:  # pytest's own folders are closed to that user
        folder = Path(name, "inside")
        folder.mkdir()
        (folder / "a.bin").write_bytes(b"old")
        folder.chmod(0o555)
        Path(name).chmod(0o755)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            if root:
                os.seteuid(0)
            folder.chmod(0o755)


def test_row_88_a_folder_that_is_read_only(read_only: Path) -> None:
    refused = r"cannot be written: Permission denied; .*choose a folder that you may write to"
    with pytest.raises(CheckpointError, match=refused):
        check_writable(read_only / "a.bin")
    with pytest.raises(CheckpointError, match=refused):
        write_atomic(read_only / "a.bin", Put(b"new"))
    assert (read_only / "a.bin").read_bytes() == b"old"
    assert names(read_only) == ["a.bin"]


def test_a_writable_path_is_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    check_writable(path)
    assert names(tmp_path) == []
    write_atomic(path, Put(b"old"))
    before = path.stat()
    check_writable(path)
    assert path.stat() == before


HOLD = """
import sys
from nn_model.checkpoint import claim, write_atomic
with claim(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
    write_atomic(sys.argv[1], lambda file: file.write(b"theirs"))
"""


def test_row_87_two_processes_on_one_path(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    command = [sys.executable, "-W", "error", "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:  # noqa: S603  # ours
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.warns(UserWarning, match=r"a\.bin: another process writes to this path as well") as seen:
            write_atomic(path, Put(b"ours"))
        assert Path(seen[0].filename).name == Path(__file__).name
        assert path.read_bytes() == b"ours"
        write_atomic(path, Put(b"again"))  # it warns once
        other.communicate("\n")
    assert other.returncode == 0
    assert path.read_bytes() == b"theirs"
    write_atomic(path, Put(b"last"))
    assert names(tmp_path) == ["a.bin"]


def test_a_claim_of_a_dead_process_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:  # noqa: S603  # ours
        assert other.stdout is not None
        other.stdout.readline()
        other.kill()
    assert names(tmp_path) == [".a.bin.lock"]
    write_atomic(path, Put(b"ours"))
    assert names(tmp_path) == ["a.bin"]


def test_a_claim_holds_for_all_writes_inside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    with claim(path):
        write_atomic(path, Put(b"1"))
        write_atomic(path, Put(b"2"))
        assert names(tmp_path) == [".a.bin.lock", "a.bin"]
    assert names(tmp_path) == ["a.bin"]


def test_a_path_where_no_lock_can_be_is_written_all_the_same(tmp_path: Path) -> None:
    (tmp_path / ".a.bin.lock").mkdir()
    write_atomic(tmp_path / "a.bin", Put(b"x"))
    assert names(tmp_path) == [".a.bin.lock", "a.bin"]


def test_a_warning_that_is_an_error_leaves_nothing(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    path = tmp_path / "other.bin"
    with (tmp_path / ".other.bin.lock").open("wb") as lock, warnings.catch_warnings():
        fcntl.flock(lock, fcntl.LOCK_EX)
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="another process"):
            write_atomic(path, Put(b"x"))
    assert names(tmp_path) == [".other.bin.lock"]


@pytest.mark.parametrize("suffix", [".json", ".safetensors"])
def test_threads_on_one_path(tmp_path: Path, snapshot: Snapshot, suffix: str) -> None:
    path, failures = tmp_path / f"a{suffix}", []

    def save(step: int) -> None:
        try:
            for _ in range(10):
                write(path, Snapshot(snapshot.spec, snapshot.arrays, {**snapshot.run, "step": step}))
                assert read(path).run["step"] in range(4)
        except Exception as error:  # noqa: BLE001  # whatever it is, the test shall say it
            failures.append(error)

    threads = [threading.Thread(target=save, args=(step,)) for step in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert names(tmp_path) == [path.name]
