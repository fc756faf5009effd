"""What the tests share: an optimizer that moves nothing, so that a step only gives loss and gradient; and strace."""

import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from nn_optim import Schedule, Slot, by_hand
from nn_optim.protocol import OptimizerFrame


@dataclass(frozen=True)
class Still:
    """An optimizer of the protocol whose update does nothing."""

    lr: float | Schedule = 1.0
    slots: Mapping[str, Slot] = field(default_factory=dict)
    blocks: int = 0

    def calls(self, f: OptimizerFrame) -> Iterator[tuple[Any, ...]]:  # noqa: ARG002  # the protocol's argument
        """Yield nothing."""
        yield from ()

    init, update = by_hand.init, by_hand.update


@pytest.fixture(scope="session", autouse=True)
def _signals_are_not_ignored() -> None:
    """Let tests and their processes be interrupted and hung up, even where they run in the background."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def still() -> Still:
    """Give the optimizer that moves nothing."""
    return Still()


@pytest.fixture
def strace(tmp_path: Path) -> str:
    """Give the program that puts faults into system calls; skip where it is missing or may not trace."""
    program = shutil.which("strace")
    if program is None:
        pytest.skip("strace is not installed: apt-get install strace")
    command = [program, "-o", str(tmp_path / "trial"), "-e", "inject=getppid:error=EIO", "true"]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:  # noqa: S603  # the program found
        pytest.skip("strace is installed, but this system does not let it trace")
    return program
