"""Networks that a person names: a preset, or a file of a spec."""

from dataclasses import replace
from pathlib import Path

import nn_optim
from nn_loss import MSE, CrossEntropy, Loss
from nn_model.checkpoint import NetworkSpec
from nn_model.checkpoint.parts import LOSS, OPTIMIZER, dump
from nn_model.checkpoint.source import opened
from nn_model.checkpoint.strict_json import decode
from nn_model.cli.datasets import Data
from nn_model.cli.presets import PRESETS
from nn_model.errors import ShapeError
from nn_model.network import NN
from nn_optim import Optimizer

__all__ = ["OPTIMIZERS", "at_rate", "made", "make_optimizer", "spec_for", "spec_to_show"]

OPTIMIZERS = {
    name.lower(): name
    for name in ("SGD", "Momentum", "Nesterov", "AdaGrad", "RMSProp", "Adam", "AdamW", "AdaMax", "Nadam")
}
"""The optimizers by their names on the command line."""

MAX_BYTES = 2**20
"""The largest spec that is read: it holds no arrays."""


def make_optimizer(name: str, rate: float) -> Optimizer:
    """Make an optimizer of this name, with its own defaults but for the rate."""
    optimizer: Optimizer = getattr(nn_optim, OPTIMIZERS[name])(lr=rate)
    return optimizer


def at_rate(optimizer: Optimizer, rate: float) -> Optimizer:
    """Give the optimizer with another rate."""
    changed: Optimizer = replace(optimizer, lr=rate)  # type: ignore[type-var]  # a frozen dataclass, whoever made it
    return changed


def spec_for(model: str, data: Data, optimizer: Optimizer) -> NetworkSpec:
    """Give the spec of a preset or a file, with all that it leaves open filled in from the data.

    Parameters
    ----------
    model
        The preset's name, or the path of a JSON file as `nn summary --json` prints it; `loss`, `optimizer`,
        `classes` and sizes may be missing there.
    optimizer
        That of a preset, and of a file that names none.

    Raises
    ------
    CheckpointError
        No such file, or not a spec.
    """
    loss: Loss = CrossEntropy() if data.task == "classification" else MSE()
    shape = data.x.shape[1:]
    if model in PRESETS:
        layers = PRESETS[model].layers(shape[0], data.outputs, standardize=data.table)
        return NetworkSpec(tuple(layers), loss, optimizer, input_shape=shape, classes=data.classes)
    spec = _read(Path(model), loss, optimizer)
    return _sized(replace(spec, classes=spec.classes or data.classes), shape)


def _read(path: Path, loss: Loss, optimizer: Optimizer) -> NetworkSpec:
    """Read a spec; what it does not say is taken from here."""
    with opened(path, MAX_BYTES) as source:
        spec = decode(bytes(source.read(source.size)), "spec")
        if isinstance(spec, dict):
            spec = {"loss": dump(loss, LOSS, "loss"), "optimizer": dump(optimizer, OPTIMIZER, "optimizer")} | spec
        return NetworkSpec.from_json(spec)


def _sized(spec: NetworkSpec, shape: tuple[int, ...]) -> NetworkSpec:
    """Let the data say the input's shape where the spec does not."""
    if spec.input_shape is not None:
        return spec
    try:
        return replace(spec, input_shape=spec.layout().input_shape)
    except ShapeError:
        return replace(spec, input_shape=shape)


def spec_to_show(model: str) -> NetworkSpec:
    """Give the spec of a preset, sized for MNIST, or of a file."""
    optimizer = make_optimizer("adam", 0.001)
    if model in PRESETS:
        return NetworkSpec(tuple(PRESETS[model].layers(784, 10)), CrossEntropy(), optimizer, input_shape=(784,))
    return _read(Path(model), CrossEntropy(), optimizer)


def made(spec: NetworkSpec) -> NN:
    """Make the network of a spec.

    Raises
    ------
    ShapeError, PartError
        Parts that do not fit each other.
    """
    return NN(
        spec.layers,
        spec.loss,
        spec.optimizer,
        clip=spec.clip,
        input_shape=spec.input_shape,
        task=spec.task,  # type: ignore[arg-type]  # checked there
        classes=spec.classes,
        dtype=spec.dtype,  # type: ignore[arg-type]  # checked there
        seed=spec.seed,
    )
