"""Locks say that another process writes; a disk that cannot lock says nothing, and stops nobody."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nn_model.disk.litter import sweep
from nn_model.disk.lock import claim, hold

CHILD = """
import os, sys
from pathlib import Path
from nn_model.disk.lock import claim

with claim(sys.argv[1]), claim(sys.argv[1]):
    Path(sys.argv[1]).write_text("done")
print(sorted(os.listdir(Path(sys.argv[1]).parent)))
"""

fcntl = pytest.importorskip("fcntl")


def test_whether_a_file_is_held(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as one, (tmp_path / "a").open("wb") as other:
        assert hold(one.fileno()) is True
        assert hold(other.fileno()) is False
        hold(one.fileno(), release=True)
        assert hold(other.fileno()) is True


def test_what_cannot_be_locked_is_held_by_nobody() -> None:
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)
    assert hold(descriptor) is None


def faulty(strace: str, path: Path, *injected: str) -> str:
    """Run the child with faults in system calls on the lock file, and give what it printed."""
    faults = [option for fault in injected for option in ("-e", f"inject={fault}")]
    log = path.parent.parent / "log"
    command = [strace, "-f", "-o", str(log), "-P", str(path.with_name(f".{path.name}.lock")), *faults]
    done = subprocess.run(  # noqa: S603  # the program found, and this interpreter
        [*command, sys.executable, "-W", "error", "-c", CHILD, str(path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "(INJECTED)" in log.read_text()
    return done.stdout


@pytest.mark.parametrize("fault", ["flock:error=EIO", "flock:error=ENOLCK", "close:error=EIO", "unlink:error=EIO"])
def test_row_81_a_broken_disk_under_the_lock_stops_nobody(tmp_path: Path, strace: str, fault: str) -> None:
    (tmp_path / "disk").mkdir()
    path = tmp_path / "disk" / "a.bin"
    assert "'a.bin'" in faulty(strace, path, fault)
    assert path.read_text() == "done"


def test_a_disk_that_cannot_lock_warns_of_nobody(tmp_path: Path, strace: str) -> None:
    (tmp_path / "disk").mkdir()
    path = tmp_path / "disk" / "a.bin"
    with claim(path):  # another process has it, which cannot be found out
        faulty(strace, path, "flock:error=EIO", "close:error=EIO")
    assert path.read_text() == "done"


def test_what_cannot_be_locked_is_not_swept(tmp_path: Path, strace: str) -> None:
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    litter = tmp_path / f".a.bin.{int(dead.stdout)}.0123456789abcdef.tmp"
    litter.write_bytes(b"x")
    code = "import sys; from pathlib import Path; from nn_model.disk.litter import sweep; sweep(Path(sys.argv[1]))"
    command = [strace, "-f", "-o", str(tmp_path / "log"), "-e", "inject=flock:error=ENOLCK"]
    subprocess.run([*command, sys.executable, "-c", code, str(tmp_path / "a.bin")], check=True)  # noqa: S603  # ours
    assert litter.exists()
    sweep(tmp_path / "a.bin")
    assert not litter.exists()
