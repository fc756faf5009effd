"""The README's programs and the docstrings' examples run and print what they say."""

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_readme(capsys: pytest.CaptureFixture[str]) -> None:
    programs = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    printed = "".join(re.findall(r"```text\n(.*?)```", README, flags=re.DOTALL))
    names: dict[str, object] = {}
    for program in programs:
        exec(compile(program, "README.md", "exec"), names)  # noqa: S102  # our own README
    assert capsys.readouterr().out == printed
    assert len(programs) == 2


@pytest.mark.parametrize("module", ["regression", "huber", "cross_entropy", "binary_cross_entropy", "by_hand"])
def test_docstrings(module: str) -> None:
    result = doctest.testmod(import_module(f"nn_loss.{module}"))
    assert result.failed == 0
    assert result.attempted > 0
