"""A contest: everybody in a process of its own, losses compared, the absent named."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from benchmarks.contest import Settings, contest, disagreement
from benchmarks.results import Result, Times
from benchmarks.row import Contender
from benchmarks.rows import ROWS
from benchmarks.worker import calibrate, environment

ROOT = Path(__file__).parents[2]
SHORT = Settings(rounds=2, seconds=0.001, most=1.0)


def test_everybody_who_can_takes_turns_and_the_others_are_named() -> None:
    few = [c for c in ROWS["mlp-sgd"].contenders if c.name in ("nn numpy", "its matrix products")]
    row = replace(ROWS["mlp-sgd"], contenders=(*few, Contender("nobody", "ours:steps", needs="no_such")))
    result = contest(row, 1, SHORT)
    assert result.absent == {"nobody": "no_such is not installed"}
    assert result.refused is None
    assert list(result.times) == ["nn numpy", "its matrix products"]
    for times in result.times.values():
        assert len(times.seconds) == len(times.processor) == 2
        assert min(times.seconds) > 0
        assert times.setup > 0
    assert 0 < (result.times["nn numpy"].loss or 0) < 10
    assert result.times["its matrix products"].loss is None  # a yardstick has none to compare


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere contenders notice when they are asked next")
def test_contenders_that_stand_still_end_with_a_process_that_is_killed() -> None:
    code = """
import time
from benchmarks.player import Player
from benchmarks.rows import ROWS
row = ROWS["xor"]
player = Player.start(row, row.contenders[0], 1)
player.hear()
player.stand_still()
print(player.process.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:  # noqa: S603  # our own code
        assert parent.stdout is not None
        stat = Path("/proc", parent.stdout.readline().strip(), "stat")
        end = time.monotonic() + 10
        while stat.read_text().rpartition(") ")[2][0] != "T":
            assert time.monotonic() < end
        parent.kill()
        while stat.exists() and stat.read_text().rpartition(") ")[2][0] != "Z":
            assert time.monotonic() < end


def test_a_contender_that_fails_is_named_with_its_reason_and_the_others_go_on() -> None:
    row = ROWS["block"]  # its numpy contender alone needs nothing that tests do not have
    result = contest(replace(row, contenders=(row.contenders[0], Contender("one of none", "ours:answers"))), 1, SHORT)
    assert list(result.times) == ["nn numpy"]
    assert set(result.absent) == {"one of none"}


def result_of(*losses: float | None) -> Result:
    times = {f"c{i}": Times("peer", loss, 0.1) for i, loss in enumerate(losses)}
    return Result(row="mlp-sgd", unit="step", threads=1, times=times)


@pytest.mark.parametrize("losses", [(2.0, 2.0001), (2.0, None, 1.9999), (None, None), (0.0, 0.0)])
def test_losses_that_agree(losses: tuple[float | None, ...]) -> None:
    assert disagreement(result_of(*losses)) is None


@pytest.mark.parametrize("losses", [(2.0, 2.001), (2.0, 2.0, 1.99), (None, 1.0, float("nan")), (0.0, 1e-6)])
def test_losses_that_do_not(losses: tuple[float | None, ...]) -> None:
    words = disagreement(result_of(*losses))
    assert words is not None
    assert f"c{len(losses) - 1} has the loss" in words


def test_the_environment_says_how_many_threads() -> None:
    one, two = environment(1), environment(2)
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    assert {one[name] for name in names} == {"1"}
    assert {two[name] for name in names} == {"2"}
    assert "multi_thread_eigen=false" in one["XLA_FLAGS"]
    assert "multi_thread_eigen=true" in two["XLA_FLAGS"]


def test_a_round_is_long_enough_and_a_calls_own_cost_small(monkeypatch: pytest.MonkeyPatch) -> None:
    for fixed, each in ((0.0, 0.001), (0.0, 0.5), (0.2, 0.0001), (0.0, 1e-7), (5.0, 0.1)):

        def clock(_: object, times: int, fixed: float = fixed, each: float = each) -> dict[str, float]:
            return {"seconds": (fixed + each * times) / times}

        monkeypatch.setattr("benchmarks.worker.timed", clock)
        times = calibrate(lambda _: 0.0, 0.04)
        assert fixed + each * times >= 0.02
        assert fixed + each * times <= max(1.0, 2 * (fixed + each * 2))
        assert fixed <= 0.3 * each * times or fixed + 2 * each * times > 1.0


def test_one_command_measures_and_writes(tmp_path: Path) -> None:
    path, chart = tmp_path / "run.json", tmp_path / "chart.png"
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "benchmarks",
        "block",
        "--quick",
        "--threads",
        "1",
        "--json",
        path,
        "--picture",
        chart,
    ]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=120)  # noqa: S603  # ours
    assert done.stdout.startswith("block: convolution of 32 to 64")
    whole = find_spec("numba") is not None  # one of ours needs it
    assert (done.returncode, "is absent: numba is not installed" in done.stderr) == (1 - whole, not whole)
    words = json.loads(path.read_text())
    assert words["results"][0]["row"] == "block"
    assert words["machine"]["cores"] >= 1
    assert "numpy" in words["versions"]
    assert words["installed"]["nn-model"] > 1_000_000
    assert chart.read_bytes().startswith(b"\x89PNG")
    wrong = subprocess.run([*command[:3], "no-row"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603  # ours
    assert wrong.returncode == 2
    assert "there is no row 'no-row'" in wrong.stderr
