"""Every kernel that a program can call has a twin of the same name and the same arguments."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("numba")

import nn_layers.kernels
import nn_loss.kernels
import nn_model.program
import nn_model.targets.kernels
import nn_model.train.kernels
import nn_optim.kernels
from nn_model.engines.numba.registry import TWINS
from nn_model.engines.twinned import TWINS as PLACE
from nn_model.engines.twinned import twin_module

HELPERS = {"clip.bound", "clip.shrink", "kernels.seek"}
"""What other kernels call, and no program; and `seek`, which works on a generator's state."""


def kernels(module: ModuleType) -> Iterator[Any]:
    """Give the public functions of a file that return nothing, as kernels do."""
    for name, function in vars(module).items():
        own = inspect.isfunction(function) and function.__module__ == module.__name__
        if own and not name.startswith("_") and inspect.signature(function).return_annotation in (None, "None"):
            yield function


def all_kernels() -> list[Any]:
    packages = (nn_layers.kernels, nn_loss.kernels, nn_optim.kernels)
    modules = [import_module(f"{p.__name__}.{found.name}") for p in packages for found in iter_modules(p.__path__)]
    found = [
        kernel for module in [*modules, nn_model.targets.kernels, nn_model.train.kernels] for kernel in kernels(module)
    ]
    shared = ("nn_optim.kernels.parts", "nn_loss.kernels.sums")
    return [nn_model.program.tick, *(k for k in found if k.__module__ not in shared and named(k) not in HELPERS)]


def named(kernel: Any) -> str:
    return f"{kernel.__module__.rpartition('.')[2]}.{kernel.__name__}"


@pytest.mark.parametrize("kernel", all_kernels(), ids=named)
def test_a_kernel_has_a_twin_of_the_same_name_and_arguments(kernel: Any) -> None:
    home = twin_module(kernel)
    assert home is not None
    twin = getattr(import_module(f"{PLACE}.{home}"), kernel.__name__)
    assert TWINS[kernel] is twin
    assert list(inspect.signature(twin.py_func).parameters) == list(inspect.signature(kernel).parameters)


def test_what_is_no_kernel_of_ours_has_no_twin() -> None:
    for function in (nn_model.train.kernels.seek, print, lambda: None, all_kernels):
        assert twin_module(function) is None
