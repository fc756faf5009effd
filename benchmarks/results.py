"""What was measured: as objects, and as a JSON file."""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

__all__ = ["Report", "Result", "Times", "read", "replaced", "write"]

VERSION = 1


@dataclass(slots=True)
class Times:
    """One contender in one row: loss after the check, seconds to prepare, and of every round, for the work once."""

    role: str
    loss: float | None
    setup: float
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The median of all rounds."""
        return median(self.seconds)

    @property
    def least(self) -> float:
        """The shortest round."""
        return min(self.seconds)

    @property
    def cores(self) -> float:
        """How many cores it kept busy."""
        return median(p / s for p, s in zip(self.processor, self.seconds, strict=True))


@dataclass(slots=True)
class Result:
    """One row with one number of threads.

    Attributes
    ----------
    row, unit, threads
        The row's name, what was timed, and how many threads everybody had.
    times
        By contender.
    absent
        Who did not take part, and why.
    refused
        Why nothing was timed: losses that do not agree.
    """

    row: str
    unit: str
    threads: int
    times: dict[str, Times] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    refused: str | None = None

    def has(self, name: str) -> bool:
        """Whether a contender was timed."""
        return name in self.times and bool(self.times[name].seconds)

    def best(self, role: str) -> str | None:
        """Give the fastest contender of a role, if there is one."""
        of_role = [name for name, times in self.times.items() if times.role == role and times.seconds]
        return min(of_role, key=lambda name: self.times[name].median, default=None)

    def ratio(self, one: str, other: str) -> float:
        """Divide one contender's median by another's."""
        return self.times[one].median / self.times[other].median


@dataclass(slots=True)
class Report:
    """A whole run: where and when, every row, and which rows were asked for: all, where none is named.

    `again` says which rows, with how many threads, were measured anew, and when.
    """

    date: str
    machine: dict[str, Any]
    versions: dict[str, str]
    installed: dict[str, int] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    again: dict[str, str] = field(default_factory=dict)

    def find(self, row: str, threads: int) -> Result | None:
        """Give a row, if it was measured."""
        return next((r for r in self.results if (r.row, r.threads) == (row, threads) and not r.refused), None)


def replaced(old: Report, new: Report) -> Report:
    """Put rows that were measured anew in the place of those of an earlier run.

    Raises
    ------
    ValueError
        Another machine or other libraries: their times mean nothing beside each other.
    """
    for name, was, now in (("machine", old.machine, new.machine), ("libraries", old.versions, new.versions)):
        if other := [key for key in was | now if key != "load" and was.get(key) != now.get(key)]:
            raise ValueError(f"the {name} are not those of the earlier run: {', '.join(other)}; measure all rows")
    results = {(result.row, result.threads): result for result in [*old.results, *new.results]}
    again = old.again | {f"{result.row} ({result.threads})": new.date for result in new.results}
    asked = [*dict.fromkeys([*old.asked, *(result.row for result in new.results)])] if old.asked else []
    return replace(old, results=list(results.values()), again=again, asked=asked)


def write(report: Report, path: Path) -> None:
    """Write everything, all rounds included, to a JSON file: a line for the run, then one for each row."""
    words = {"version": VERSION, **asdict(report)}
    rows = ",\n".join(json.dumps(row) for row in words.pop("results"))
    path.write_text(f'{json.dumps(words)[:-1]}, "results": [\n{rows}\n]}}\n', encoding="utf-8")


def read(path: Path) -> Report:
    """Read what `write` has written.

    Raises
    ------
    ValueError
        No such file.
    """
    words = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(words, dict) or words.pop("version", None) != VERSION:
        raise ValueError(f"{path} is no report of version {VERSION}")
    results = [
        Result(**{**row, "times": {name: Times(**times) for name, times in row["times"].items()}})
        for row in words.pop("results")
    ]
    return Report(**words, results=results)
