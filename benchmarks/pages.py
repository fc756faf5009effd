"""What stands in docs/: text between two markers, made by a command and never edited by hand."""

import re
from pathlib import Path

from benchmarks.picture import draw
from benchmarks.results import Report
from benchmarks.table import markdown, threads_markdown

__all__ = ["DOCS", "put", "write_page"]

DOCS = Path(__file__).parents[1] / "docs"
THREADS = "Time with all cores, as a share of the time with one thread:"


def put(page: Path, name: str, text: str) -> None:
    """Write text between a page's markers of this name.

    Raises
    ------
    ValueError
        The page does not have both, in this order.
    """
    old = page.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    new, count = re.subn(f"{begin}\n.*?{end}", lambda _: f"{begin}\n\n{text}\n\n{end}", old, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"{page} must have {begin} and {end} once, in this order; found {count}")
    page.write_text(new, encoding="utf-8")


def write_page(report: Report) -> None:
    """Write tables and chart of a run."""
    counts = sorted({result.threads for result in report.results})
    page = DOCS / "benchmarks.md"
    tables = [f"### {n} thread{'s' if n > 1 else ''}\n\n{markdown(report, n)}" for n in counts]
    put(page, "results", "\n\n".join([where(report), *tables, sizes(report)]))
    if len(counts) > 1:
        put(page, "threads", f"{THREADS}\n\n{threads_markdown(report, counts[-1])}")
    draw(report, DOCS / "pictures" / "benchmarks.png")


def where(report: Report) -> str:
    """Say where and when."""
    libraries = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    m = report.machine
    rows = "; ".join(
        f"{', '.join(row for row, then in report.again.items() if then == when)} at {when}"
        for when in dict.fromkeys(report.again.values())
    )
    anew = f" Measured anew: {rows}." if rows else ""
    return (
        f"{report.date}, {m['processor']}, {m['cores']} cores, {m['system']}, Python {m['python']}, load {m['load']} "
        f"at the beginning; {libraries}. Medians; in bold where ours is not slower than the best peer.{anew}"
    )


def sizes(report: Report) -> str:
    """Say how large everything is."""
    words = ", ".join(f"{name} {size / 1e6:,.0f} MB" for name, size in report.installed.items())
    return f"Installed, with all that it needs: {words}."
