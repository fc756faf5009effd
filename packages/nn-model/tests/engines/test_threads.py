"""scipy brings a BLAS of its own, which compiled code calls: it has as many threads as NumPy's."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("numba")

SCRIPT = """
import numpy as np
from threadpoolctl import threadpool_info
from nn_layers import Dense
from nn_loss import MSE
from nn_model import NN
from nn_optim import SGD

def threads():
    return {pool["filepath"]: pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

seen = []
nn = NN([Dense(2, 1)], MSE(), SGD(), engine="numba")
nn.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=2, callbacks=[lambda event: seen.append(threads())], verbose=False)
after = threads()
import scipy.linalg.cython_blas
assert threads() == after, "scipy's was loaded before training began"
assert all(set(found.values()) == {1} for found in seen), seen
print(len(seen), *after.values())
"""


def test_every_blas_has_one_thread_while_a_network_trains(tmp_path: object) -> None:
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2", "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False)  # noqa: S603  # our own script
    assert done.returncode == 0, done.stderr
    seen, *after = map(int, done.stdout.split())
    assert seen > 2
    assert set(after) <= {1, 2}
    assert max(after) == 2 or len(after) == 1  # put back; a machine of one core has one
