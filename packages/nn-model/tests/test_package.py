"""The package from outside: its names, what importing it costs, and that what it shows runs."""

import doctest
import importlib
import pkgutil
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import nn_model
from nn_model import errors

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
COMPILED = "nn_model.engines.numba."
MODULES = [
    module.name
    for module in pkgutil.walk_packages(nn_model.__path__, "nn_model.")
    if find_spec("numba") or not module.name.startswith(COMPILED)
]
OPTIONAL = "torch sklearn matplotlib onnx safetensors click tqdm numba scipy pandas"


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_the_network_has_an_example() -> None:
    (found,) = (test for test in doctest.DocTestFinder(recurse=False).find(nn_model.NN))
    assert found.examples


@pytest.mark.parametrize("name", nn_model.__all__)
def test_public_names_are_listed_and_documented(name: str) -> None:
    assert name in dir(nn_model)
    assert (getattr(nn_model, name).__doc__ or "").partition("\n")[0].endswith(".")


@pytest.mark.parametrize("name", [n for n in vars(nn_model.NN) if not n.startswith("_")])
def test_every_method_is_documented_and_in_the_readme(name: str) -> None:
    assert (getattr(nn_model.NN, name).__doc__ or "").partition("\n")[0].endswith(".")
    assert re.search(rf"\b{name}\b", README)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="module 'nn_model' has no attribute 'MLP'"):
        nn_model.MLP  # noqa: B018  # the access is the test


def test_every_error_is_a_value_or_runtime_error() -> None:
    assert {"DataError", "DivergedError", "ShapeError", "TargetError"} <= set(errors.__all__)
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), ValueError | RuntimeError)


def loaded_after(code: str) -> set[str]:
    """Give the modules of a fresh interpreter after this code."""
    command = [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())  # noqa: S603  # our own


def test_importing_the_package_loads_no_optional_library_and_no_network() -> None:
    loaded = loaded_after("import nn_model")
    assert "nn_model" in loaded
    assert loaded.isdisjoint(OPTIONAL.split())
    assert not [name for name in loaded if name.startswith("nn_model.")]


def test_training_loads_no_optional_library() -> None:
    code = (
        "from nn_model import NN; from nn_layers import Dense; from nn_loss import MSE; from nn_optim import SGD\n"
        "nn = NN([Dense(1, 1)], MSE(), SGD()); nn.train_step([[1]], [[1]]); print(nn.evaluate([[1]], [[1]]))"
    )
    assert loaded_after(code).isdisjoint(OPTIONAL.split())


def test_the_readme_runs_from_top_to_bottom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "readme"}
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), names)  # noqa: S102  # our own text is what is tested
    printed = capsys.readouterr().out
    assert "step 100: loss 0.0" in printed
    assert "accuracy  9" in printed
    assert "[0 1 1 0]" in printed
    assert "one training step of 64 rows under numpy" in printed
    assert len(BLOCKS) == 8
