"""The workbench from outside: its names, its cost, its examples, and RustNet's set."""

import doctest
import pkgutil
import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest

import nn_model.data.signals as room

MODULES = [module.name for module in pkgutil.iter_modules(room.__path__)]


@pytest.mark.parametrize("name", [n for n in room.__all__ if not n.isupper()])
def test_public_names_are_documented(name: str) -> None:
    value = getattr(room, name)
    assert name in dir(room)
    assert (value.__doc__ or "").strip().partition("\n")[0].endswith(".")


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    assert doctest.testmod(import_module(f"nn_model.data.signals.{name}")).failed == 0


def test_no_module_hides_a_public_name() -> None:
    assert not set(MODULES) & set(room.__all__)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'make_radar'"):
        room.make_radar  # noqa: B018  # the access is the test


def test_the_room_is_lazy_and_needs_no_scipy() -> None:
    code = (
        "import sys, nn_model.data.signals as s; print([m for m in sys.modules if 'signals.' in m]); s.make_signals();"
        "s.detection_rate(9.0, 8, 0.0); print([m for m in ('scipy', 'matplotlib', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert done.stdout == "[]\n[]\n"


def test_the_noisy_sine_is_that_of_rustnet() -> None:
    x, y = room.noisy_sine()
    rng = np.random.default_rng(42)
    frequency = np.linspace(0, 100, 1000)
    amplitude = np.sin(frequency) + rng.normal(0, 0.1, 1000)
    np.testing.assert_array_equal(x, np.stack([frequency, amplitude], axis=1))
    np.testing.assert_array_equal(y, amplitude > 0)
    assert x.dtype == np.float64
    assert y.dtype == np.int64
    assert not np.array_equal(x, room.noisy_sine(seed=1)[0])
    assert room.noisy_sine(1)[0].shape == (1, 2)
