"""What the core promises, measured: the step beside its bare matrix products, two threads beside one, imports, size.

Run it with `nox -s bench`, which fixes the BLAS threads at one. Contenders take turns in one process (imports: in one
loop of fresh processes), and medians and minima are printed: on a shared machine only their ratios mean anything.
"""

import io
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from statistics import median

import numpy as np

from nn_layers import Dense, ReLU
from nn_layers.kernels import affine
from nn_loss import CrossEntropy
from nn_model import NN
from nn_model.train import ProgressBar
from nn_model.train.source import Source
from nn_model.train.stream import stream
from nn_optim import SGD

ROWS, SIZES = 64, (784, 512, 10)


def take_turns(contenders: dict[str, Callable[[], object]], rounds: int, warm: int = 10) -> dict[str, list[float]]:
    """Time every contender once a round, in seconds, after a warm-up."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for name in list(contenders) * warm:
        contenders[name]()
    for _ in range(rounds):
        for name, work in contenders.items():
            start = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - start)
    return times


def show(title: str, times: dict[str, list[float]], limit: str) -> None:
    """Print medians and minima, and the ratio of each contender to the first."""
    base = next(iter(times))
    print(f"\n{title}  ({limit})")
    for name, values in times.items():
        ratios = f"x {median(values) / median(times[base]):.3f} median, x {min(values) / min(times[base]):.3f} minimum"
        print(f"  {name:<34} {1e3 * median(values):9.3f} ms median {1e3 * min(values):9.3f} ms minimum  {ratios}")


def network() -> NN:
    """Make the network of the measurements."""
    a, b, c = SIZES
    return NN([Dense(a, b), ReLU(), Dense(b, c)], CrossEntropy(), SGD(lr=0.01))


def bare_products(nn: NN) -> Callable[[], None]:
    """Give exactly the matrix products of one training step, as bare calls."""
    rng = np.random.default_rng(0)
    a, b, c = SIZES
    x, h, s = (rng.standard_normal((ROWS, n), dtype=np.float32) for n in SIZES)
    w1, w2 = rng.standard_normal((a, b), dtype=np.float32), rng.standard_normal((b, c), dtype=np.float32)
    g1, g2, dh = np.empty_like(w1), np.empty_like(w2), np.empty_like(h)
    products = [(x, w1, h), (h, w2, s), (h.T, s, g2), (s, w2.T, dh), (x.T, dh, g1)]
    made = sum(call.count("affine.") for call in nn.explain(ROWS).splitlines())
    if made != len(products):  # the comparison would be of different work
        raise ValueError(f"the program makes {made} products, {affine.__name__} is compared with {len(products)}")

    def run() -> None:
        for left, right, out in products:
            np.matmul(left, right, out=out)

    return run


def step() -> None:
    """Compare a training step with its own matrix products."""
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((ROWS, SIZES[0]), dtype=np.float32), rng.integers(0, SIZES[-1], ROWS)
    nn = network()
    times = take_turns({"bare np.matmul(out=)": bare_products(nn), "NN.train_step": lambda: nn.train_step(x, y)}, 300)
    show("784-512-10, batch 64, plain SGD", times, "promised: at most 1.5 times")


def overhead() -> None:
    """Compare `fit`, its progress bar on, with the bare program of the same steps, gathering its batches as well."""
    steps, rng = 400, np.random.default_rng(3)
    x = rng.standard_normal((ROWS * steps, SIZES[0]), dtype=np.float32)
    y = rng.integers(0, SIZES[-1], len(x))
    bare, fitted = network(), network()
    source = Source(x, y, None, np.arange(len(x)), ROWS, seed=0, shuffle=True)
    program = stream(bare.core.trainer.program(ROWS), source, np.zeros(4))

    def epoch() -> None:
        source.begin(0, 0)
        bare.core.engine.run(program, steps)

    bar = ProgressBar()  # draws where standard error is a terminal

    def fit() -> None:
        with redirect_stdout(io.StringIO()):
            fitted.fit(x, y, epochs=1, batch_size=ROWS, callbacks=[bar], verbose=False)

    times = take_turns({"bare program": epoch, "NN.fit": fit}, 7, warm=1)
    show("400 steps of the same network", times, "promised: at most 1.05 times, with its checks of the data")


def threads() -> None:
    """Compare predictions of two threads with those of one: the time of the same work, and the throughput."""
    nn, x = network(), np.random.default_rng(2).random((4096, SIZES[0]), dtype=np.float32)

    def work() -> None:
        for _ in range(4):
            nn.predict(x)

    def one() -> None:
        work()
        work()

    def two() -> None:
        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    times = take_turns({"one thread": one, "two threads": two}, 15)
    show("predict, 8 x 4,096 rows", times, "promised: at least 1.4 times the throughput, x 0.714")


def imports() -> None:
    """Compare imports with those of numpy and pydantic, in fresh processes."""
    statements = ("import numpy, pydantic.dataclasses", "import nn_model", "from nn_model import NN")

    def start(statement: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-c", statement], check=True)  # noqa: S603  # our own three

    show("imports", take_turns({s: start(s) for s in statements}, 15), "promised: at most 1.25 times")


if __name__ == "__main__":
    step()
    overhead()
    threads()
    imports()
