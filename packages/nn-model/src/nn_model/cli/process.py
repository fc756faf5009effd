"""`nn` as a process: its streams and signals around the commands."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn, TextIO

from nn_model.cli.app import app


def run() -> NoReturn:
    """Run the command of this process's arguments, and end the process."""
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if signal.getsignal(number) is signal.SIG_DFL:  # under nohup, SIGHUP stays ignored
            signal.signal(number, end)
    sys.stdout, sys.stderr = opened(sys.stdout), opened(sys.stderr)
    try:
        app.main(prog_name="nn")
    except SystemExit as finished:
        code = finished.code
    sys.exit(code if emptied() else code or 1)


def end(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001  # the signature of a handler
    """End the process as the signal asks, cleaning up on the way."""
    sys.exit(128 + number)


def opened(stream: TextIO | None) -> TextIO:
    """Give a stream that takes any text: file names may be none. One that was closed before the start leads nowhere."""
    if stream is None:
        return Path(os.devnull).open("w", encoding="utf-8")
    stream.reconfigure(errors="backslashreplace")  # type: ignore[attr-defined]  # a process's streams are files
    return stream


def emptied() -> bool:
    """Write out what is left for standard output; where that fails, let the end of the process not fail again."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        return False
    return True
