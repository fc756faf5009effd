"""Whether anything has become slower: ratios of ours to a peer, in a new run beside a stored one.

`nox -s bench-check` measures anew and compares with `benchmarks/baseline.json`; `python -m benchmarks.check NEW OLD`
compares two files. Ratios travel between machines, times do not. Exit status 1: a ratio grew by more than the share,
or one that was asked for cannot be compared.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.results import Report, Result, read
from benchmarks.rows import ROWS

__all__ = ["grown", "lacking", "missing"]

BASELINE = Path(__file__).parent / "baseline.json"


def lacking(report: Report) -> Iterator[str]:
    """Say which of ours have no times in a run's rows, and why: such a run says nothing about us."""
    for result in report.results:
        where = f"{result.row}, {result.threads}"
        ours = [c.name for c in ROWS[result.row].contenders if c.role == "ours"] if result.row in ROWS else []
        if result.refused:
            yield f"{where} is refused: {result.refused}"
        else:
            absent = [name for name in ours if not result.has(name)]
            yield from (f"{where}: {name} is absent: {result.absent.get(name, 'not measured')}" for name in absent)


def missing(new: Report, old: Report) -> Iterator[str]:
    """Say which of ours the old run has and the new one, where it was asked for them, cannot compare.

    Rows with another number of threads than the new run had are not asked for: machines differ in their cores.
    """
    counts = {result.threads for result in new.results}
    for then in old.results:
        if then.refused or then.threads not in counts or (new.asked and then.row not in new.asked):
            continue
        now = new.find(then.row, then.threads)
        compared = set() if now is None else {name for name, _ in _of_row(now, then)}
        ours = [name for name, times in then.times.items() if times.role == "ours" and times.seconds]
        yield from (f"{then.row}, {then.threads}: {name}" for name in ours if name not in compared)


def grown(new: Report, old: Report) -> Iterator[tuple[str, float, float]]:
    """Give what can be compared, with both ratios: each of ours over the peer that was fastest in the old run."""
    for then in old.results:
        now = new.find(then.row, then.threads)
        if now is not None and not then.refused:
            for name, peer in _of_row(now, then):
                yield f"{then.row}, {then.threads}: {name} / {peer}", now.ratio(name, peer), then.ratio(name, peer)


def _of_row(now: Result, then: Result) -> Iterator[tuple[str, str]]:
    """Give each of ours beside the peer that was fastest, or the yardstick of a row without peers."""
    both = sorted(name for name in then.times if now.has(name) and then.has(name))
    roles = {name: then.times[name].role for name in both}
    role = "peer" if "peer" in roles.values() else "yardstick"
    peer = min((n for n in both if roles[n] == role), key=lambda name: then.times[name].median, default=None)
    for name in both:
        if peer is not None and roles[name] == "ours":
            yield name, peer


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("new", type=Path, help="a JSON file of `python -m benchmarks --json`")
    parser.add_argument("old", type=Path, nargs="?", default=BASELINE, help="the stored one (%(default)s)")
    parser.add_argument("--share", type=float, default=0.15, help="by how much a ratio may grow (%(default)s)")
    args = parser.parse_args()

    new, old = read(args.new), read(args.old)
    compared, lost = list(grown(new, old)), list(missing(new, old))
    if not compared and not lost:
        sys.exit("there is nothing to compare: no row, contender and number of threads is in both files")
    worse = 0
    for what, now, then in compared:
        slower = now > then * (1 + args.share)
        worse += slower
        print(f"{what:60} {then:8.3f} then {now:8.3f} now {now / then - 1:+8.1%}{'  SLOWER' * slower}")
    for what in lost:
        print(f"{what:60} MISSING")
    faults = [f"{worse} of {len(compared)} ratios grew by more than {args.share:.0%}"] if worse else []
    faults += [f"{len(lost)} of ours could not be compared"] if lost else []
    sys.exit("; ".join(faults) or 0)


if __name__ == "__main__":
    main()
