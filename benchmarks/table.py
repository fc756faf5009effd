"""Results as text: a block for a row as it is measured, and tables in Markdown."""

from collections.abc import Iterator

from benchmarks.results import Report, Result
from benchmarks.rows import ROWS

__all__ = ["block", "duration", "markdown"]

COLUMNS = ("nn numpy", "nn numba", "nn auto", "PyTorch", "PyTorch compiled", "JAX", "JAX loop")
"""Contenders with a column of their own; what others there are stand in the last one."""


def duration(seconds: float) -> str:
    """Write a time with three digits and its unit."""
    for factor, unit in ((1.0, "s"), (1e3, "ms"), (1e6, "us")):
        if seconds * factor >= 1 or unit == "us":
            digits = 3 if seconds * factor < 1 else 2 if seconds * factor < 10 else 1 if seconds * factor < 100 else 0
            return f"{seconds * factor:.{digits}f} {unit}"
    raise AssertionError("unreachable: microseconds take everything")


def block(result: Result) -> str:
    """Write one row: median and minimum of everybody, and ours in their shares."""
    about = ROWS[result.row].about if result.row in ROWS else ""
    lines = [f"{result.row}: {about}; {result.threads} thread{'s' if result.threads > 1 else ''}"]
    if result.refused:
        return "\n".join([*lines, f"  REFUSED: {result.refused}"])
    ours = [name for name, times in result.times.items() if times.role == "ours" and times.seconds]
    for name, times in result.times.items():
        if times.seconds:
            ratios = [f"{mine} / it {result.ratio(mine, name):.3f}" for mine in ours if mine != name]
            over = f"  ({times.cores:.1f} cores)" if times.cores > 1.2 * result.threads else ""
            cells = f"{duration(times.median):>9} median {duration(times.least):>9} minimum"
            lines.append(f"  {name:<26}{cells}  {', '.join(ratios)}{over}".rstrip())
    lines += [f"  {name:<26}absent: {why}" for name, why in result.absent.items()]
    return "\n".join(lines)


def markdown(report: Report, threads: int) -> str:
    """Write the table of one number of threads: medians, and the ratio of our best to the best peer."""
    chosen = [r for r in report.results if r.threads == threads and not r.refused]
    head = ["row", *COLUMNS, "others", "ours / best peer"]
    lines = [f"| {' | '.join(head)} |", f"|---|{'--:|' * len(COLUMNS)}---|--:|"]
    lines += [f"| {' | '.join(_cells(result))} |" for result in chosen]
    return "\n".join(lines)


def _cells(result: Result) -> Iterator[str]:
    yield f"{result.row}, {result.unit}"
    medians = {name: duration(times.median) for name, times in result.times.items() if times.seconds}
    for name in COLUMNS:
        yield medians.pop(name, "")
    yield ", ".join(f"{name} {text}" for name, text in medians.items())
    mine, peer = result.best("ours"), result.best("peer")
    ratio = f"{result.ratio(mine, peer):.2f}" if mine and peer else ""
    yield f"**{ratio}**" if ratio and float(ratio) <= 1 else ratio


def threads_markdown(report: Report, most: int) -> str:
    """Write what all cores do to each row of ours: the time with them over the time with one thread."""
    lines = ["| row | ours | PyTorch | JAX |", "|---|--:|--:|--:|"]
    for many in (r for r in report.results if r.threads == most and not r.refused):
        one = report.find(many.row, 1)
        if one is not None:
            cells = [_gain(one, many, (name,)) for name in ("nn numpy", "PyTorch", "JAX")]
            lines.append(f"| {many.row} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _gain(one: Result, many: Result, names: tuple[str, ...]) -> str:
    both = [name for name in names if all(name in r.times and r.times[name].seconds for r in (one, many))]
    return ", ".join(f"{many.times[name].median / one.times[name].median:.2f}" for name in both)
