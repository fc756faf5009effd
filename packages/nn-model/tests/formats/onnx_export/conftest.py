"""What the tests of the export share: networks with numbers in all their arrays, and what runs their models."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

from nn_layers import Propagate
from nn_loss import CrossEntropy, Loss
from nn_model import NN
from nn_model.arrays import Array
from nn_model.formats.onnx.export.model import make_model
from nn_optim import SGD

BATCHES = (1, 7, 64)
RELATIVE = 1e-5


def fill(nn: NN, seed: int = 0) -> NN:
    """Give a network's arrays numbers that none of them begins with: biases, running statistics, standardisation."""
    rng = np.random.default_rng(seed)
    filled: dict[str, Array] = {}
    for name, array in nn.weights().items():
        kind = name.rpartition(".")[2]
        low, high = (0.5, 2.0) if kind in ("var", "scale") else (-1.0, 1.0) if kind == "mean" else (-0.2, 0.2)
        before = 0.0 if kind in ("var", "scale", "mean") else array
        filled[name] = np.asarray(before + rng.uniform(low, high, array.shape))
    nn.set_weights(filled)
    return nn


def rows(nn: NN, count: int) -> Array:
    """Draw inputs for a network."""
    drawn = np.random.default_rng(count).standard_normal((count, *nn.core.layout.input_shape))
    return drawn.astype(nn.theta.dtype)


def said(nn: NN, x: Array, output: str) -> Array:
    """Give what the network itself says."""
    return nn.predict_proba(x) if output == "probabilities" else nn.core.inference.scores(x)


def gap(found: Array, wanted: Array) -> float:
    """Give the largest difference, relative to the largest number of its row, or to what is usual if that is small.

    A score of one number a row is 0 now and then, and no program gets a difference of equal numbers right relatively.
    """
    assert found.shape == wanted.shape
    lines = wanted.reshape(len(wanted), -1).astype(np.float64)
    differences = np.abs(found.reshape(lines.shape) - lines).max(axis=1)
    usual = float(np.sqrt(np.mean(lines**2)))
    return float((differences / np.abs(lines).max(axis=1).clip(usual + 1e-30)).max())


def runner(model: Any) -> Callable[[Array], Array]:
    """Load a model into onnxruntime, one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4  # what fails is raised; its text is not for the tests' output
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])

    def run(x: Array) -> Array:
        (y,) = session.run(None, {"input": x})
        return np.asarray(y)

    return run


@pytest.fixture(scope="session")
def network() -> Callable[..., NN]:
    """Give the function that makes a network and fills it."""

    def make(
        layers: Sequence[Propagate],
        input_shape: tuple[int, ...],
        loss: Loss | None = None,
        seed: int = 0,
        **options: Any,
    ) -> NN:
        return fill(NN(layers, loss or CrossEntropy(), SGD(), input_shape=input_shape, **options), seed)

    return make


@pytest.fixture(scope="session")
def compare() -> Callable[..., Any]:
    """Give the function that compares a network with its model under onnxruntime, and gives the model."""

    def check(nn: NN, opset: int = 17, probabilities: bool | None = None, rounding: float = 0.0) -> Any:
        model = make_model(nn, opset, probabilities)
        run, output = runner(model), model.graph.output[0].name
        x = rows(nn, BATCHES[-1])
        wanted = said(nn, x, output)
        # In the order of the whole: what is usual is known of many rows, not of one.
        found = np.concatenate([wanted.astype(np.float64)] * len(BATCHES))
        for i, count in enumerate(BATCHES):
            part = run(x[:count])
            assert part.dtype == wanted.dtype == np.float32
            assert part.shape == (count, *wanted.shape[1:])
            found[i * len(x) : i * len(x) + count] = part
        shares = wanted.min() >= 0 and wanted.max() <= 1
        wanted = np.concatenate([wanted] * len(BATCHES))
        # onnxruntime's sigmoid is right to 2e-7 of 1, not of itself.
        if not shares or np.abs(found - wanted).max() > 2e-7:
            assert gap(found, wanted) <= max(RELATIVE, 16 * rounding)
        return model

    return check


@pytest.fixture(scope="session")
def rounding() -> Callable[..., float]:
    """Give the function that says what float32 costs a network, relative.

    That is the gap between itself and its twin in float64, or between this and one whose every number is a rounding
    away, whichever is larger.
    """

    def measure(nn: NN) -> float:
        task: Any = nn.task
        twin = NN(nn.layers, nn.loss, SGD(), input_shape=nn.core.layout.input_shape, task=task, dtype="float64")
        twin.set_weights(nn.weights())
        x = rows(nn, 64)
        wanted = said(twin, x, "scores")
        own = gap(said(nn, x, "scores"), wanted)
        rng, eps = np.random.default_rng(0), float(np.finfo(np.float32).eps)
        twin.set_weights({name: w * (1 + eps * rng.uniform(-1, 1, w.shape)) for name, w in nn.weights().items()})
        return max(own, gap(said(twin, x * (1 + eps * rng.uniform(-1, 1, x.shape)), "scores"), wanted))

    return measure


class Erf(OpRun):
    """The error function in float64: onnx's own evaluator gives float32."""

    def _run(self, x: Array) -> tuple[Array]:
        return (np.asarray(np.vectorize(math.erf, otypes=[x.dtype])(x)),)


