"""How cost grows: time and memory of a step against rows, width and depth, and the exponents fitted: `nox -s scaling`.

Everything is measured in one process, sizes in turn, by `train_step` with the numpy engine. An exponent of 1 means:
twice the size, twice the cost. It is fitted where sizes are so large that arithmetic outweighs the calls around it.
"""

import argparse
import time
import tracemalloc
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from benchmarks.pages import DOCS, put
from benchmarks.row import Array
from benchmarks.rows.dense import digits, mlp
from benchmarks.rows.images import network, pictures
from benchmarks.sweep import Sweep, draw, exponent
from benchmarks.table import duration
from nn_layers import Dense, Propagate, ReLU
from nn_layers.summary import bytes_text
from nn_loss import CrossEntropy
from nn_model import NN
from nn_optim import SGD

__all__ = ["SWEEPS"]

Batch = tuple[NN, Array, Array]


def powers(first: int, last: int) -> list[int]:
    """Give the powers of two from one to the other."""
    return [1 << i for i in range(first.bit_length() - 1, last.bit_length())]


def of_rows(make: Callable[[], NN], data: Callable[[int], tuple[Array, Array]], rows: int) -> Batch:
    """Take a batch of so many rows."""
    return (make(), *data(rows))


def square(width: int, depth: int) -> Batch:
    """Make `depth` layers as wide as their input, and a batch of 64 rows."""
    layers: list[Propagate] = [part for _ in range(depth) for part in (Dense(width, width), ReLU())]
    rng = np.random.default_rng(0)
    x = rng.standard_normal((64, width), dtype=np.float32)
    return NN(layers[:-1], CrossEntropy(), SGD(lr=1e-4)), x, rng.integers(0, width, 64)


ROWS = powers(1, 4096)
SWEEPS = [
    Sweep("784-512-10", "rows of a batch", ROWS, 256, partial(of_rows, partial(mlp, SGD()), digits)),
    Sweep("convolution", "rows of a batch", ROWS, 256, partial(of_rows, partial(network, "mnist_cnn"), pictures)),
    Sweep("attention", "rows of a batch", ROWS, 256, partial(of_rows, partial(network, "mnist_attention"), pictures)),
    Sweep("3 dense layers", "width", powers(16, 2048), 256, partial(square, depth=3)),
    Sweep("layers of 64", "depth", powers(1, 64), 8, partial(square, 64)),
]


def measure(sweep: Sweep, rounds: int, most: int) -> None:
    """Time a step of every size in turn, keep the shortest, and count the memory that each size takes."""
    steps: dict[int, Callable[[], object]] = {}
    times: dict[int, list[float]] = {}
    for size in [size for size in sweep.sizes if size <= most]:
        tracemalloc.start()
        nn, x, y = sweep.make(size)
        before = tracemalloc.get_traced_memory()[0]
        nn.train_step(x, y)
        sweep.memory[size] = tracemalloc.get_traced_memory()[0] - before + nn.theta.nbytes + nn.grad.nbytes
        tracemalloc.stop()
        steps[size], times[size] = partial(nn.train_step, x, y), []
    for _ in range(rounds):
        for size, step in steps.items():
            times[size].append(timed(step))
    sweep.seconds = {size: min(each) for size, each in times.items()}


def timed(step: Callable[[], object]) -> float:
    """Give the seconds of one step, of as many as fit into 10 ms after one untimed."""
    step()
    start, count = time.perf_counter(), 0
    while (taken := time.perf_counter() - start) < 0.01 or not count:
        step()
        count += 1
    return taken / count


def markdown(sweeps: Sequence[Sweep]) -> str:
    """Write a line for each sweep: costs at both ends, and exponents."""
    lines = ["| network | grows | time | exponent | memory | exponent |", "|---|---|--:|--:|--:|--:|"]
    for s in sweeps:
        first, last = min(s.seconds), max(s.seconds)
        times = f"{duration(s.seconds[first])} to {duration(s.seconds[last])}"
        memory = f"{bytes_text(s.memory[first])} to {bytes_text(s.memory[last])}"
        fits = [f"{exponent(costs, s.least):.2f} from {s.least:,}" for costs in (s.seconds, s.memory)]
        lines.append(f"| {s.name} | {s.axis}, {first:,} to {last:,} | {times} | {fits[0]} | {memory} | {fits[1]} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="of each size, in turn (%(default)s)")
    parser.add_argument("--most", type=int, default=4096, help="leave larger sizes out (%(default)s)")
    parser.add_argument("--write", action="store_true", help="put table and picture into docs/")
    args = parser.parse_args()
    for sweep in SWEEPS:
        measure(sweep, args.rounds, args.most)
        print(f"{sweep.name}, {sweep.axis}: exponent {exponent(sweep.seconds, sweep.least):.2f}", flush=True)
    print(markdown(SWEEPS))
    if args.write:
        put(DOCS / "benchmarks.md", "scaling", markdown(SWEEPS))
        draw(SWEEPS, DOCS / "pictures" / "scaling.png")


if __name__ == "__main__":
    main()
