"""One contender in a process of its own: prepares the work, proves its result, then does rounds of it when asked.

It speaks in lines of JSON on standard input and output; whatever libraries print goes to standard error.
"""

import ctypes
import json
import math
import os
import signal
import sys
import time
from typing import Any

from benchmarks.row import Contender, Run
from benchmarks.rows import ROWS

__all__ = ["CHECK_TIMES", "environment"]

CHECK_TIMES = 20
"""After so many steps the losses of all contenders must agree."""

PR_SET_PDEATHSIG = 1
"""Linux' number for it."""

LONG = 1.0
"""No round is made longer than so many seconds to make a call's own cost a small share of it."""


def environment(threads: int) -> dict[str, str]:
    """Give the environment of a process that may use so many threads, whatever library it loads."""
    count = str(threads)
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "NPROC")
    eigen = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'} intra_op_parallelism_threads={count}"
    return {**os.environ, **dict.fromkeys(names, count), "XLA_FLAGS": eigen, "JAX_PLATFORMS": "cpu"}


def calibrate(run: Run, seconds: float) -> int:
    """Find how many times the work fits into a round, or makes what a call costs besides a small share of it."""
    times = 1
    once = taken = timed(run, 1)["seconds"]
    while True:
        more = 8 * times if taken < seconds / 32 else 2 * times
        longer = more * timed(run, more)["seconds"]
        besides = once if longer < more * once / 2 else 0.0  # what a call costs besides, where the work costs less
        if longer > LONG or (taken > max(seconds / 2, 16 * besides) and longer > 1.8 * taken):
            return times if taken > seconds / 2 else more
        times, taken = more, longer


def timed(run: Run, times: int) -> dict[str, float]:
    """Do the work; give seconds for each time, of the clock and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    run(times)
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    return {"seconds": clock / times, "processor": processor / times}


def serve(contender: Contender, row: str, asked: Any, answered: Any) -> None:
    """Prepare, then answer until nobody asks."""

    def say(**words: Any) -> None:
        answered.write(json.dumps(words) + "\n")
        answered.flush()

    start = time.perf_counter()
    try:
        run = contender.prepare(ROWS[row])
        loss = run(CHECK_TIMES if ROWS[row].unit != "import" else 1)
    except Exception as error:  # noqa: BLE001  # whatever a library cannot do is what the table says
        say(failed=f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}")
        return
    say(loss=None if math.isnan(loss) else loss, setup=time.perf_counter() - start)
    times = 1
    for line in asked:
        seconds = json.loads(line).get("calibrate")
        if seconds is not None:
            times = calibrate(run, seconds)
            say(times=times)
        else:
            if times > 1:
                run(1)  # untimed: others have used the caches meanwhile
            say(**timed(run, times))


def end_with_parent() -> None:
    """End when whoever asks has ended, however: a process that stands still would never notice (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> None:
    """Take the row's and the contender's names."""
    end_with_parent()
    row, name = sys.argv[1:]
    answered = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(next(c for c in ROWS[row].contenders if c.name == name), row, sys.stdin, answered)


if __name__ == "__main__":
    main()