def pooled(x: Array, kernel: list[int], strides: list[int], pads: list[int], fold: Callable[[Array], Array]) -> Array:
    """Pool window by window; what is outside the image is NaN."""
    top, left, below, right = pads
    padded = np.pad(x, ((0, 0), (0, 0), (top, below), (left, right)), constant_values=np.nan)
    down, across = ((n - k) // s + 1 for n, k, s in zip(padded.shape[2:], kernel, strides, strict=True))
    y = np.empty((*x.shape[:2], down, across))
    for i, j in np.ndindex(down, across):
        at = slice(i * strides[0], i * strides[0] + kernel[0]), slice(j * strides[1], j * strides[1] + kernel[1])
        y[:, :, i, j] = fold(padded[(..., *at)].reshape(*x.shape[:2], -1))
    return y


class MaxPool(OpRun):
    """The largest pixel of each window: onnx's own evaluator cannot do padding that differs from side to side."""

    def _run(self, x: Array, kernel_shape: Any, strides: Any, pads: Any, **_: Any) -> tuple[Array]:
        return (pooled(x, kernel_shape, strides, pads, lambda pixels: np.nanmax(pixels, axis=-1)),)


class AveragePool(OpRun):
    """The mean pixel of each window, likewise."""

    def _run(
        self, x: Array, kernel_shape: Any, strides: Any, pads: Any, count_include_pad: int, **_: Any
    ) -> tuple[Array]:
        def mean(pixels: Array) -> Array:
            counted = pixels.shape[-1] if count_include_pad else (~np.isnan(pixels)).sum(axis=-1)
            return np.asarray(np.nansum(pixels, axis=-1) / counted)

        return (pooled(x, kernel_shape, strides, pads, mean),)


@pytest.fixture(scope="session")
def exact() -> Callable[..., Any]:
    """Give the function that compares a float64 network with its model under onnx's own evaluator, and gives it."""

    def check(nn: NN, opset: int = 17, probabilities: bool | None = None) -> Any:
        model = make_model(nn, opset, probabilities)
        x = rows(nn, 5)
        evaluator = ReferenceEvaluator(model, new_ops=[Erf, MaxPool, AveragePool])
        found = np.asarray(next(iter(evaluator.run(None, {"input": x}))))
        wanted = said(nn, x, model.graph.output[0].name)
        assert found.dtype == wanted.dtype == np.float64
        assert gap(found, wanted) <= 1e-11
        return model

    return check


@pytest.fixture(scope="session")
def inferred() -> Callable[[Any], dict[str, tuple[Any, ...]]]:
    """Give the function that infers all shapes of a model strictly: a name or a number for each axis."""

    def infer(model: Any) -> dict[str, tuple[Any, ...]]:
        full = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
        values = [*full.graph.value_info, *full.graph.output]
        return {v.name: tuple(d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim) for v in values}

    return infer
