"""Nothing depends on the clock on the wall, which jumps: no source of the four packages asks it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCES = sorted(Path(__file__).parents[3].glob("*/src/**/*.py"))
TIMERS = {"perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "process_time", "thread_time", "sleep"}
WALL = {"getmtime", "getctime", "getatime", "utime", "st_mtime", "st_mtime_ns", "st_ctime", "st_ctime_ns", "st_atime"}
WALL |= {"utcnow", "today", "fromtimestamp"}


def asked(source: str) -> Iterator[str]:
    """Give what a source asks of the clock on the wall, or of files' dates."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(value=ast.Name(id="time"), attr=name) if name not in TIMERS:
                yield f"time.{name}"
            case ast.ImportFrom(module="time", names=names):
                yield from (f"time.{alias.name}" for alias in names if alias.name not in TIMERS)
            case ast.Import(names=names):
                yield from (f"import {alias.name}" for alias in names if alias.name == "datetime")
                yield from (f"time as {alias.asname}" for alias in names if alias.name == "time" and alias.asname)
            case ast.ImportFrom(module="datetime"):
                yield "import datetime"
            case ast.Attribute(attr=name) if name in WALL:
                yield name
            case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=str() as name), *_]) if name in WALL:
                yield name


def test_there_are_sources_of_four_packages() -> None:
    assert {path.parts[path.parts.index("src") + 1] for path in SOURCES} == {
        "nn_layers",
        "nn_loss",
        "nn_model",
        "nn_optim",
    }
    assert len(SOURCES) > 150


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: "/".join(path.parts[path.parts.index("src") + 1 :]))
def test_only_timers_that_never_jump(path: Path) -> None:
    assert list(asked(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.time()",
        "from time import time",
        "from time import time_ns as now",
        "import time as clock\nclock.time()",
        "import datetime",
        "from datetime import datetime",
        "import os\nos.path.getmtime('a')",
        "path.stat().st_mtime",
        "from pathlib import Path\nx = Path('a').stat().st_ctime_ns",
        "getattr(status, 'st_mtime')",
        "os.utime('a')",
    ],
)
def test_the_search_finds_them(source: str) -> None:
    assert list(asked(source))


def test_the_search_lets_timers_be() -> None:
    assert list(asked("import time\nfrom time import perf_counter\ntime.monotonic()\nrow.train_time")) == []
