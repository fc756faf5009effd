"""Measure the rows of the table: `nox -s bench`, or `nox -s bench -- --quick mlp cnn` for some.

All contenders of a row take turns, each in a process of its own, with one thread and then with all cores. Their losses
after 20 steps from the same weights must agree before anything is timed. Only ratios mean something: close other
programs, and distrust a row whose medians are far from its minima. Exit status 1: losses do not agree, or one of ours
did not take part; such a run is never written into docs/.
"""

import argparse
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.check import lacking
from benchmarks.contest import Settings, contest
from benchmarks.machine import cores, installed_bytes, machine, versions
from benchmarks.pages import write_page
from benchmarks.picture import draw
from benchmarks.results import Report, read, replaced, write
from benchmarks.rows import ROWS, chosen
from benchmarks.table import block

FOLDER = Path(__file__).parent
QUICK = Settings(rounds=5, seconds=0.02, most=6.0)
INSTALLED = ("nn-model", "torch", "jax", "scikit-learn", "onnxruntime")


def parser() -> argparse.ArgumentParser:
    """Say what may be asked."""
    made = argparse.ArgumentParser("benchmarks", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    made.add_argument("rows", nargs="*", help=f"rows or families (all): {', '.join(ROWS)}")
    made.add_argument("--quick", action="store_true", help="few and short rounds: whether it works, not how fast it is")
    made.add_argument("--threads", type=int, nargs="+", help="numbers of threads (1, and all cores)")
    made.add_argument("--json", type=Path, help="where to write everything, all rounds included")
    made.add_argument("--picture", type=Path, help="where to write the chart")
    made.add_argument(
        "--from", type=Path, dest="source", help="an earlier run's JSON file: only named rows are measured"
    )
    made.add_argument("--write", action="store_true", help="put tables and chart into docs/, and the results beside")
    return made


def measure(names: list[str], threads: list[int], settings: Settings) -> Report:
    """Measure and print row by row."""
    sizes = {name: installed_bytes(name) for name in INSTALLED}
    report = Report(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", machine(), versions())
    report.installed |= {name: size for name, size in sizes.items() if size is not None}
    for name in names:
        for count in threads[:1] if ROWS[name].one_thread else threads:
            report.results.append(contest(ROWS[name], count, settings))
            print(block(report.results[-1]), end="\n\n", flush=True)
    return report


def main() -> None:
    """Measure, print, write."""
    # A process that is told to end tells its contenders, which stand still and would stay so.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    made = parser()
    args = made.parse_args()
    try:
        names = chosen(args.rows)
    except ValueError as error:
        made.error(str(error))
    threads = args.threads or sorted({1, cores()})
    old = read(args.source) if args.source else None
    new = measure([] if old and not args.rows else names, threads, QUICK if args.quick else Settings())
    report = new if old is None else replaced(old, new) if args.rows else old
    if args.rows and not args.source:
        report.asked = names
    for name, size in report.installed.items():
        print(f"{name} and what it needs: {size / 1e6:,.0f} MB installed")
    if args.json:
        write(report, args.json)
    if args.picture:
        draw(report, args.picture)
    faults = "\n".join(lacking(report))
    if args.write and not faults:
        write(report, FOLDER / "baseline.json")
        write_page(report)
    sys.exit(faults or 0)


if __name__ == "__main__":
    main()
