"""A contender's process, as seen from outside."""

import json
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from benchmarks.row import Contender, Row
from benchmarks.worker import environment

__all__ = ["Player"]

ROOT = Path(__file__).parents[1]


@dataclass(slots=True)
class Player:
    """A contender and its process."""

    contender: Contender
    process: "subprocess.Popen[str]"
    log: IO[Any] = field(repr=False)

    @classmethod
    def start(cls, row: Row, contender: Contender, threads: int) -> "Player":
        """Start the process; it prepares itself."""
        command = [sys.executable, "-m", "benchmarks.worker", row.name, contender.name]
        log = TemporaryFile()  # noqa: SIM115  # open as long as the process
        process = subprocess.Popen(  # noqa: S603  # our own worker
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment(threads),
            cwd=ROOT,
        )
        return cls(contender, process, log)

    def hear(self) -> dict[str, Any]:
        """Wait for the next answer; a process that has died answers that it failed."""
        line = self.process.stdout.readline() if self.process.stdout else ""
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        self.log.seek(0)
        last = self.log.read().decode(errors="replace").strip().splitlines()[-1:]
        return {"failed": last[0] if last else f"ended with {self.process.wait()}"}

    def ask(self, **words: Any) -> dict[str, Any]:
        """Say something and wait for the answer; the process stands still before and after."""
        self._signal("SIGCONT")
        if self.process.stdin and self.process.poll() is None:
            with suppress(BrokenPipeError):  # it has just died, and answers so
                self.process.stdin.write(json.dumps(words) + "\n")
                self.process.stdin.flush()
        answer = self.hear()
        self.stand_still()
        return answer

    def stand_still(self) -> None:
        """Stop the process until it is asked: BLAS's idle threads keep a core busy for a tenth of a second and more."""
        self._signal("SIGSTOP")

    def _signal(self, name: str) -> None:
        if hasattr(signal, name):  # not on Windows
            self.process.send_signal(getattr(signal, name))

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()
        self.log.close()
