"""Whether anything has become slower: ratios of ours to a peer, in a new run beside a stored one.

`nox -s bench-check` measures anew and compares with `benchmarks/baseline.json`; `python -m benchmarks.check NEW OLD`
compares two files. Ratios travel between machines, times do not. Exit status 1: a ratio grew by more than the share.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.results import Report, Result, read

__all__ = ["grown"]

BASELINE = Path(__file__).parent / "baseline.json"


def grown(new: Report, old: Report) -> Iterator[tuple[str, float, float]]:
    """Give what can be compared, with both ratios: each of ours over the peer that was fastest in the old run."""
    for then in old.results:
        now = new.find(then.row, then.threads)
        if now is not None and not then.refused:
            yield from _of_row(now, then)


def _of_row(now: Result, then: Result) -> Iterator[tuple[str, float, float]]:
    both = {name for name, times in now.times.items() if times.seconds and name in then.times}
    others = [name for name in both if now.times[name].role != "ours" and then.times[name].seconds]
    peer = min(others, key=lambda name: then.times[name].median, default=None)
    for name in sorted(both):
        if peer is not None and then.times[name].role == "ours" and then.times[name].seconds:
            yield f"{then.row}, {then.threads}: {name} / {peer}", now.ratio(name, peer), then.ratio(name, peer)


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("new", type=Path, help="a JSON file of `python -m benchmarks --json`")
    parser.add_argument("old", type=Path, nargs="?", default=BASELINE, help="the stored one (%(default)s)")
    parser.add_argument("--share", type=float, default=0.15, help="by how much a ratio may grow (%(default)s)")
    args = parser.parse_args()

    compared = list(grown(read(args.new), read(args.old)))
    if not compared:
        sys.exit("there is nothing to compare: no row, contender and number of threads is in both files")
    worse = 0
    for what, now, then in compared:
        slower = now > then * (1 + args.share)
        worse += slower
        print(f"{what:60} {then:8.3f} then {now:8.3f} now {now / then - 1:+8.1%}{'  SLOWER' * slower}")
    sys.exit(f"{worse} of {len(compared)} ratios grew by more than {args.share:.0%}" if worse else 0)


if __name__ == "__main__":
    main()
