"""The room from outside: its names, its cost, and the examples in its docstrings."""

import doctest
import subprocess
import sys
from importlib import import_module
from inspect import getmodule

import pytest

import nn_model.data
from nn_model.errors import DataError, DivergedError


@pytest.mark.parametrize("name", nn_model.data.__all__)
def test_public_names_are_documented(name: str) -> None:
    value = getattr(nn_model.data, name)
    assert name in dir(nn_model.data)
    assert (value.__doc__ or "").strip().partition("\n")[0].endswith(".")


@pytest.mark.parametrize("name", [n for n in nn_model.data.__all__ if n.islower()])
def test_every_function_has_an_example_that_runs(name: str) -> None:
    module = getmodule(getattr(nn_model.data, name))
    assert module is not None
    finder, runner = doctest.DocTestFinder(recurse=False), doctest.DocTestRunner()
    (example,) = finder.find(getattr(nn_model.data, name), name, module)
    assert example.examples
    assert runner.run(example).failed == 0


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'read_excel'"):
        nn_model.data.read_excel  # noqa: B018 - the access is the test


def test_importing_the_room_reads_no_reader() -> None:
    code = "import sys, nn_model.data; print([m for m in sys.modules if m.startswith('nn_model.data.')])"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own line
    assert done.stdout == "[]\n"


def test_errors_are_what_python_catches() -> None:
    assert issubclass(DataError, ValueError)
    assert issubclass(DivergedError, RuntimeError)
    assert import_module("nn_model.errors").__all__
