"""What the package shows to the outside: names, lazy imports, examples in docstrings and in the README."""

import doctest
import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import nn_layers

README = Path(__file__).parents[1] / "README.md"
MODULES = [module.name for module in pkgutil.walk_packages(nn_layers.__path__, "nn_layers.")]
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def python(code: str) -> str:
    """Run code in a fresh interpreter; give what it prints."""
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout  # noqa: S603  # ours


def loaded(code: str) -> set[str]:
    """Give the names of all modules that a fresh interpreter has after running code."""
    return set(python(f"import sys; {code}; print(*sys.modules)").split())


def test_importing_the_package_loads_nothing_else() -> None:
    heavy = {name for name in loaded("import nn_layers") if name.split(".")[0] in {"nn_layers", "numpy", "pydantic"}}
    assert heavy == {"nn_layers"}


def test_a_name_loads_what_it_needs_and_no_optional_library() -> None:
    modules = loaded("from nn_layers import Dense")
    assert {"nn_layers.layers.dense", "numpy", "pydantic"} <= modules
    assert not {"nn_layers.stack", "nn_layers.layers.gelu"} & modules
    everything = loaded("import nn_layers; [getattr(nn_layers, name) for name in nn_layers.__all__]")
    assert "nn_layers.stack" in everything
    assert not {"scipy", "torch", "numba", "pandas", "nn_loss", "nn_optim", "nn_model"} & everything


def test_public_names_are_sorted_and_all_there() -> None:
    names = nn_layers.__all__
    assert len(set(names)) == len(names)
    assert names == sorted(names, key=lambda name: (not name.isupper(), name))
    listed = [name for module in nn_layers._MODULES.values() for name in module]
    assert sorted(listed) == sorted(names)
    for name in names:
        assert getattr(nn_layers, name).__name__ == name
        assert getattr(nn_layers, name).__module__.startswith("nn_layers.")
    assert dir(nn_layers) == sorted([*names, "__version__"])


def test_type_checkers_see_the_same_names() -> None:
    source = Path(nn_layers.__file__).read_text("utf-8")
    imported = re.findall(r"^    from (nn_layers\S*) import (.+)$", source, re.MULTILINE)
    pairs = {(name, module) for module, names in imported for name in names.split(", ")}
    table = {(name, f"nn_layers.{module}") for module, names in nn_layers._MODULES.items() for name in names}
    assert pairs == table


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'nn_layers' has no attribute 'Denze'"):
        _ = nn_layers.Denze


def test_the_version_is_the_packages() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", nn_layers.__version__)


def test_every_public_class_has_a_documented_example() -> None:
    protocols_and_parts = {
        "Frame",
        "Initializer",
        "Param",
        "Plan",
        "Propagate",
        "Regularizer",
        "Scratch",
        "Settles",
        "State",
    }
    for name in set(nn_layers.__all__) - protocols_and_parts - {"LayerError", "ShapeError"}:
        assert ">>> " in (getattr(nn_layers, name).__doc__ or ""), name


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples_in_the_readme() -> None:
    assert len(BLOCKS) >= 3


@pytest.mark.parametrize("block", BLOCKS)
def test_examples_in_the_readme_run(block: str) -> None:
    compiled = compile(block, str(README), "exec")
    assert "assert " in block
    exec(compiled, {"__name__": "readme"})  # noqa: S102  # our own README


def test_the_readme_names_every_public_name() -> None:
    text = README.read_text("utf-8")
    assert [name for name in nn_layers.__all__ if f"`{name}" not in text] == []
