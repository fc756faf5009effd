"""A save that is killed, at any moment and at each of its system calls, leaves the old file or the new one, whole."""

import json
import re
import subprocess
import sys
from pathlib import Path

from nn_model.checkpoint import Snapshot, read, write

RANDOM = """
import json, os, random, signal, sys, time
from pathlib import Path
import numpy as np
from nn_layers import Dense
from nn_loss import MSE
from nn_optim import SGD
from nn_model.checkpoint import NetworkSpec, Snapshot, read, write
from nn_model.checkpoint.places import wanted

folder, times = Path(sys.argv[1]), int(sys.argv[2])
spec = NetworkSpec((Dense(100, 50),), MSE(), SGD(), None, (100,), "regression")
wants = wanted(spec)

def save(path, step):
    write(path, Snapshot(spec, {n: np.full(w.shape, step, w.dtype) for n, w in wants.items()}, {"step": step}))

rng, torn, litter, advanced = random.Random(0), [], 0, 0
for i in range(times):
    path = folder / ("a.safetensors" if i % 2 else "a.json")
    began = time.perf_counter()
    save(path, 0)
    took = time.perf_counter() - began
    child = os.fork()
    if child == 0:
        for step in range(1, 1000):
            save(path, step)
        os._exit(0)
    time.sleep(rng.uniform(0, max(0.03, 4 * took)))  # a busy machine saves slowly
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    litter += len(os.listdir(folder)) > 2
    found = read(path)
    step = found.run["step"]
    advanced += step > 0
    if not all((array == step).all() for array in found.arrays.values()):
        torn.append(i)
for name in ("a.json", "a.safetensors"):
    save(folder / name, 0)
print(json.dumps({"torn": torn, "litter": litter, "advanced": advanced, "names": sorted(os.listdir(folder))}))
"""


def test_row_82_killed_at_a_hundred_random_moments(tmp_path: Path) -> None:
    command = [sys.executable, "-c", RANDOM, str(tmp_path), "100"]
    # One thread, so that the child made by fork is a whole process.
    environment = {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": ":".join(filter(None, sys.path))}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603  # ours
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["torn"] == []
    assert found["names"] == ["a.json", "a.safetensors"]
    assert found["litter"] > 10, "kills hit saves under way"
    assert found["advanced"] > 10, "and between them"


ONCE = """
import os, sys
from pathlib import Path
from nn_model.checkpoint.atomic import write_atomic
content = Path(sys.argv[2]).read_bytes()
os.getppid()
write_atomic(sys.argv[1], lambda file: [file.write(content[i : i + 2000]) for i in range(0, len(content), 2000)])
os.getppid()
"""


def test_row_82_killed_at_each_system_call_of_a_save(tmp_path: Path, snapshot: Snapshot, strace: str) -> None:
    folder, log, new = tmp_path / "folder", tmp_path / "log", tmp_path / "new.safetensors"
    folder.mkdir()
    path = folder / "a.safetensors"
    old = Snapshot(snapshot.spec, snapshot.arrays, {**snapshot.run, "step": 1})
    write(new, Snapshot(snapshot.spec, snapshot.arrays, {**snapshot.run, "step": 2}))
    script = [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{ONCE}", str(path), str(new)]

    def run(*inject: str) -> list[str]:
        command = [strace, "-o", str(log), *inject, *script]
        subprocess.run(command, capture_output=True, check=False, env={"PYTHONHASHSEED": "0"})  # noqa: S603  # ours
        return [found[1] for line in log.read_text().splitlines() if (found := re.match(r"([a-z0-9_]+)\(", line))]

    write(path, old)
    calls = run()
    start, stop = (i for i, call in enumerate(calls) if call == "getppid")
    moments = [(call, calls[: i + 1].count(call)) for i, call in enumerate(calls) if start < i <= stop]
    moments = [(call, nth) for call, nth in moments if call not in ("mmap", "munmap", "brk", "mremap", "rt_sigaction")]
    assert {"openat", "write", "fsync", "rename", "unlink", "close"} <= {call for call, _ in moments}

    steps, litter = [], 0
    for call, nth in moments:
        write(path, old)
        assert [item.name for item in folder.iterdir()] == [path.name], "the save before has swept"
        run("-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={nth}")
        assert "killed by SIGKILL" in log.read_text()
        litter += len(list(folder.iterdir())) > 1
        steps.append(read(path).run["step"])
    assert steps == sorted(steps), "old up to the rename, new from there on"
    assert set(steps) == {1, 2}
    assert litter > 5
