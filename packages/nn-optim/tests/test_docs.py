"""What the documentation shows runs: every docstring's examples, and the README's Python blocks."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest

import nn_optim

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
MODULES = [module.name for module in pkgutil.walk_packages(nn_optim.__path__, "nn_optim.")]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("name", [name for name in nn_optim.__all__ if isinstance(getattr(nn_optim, name), type)])
def test_every_public_class_says_what_it_is(name: str) -> None:
    text = getattr(nn_optim, name).__doc__
    wanted = ["."]
    if "kind" in getattr(getattr(nn_optim, name), "__dataclass_fields__", {}):
        wanted += ["Parameters\n", "Examples\n"] if name == "Constant" else ["Parameters\n", "Notes\n", "Examples\n"]
    assert all(part in text for part in wanted)


def test_the_readme_runs_from_top_to_bottom(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"__name__": "readme"}
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), names)  # noqa: S102  # our own text is what is tested
    assert len(BLOCKS) >= 3
    assert capsys.readouterr().out
    assert names["accuracy"] == 1.0


@pytest.mark.parametrize("name", [name for name in nn_optim.__all__ if name[0].isupper() and name != "BLOCK"])
def test_the_readme_names_the_public_names(name: str) -> None:
    assert f"`{name}" in README
