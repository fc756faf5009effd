"""A disk that is full, on a small file system of its own; and one that is broken, by faults put into system calls."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHILD = """
import json, os, sys
from pathlib import Path
from nn_model.checkpoint import check_writable, write_atomic
from nn_model.errors import CheckpointError

folder, size = Path(sys.argv[1]), int(sys.argv[2])
path, said = folder / "a.bin", []
write_atomic(path, lambda file: file.write(b"old" * 1000))
os.getppid()
for put in (lambda file: file.write(bytes(size)), lambda file: [file.write(bytes(1000)) for _ in range(size // 1000)]):
    try:
        write_atomic(path, put)
        said.append("")
    except CheckpointError as error:
        said.append(str(error))
print(json.dumps({"said": said, "old": path.read_bytes() == b"old" * 1000, "names": sorted(os.listdir(folder))}))
"""


def run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # commands of this file


def outcome(done: "subprocess.CompletedProcess[str]") -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def in_small_disk(tmp_path: Path) -> list[str]:
    """Give the start of a command that runs with a file system of 1 MiB mounted at `tmp_path / "disk"`."""
    (tmp_path / "disk").mkdir()
    mount = f"mount -t tmpfs -o size=1m none '{tmp_path}/disk' && exec \"$@\""
    start = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
    if shutil.which("unshare") is None or run([*start, "true"]).returncode != 0:
        pytest.skip("this system lets nobody mount a small file system")
    return start


def test_row_80_a_full_disk(tmp_path: Path, in_small_disk: list[str]) -> None:
    found = outcome(run([*in_small_disk, sys.executable, "-c", CHILD, str(tmp_path / "disk"), "3000000"]))
    assert found["old"]
    assert found["names"] == ["a.bin"]
    for said in found["said"]:
        assert said.startswith(f"{tmp_path}/disk/a.bin: cannot be written: No space left on device; the file needs ")
        assert " 3,000,000 bytes and " in said
        assert said.endswith(" are free; what was there is unchanged; free some space, or choose another folder")


def test_row_80_a_file_that_does_not_fit_beside_the_old_one(tmp_path: Path, in_small_disk: list[str]) -> None:
    more = CHILD.replace("print(json", "write_atomic(path, lambda file: file.write(b'old' * 1000))\nprint(json")
    found = outcome(run([*in_small_disk, sys.executable, "-c", more, str(tmp_path / "disk"), "1047000"]))
    assert found["old"]
    assert all("No space left" in said for said in found["said"])


def test_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    assert resource.RLIMIT_FSIZE >= 0
    limited = "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limited += "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n" + CHILD
    found = outcome(run([sys.executable, "-c", limited, str(tmp_path), "3000000"]))
    assert found["old"]
    assert found["names"] == ["a.bin"]
    assert all("cannot be written: File too large; the file needs 3,000,000 bytes" in said for said in found["said"])


FAULTS = [
    ("fsync", "EIO", "Input/output error", "check the disk"),
    ("fsync", "ENOSPC", "No space left on device", "free some space"),
    ("write", "EIO", "Input/output error", "check the disk"),
    ("write", "EDQUOT", "Disk quota exceeded", "free some space"),
    ("rename", "EXDEV", "Invalid cross-device link", "check the disk"),
    ("rename", "EACCES", "Permission denied", "choose a folder that you may write to"),
]


@pytest.mark.parametrize(("call", "error", "reason", "remedy"), FAULTS)
def test_rows_81_and_90_a_system_call_that_fails(
    tmp_path: Path, strace: str, call: str, error: str, reason: str, remedy: str
) -> None:
    folder, log = tmp_path / "disk", tmp_path / "log"
    folder.mkdir()
    counting = [strace, "-f", "-o", str(log), "-e", f"trace={call},getppid"]
    outcome(run([*counting, sys.executable, "-c", CHILD, str(folder), "30000"]))
    before = log.read_text().partition("getppid()")[0]
    first = before.count(f" {call}(") + 1
    inject = f"inject={call}:error={error}:when={first}..{first}"
    quiet = [strace, "-f", "-o", str(log), "-e", f"trace={call}", "-e", inject]
    found = outcome(run([*quiet, sys.executable, "-c", CHILD, str(folder), "30000"]))
    assert found["names"] == ["a.bin"]
    assert not found["old"]  # the second of the two saves found no fault
    assert found["said"][1] == ""
    assert found["said"][0].startswith(f"{folder}/a.bin: cannot be written: {reason}; the file needs 30,000 bytes")
    assert remedy in found["said"][0]


def test_row_81_a_folder_that_cannot_be_flushed(tmp_path: Path, strace: str) -> None:
    quiet = [strace, "-f", "-o", str(tmp_path / "log"), "-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=4"]
    folder = tmp_path / "disk"
    folder.mkdir()
    found = outcome(run([*quiet, sys.executable, "-c", CHILD, str(folder), "30000"]))
    assert "a.bin: written, but its folder could not be flushed to the disk (Input/output error)" in found["said"][0]
    assert found["names"] == ["a.bin"]


def test_a_folder_that_knows_no_flushing(tmp_path: Path, strace: str) -> None:
    quiet = [strace, "-f", "-o", str(tmp_path / "log"), "-e", "trace=fsync", "-e", "inject=fsync:error=EINVAL:when=4"]
    folder = tmp_path / "disk"
    folder.mkdir()
    assert outcome(run([*quiet, sys.executable, "-c", CHILD, str(folder), "30000"]))["said"] == ["", ""]
