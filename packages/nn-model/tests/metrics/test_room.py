"""The room as a whole: its examples run, and its names are imported when they are asked for."""

import doctest
import importlib
import subprocess
import sys

import pytest

from nn_model import metrics


@pytest.mark.parametrize("name", ["confusion", "classification", "regression"])
def test_examples_run(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"nn_model.metrics.{name}"))
    assert found.attempted > 0
    assert found.failed == 0


def test_every_public_name_is_there() -> None:
    assert set(metrics.__all__) <= set(dir(metrics))
    for name in metrics.__all__:
        assert getattr(metrics, name).__name__ == name
    with pytest.raises(AttributeError, match=r"module 'nn_model\.metrics' has no attribute 'accuracy'"):
        metrics.accuracy  # noqa: B018  the look-up is what must fail


def test_importing_the_room_imports_no_file_of_it() -> None:
    script = "import sys, nn_model.metrics; print([m for m in sys.modules if m.startswith('nn_model.metrics.')])"
    # The interpreter is this one and the script is the line above.
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "[]"
