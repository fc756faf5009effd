"""What docs/migration.md says to write runs: its blocks, its table cells, and its commands."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from nn_model.cli.app import app

TREE = Path(__file__).parents[4]
TEXT = (TREE / "docs" / "migration.md").read_text(encoding="utf-8")
HEAD, *SECTIONS = re.split(r"^## ", TEXT, flags=re.MULTILINE)


def programs(section: str) -> Iterator[str]:
    """Give the blocks and the codes of the middle cells, as they stand."""
    for block, row in re.findall(r"^```python\n(.*?)^```|^(\|[^\n]*\|)$", section, flags=re.DOTALL | re.MULTILINE):
        if block:
            yield block
        else:
            cells = row.split("|")
            assert len(cells) == 5, row
            yield from re.findall(r"`([^`]+)`", cells[2])


def is_shell(program: str) -> bool:
    return re.match(r"nn [a-z]|python ", program) is not None


COMMANDS = [program for section in SECTIONS for program in programs(section) if is_shell(program)]


@pytest.mark.parametrize("section", SECTIONS, ids=[section.partition(" ->")[0] for section in SECTIONS])
def test_a_section_runs_from_top_to_bottom(
    section: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text("a,b,label\n1,2,0\n3,4,1\n")
    names: dict[str, Any] = {"__name__": "migration"}
    count = 0
    for program in [*programs(HEAD), *programs(section)]:
        if not is_shell(program):
            exec(compile(program, "migration.md", "exec"), names)  # noqa: S102  # our own text is what is tested
            count += 1
    assert count > 6
    assert ("MSE ~ 0." in capsys.readouterr().out) == section.startswith("RustNet")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_one(command: str) -> None:
    program, *words = shlex.split(command)
    if program == "python":
        assert (TREE / words[0]).is_file()
        return
    found: Any = app
    context: click.Context | None = None
    while isinstance(found, click.Group):
        context = click.Context(found, parent=context, info_name=found.name)
        found = found.commands[words.pop(0)]
    parsed = found.make_context(found.name, words, parent=context)
    assert parsed.params
    if "model" in parsed.params and "--model" in words:
        assert words[words.index("--model") + 1] in str(parsed.params["model"])


def test_every_section_has_what_it_needs() -> None:
    assert [section.partition(" ->")[0] for section in SECTIONS] == [
        "RustNet",
        "RustNet CNN",
        "Rust-Neural-Networks",
        "nn-rs",
        "rsnet",
    ]
    assert len(COMMANDS) >= 10
