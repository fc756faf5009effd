"""What the tests of the engines share: a folder for what they compile, a network, a layer's passes run twice."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, Propagate, Sigmoid
from nn_layers.binding import Arena, Binder, Vectors
from nn_layers.calls import bind
from nn_layers.layout import make_layout
from nn_layers.passes import backward_calls, forward_calls, settle_calls
from nn_layers.vectors import generator, make_vectors
from nn_loss import MSE
from nn_model import NN
from nn_optim import SGD

Array = np.ndarray[Any, np.dtype[Any]]

TOLERANCE = {"float32": 1e-5, "float64": 1e-12}


FOLDER = tempfile.mkdtemp(prefix="compiled-")
os.environ["NUMBA_CACHE_DIR"] = FOLDER  # now, since twins that are imported look for it


@pytest.fixture(scope="session", autouse=True)
def cache_folder() -> Iterator[None]:
    """Let what the tests compile be kept for this session only, and nothing of the person's own be read."""
    yield
    shutil.rmtree(FOLDER, ignore_errors=True)


@pytest.fixture
def xor() -> tuple[Array, Array]:
    """Give the four rows of XOR and their labels."""
    return np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32), np.array([0, 1, 1, 0])


@pytest.fixture
def xor_network() -> Callable[..., NN]:
    """Give a maker of the network 2-4-1 of sigmoids."""

    def make(engine: str = "numba", **options: Any) -> NN:
        layers = [Dense(2, 4), Sigmoid(), Dense(4, 1), Sigmoid()]
        return NN(layers, MSE(), options.pop("optimizer", SGD(lr=0.5)), task="classification", engine=engine, **options)  # type: ignore[arg-type]  # a name

    return make


@dataclass(frozen=True)
class Passes:
    """What comes out of a forward and a backward pass."""

    y: Array
    inference: Array
    grad: Array
    state: Array
    dx: Array

    def arrays(self) -> dict[str, Array]:
        """Give all by name."""
        return {name: getattr(self, name) for name in ("y", "inference", "grad", "state", "dx")}


def run(layers: Sequence[Propagate], x: Array, dy: Array | None, theta: Array | None, twins: dict[Any, Any]) -> Passes:
    """Run both passes and inference; kernels that are in `twins` by what stands there."""
    layout = make_layout(layers, x.shape[1:])
    drawn = make_vectors(layout, 3, x.dtype)
    vectors = Vectors(drawn.theta if theta is None else theta.astype(x.dtype), drawn.grad, drawn.state)

    def make(path: tuple[int, ...]) -> np.random.Generator:
        return generator(0, "layer", path)

    def go(calls: Any) -> None:
        for kernel, args in bind(calls):
            twins.get(kernel, kernel)(*args)

    with np.errstate(all="ignore"):
        binder = Binder(layout, vectors, Arena(len(x)), True, make, input_grad=True)
        frames = binder.frames(x)
        go(forward_calls(layout, frames))
        last = frames[-1]
        y = last.y.copy()
        last.dy[...] = np.cos(np.arange(y.size)).reshape(y.shape) if dy is None else dy
        go(backward_calls(layout, frames, input_grad=True))
        go(settle_calls(layout, frames))
        dx = frames[0].dx
        still = Binder(layout, vectors, Arena(len(x)), False, make).frames(x)
        go(forward_calls(layout, still))
    assert dx is not None
    return Passes(y, still[-1].y, vectors.grad, vectors.state, dx)


Agree = Callable[..., None]


@pytest.fixture(scope="session")
def twins() -> dict[Any, Any]:
    """Give the twins that are tested here, by their kernels."""
    registry = import_module("nn_model.engines.numba.registry")
    names = "convolution pooling windows attention layer_norm batch_norm patches position token_mean global_pool gelu"
    homes = {f"nn_layers.kernels.{name}" for name in (*names.split(), "elu", "sigmoid", "tanh", "softmax")}
    for home in sorted(homes):
        import_module(home.replace("nn_layers.kernels", "nn_model.engines.numba.twins"))
    found = {kernel: made for kernel, made in registry.TWINS.items() if kernel.__module__ in homes}
    return {kernel: registry.callable_from_python(made) for kernel, made in found.items()}


@pytest.fixture(scope="session")
def by_twins(twins: dict[Any, Any]) -> Callable[[Sequence[Propagate], Array], Passes]:
    """Give what runs passes by twins."""
    return lambda layers, x: run(layers, x, None, None, twins)


@pytest.fixture(scope="session")
def agree(twins: dict[Any, Any]) -> Agree:
    """Give the check: passes by twins are those by kernels, relative to the largest number of each array."""

    def check(
        layers: Sequence[Propagate],
        x: Array,
        *,
        dy: Array | None = None,
        theta: Array | None = None,
        tolerance: float | None = None,
    ) -> None:
        expected = run(layers, x, dy, theta, {}).arrays()
        found = run(layers, x, dy, theta, twins).arrays()
        allowed = TOLERANCE[x.dtype.name] if tolerance is None else tolerance
        for name, want in expected.items():
            assert found[name].dtype == want.dtype
            assert np.array_equal(np.isnan(found[name]), np.isnan(want)), f"{name}: NaN elsewhere"
            finite = np.isfinite(want)
            assert np.array_equal(found[name][~finite], want[~finite], equal_nan=True), f"{name}: infinite elsewhere"
            size = np.abs(want[finite]).max(initial=1e-30)
            gap = np.abs(found[name][finite] - want[finite]).max(initial=0.0) / size
            assert gap <= allowed, f"{name} is off by {gap:.1e}, allowed {allowed:.0e}"

    return check
