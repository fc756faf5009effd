"""Predictions from many threads on one network."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest

from nn_layers import ELU, Dense, Dropout, Flatten, Softmax, Standardize
from nn_loss import CrossEntropy
from nn_model import NN
from nn_optim import Adam

THREADS = 16


@pytest.fixture
def frequent_switches() -> Iterator[None]:
    """Let the interpreter change threads a thousand times as often, so that a race shows."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("frequent_switches")
def test_sixteen_threads_predict_what_one_does_bit_for_bit() -> None:
    rng = np.random.default_rng(0)
    nn = NN(
        [Flatten(), Standardize(), Dense(16, 32), ELU(), Dropout(0.5), Dense(32, 32), Softmax(), Dense(32, 5)],
        CrossEntropy(),
        Adam(),
        input_shape=(4, 4),
    )
    nn.adapt(rng.standard_normal((50, 4, 4)))
    # Every thread its own rows, of different numbers: one chunk, a short one, several.
    batches = [rng.standard_normal((37 * i + 1 + 1024 * (i % 3 == 0), 4, 4)).astype("float32") for i in range(THREADS)]
    serial = [
        (nn.predict_proba(x).tobytes(), nn.predict(x).tobytes(), str(nn.evaluate(x, [0] * len(x)))) for x in batches
    ]
    start = Barrier(THREADS)

    def work(i: int) -> list[bool]:
        start.wait()
        same = []
        for _ in range(20):
            found = nn.predict_proba(batches[i]).tobytes(), nn.predict(batches[i]).tobytes()
            same.append(found == serial[i][:2])
        same.append(str(nn.evaluate(batches[i], [0] * len(batches[i]))) == serial[i][2])
        return same

    with ThreadPoolExecutor(THREADS) as pool:
        results = list(pool.map(work, range(THREADS)))
    assert [len(result) for result in results] == [21] * THREADS
    assert all(all(result) for result in results)
