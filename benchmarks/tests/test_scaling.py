"""Sweeps and the exponents that are fitted to them."""

from pathlib import Path

import pytest
from benchmarks.scaling import SWEEPS, markdown, measure, powers
from benchmarks.sweep import Sweep, draw, exponent


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_an_exponent_is_found_above_the_size_given(power: float) -> None:
    costs = {size: 3e-6 * size**power for size in powers(64, 4096)} | {1: 7.0, 32: 9.0}
    assert exponent(costs, 64) == pytest.approx(power)


def test_sizes() -> None:
    assert powers(16, 128) == [16, 32, 64, 128]
    assert [(s.axis, s.sizes[0], s.sizes[-1]) for s in SWEEPS[2:]] == [
        ("rows of a batch", 1, 4096),
        ("width", 16, 2048),
        ("depth", 1, 64),
    ]


@pytest.mark.parametrize("which", SWEEPS, ids=lambda s: f"{s.name} by {s.axis}")
def test_a_sweep_measures_every_size_and_memory_grows(which: Sweep) -> None:
    sizes = which.sizes[:3]
    sweep = Sweep(which.name, which.axis, sizes, sizes[0], which.make)
    measure(sweep, rounds=1, most=sizes[-1])
    assert list(sweep.seconds) == list(sweep.memory) == list(sizes)
    assert min(sweep.seconds.values()) > 0
    assert sweep.memory[sizes[-1]] > sweep.memory[sizes[0]]


def test_table_and_picture(tmp_path: Path) -> None:
    made = []
    for s in SWEEPS:
        costs = {size: 1e-4 * size for size in s.sizes}
        memory = {size: 4096.0 * size for size in s.sizes}
        made.append(Sweep(s.name, s.axis, s.sizes, s.least, s.make, costs, memory))
    assert markdown(made).splitlines()[2] == (
        "| 784-512-10 | rows of a batch, 1 to 4,096 | 100 us to 410 ms | 1.00 from 256 "
        "| 4.0 KiB to 16.0 MiB | 1.00 from 256 |"
    )
    draw(made, tmp_path / "scaling.png")
    assert (tmp_path / "scaling.png").stat().st_size > 20_000
