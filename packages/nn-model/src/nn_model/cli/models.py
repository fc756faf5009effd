"""Networks that a person names: a preset, or a file of a spec."""

import os
from dataclasses import replace
from pathlib import Path

import click

import nn_optim
from nn_layers import Standardize
from nn_loss import MSE, CrossEntropy, Loss
from nn_model.checkpoint import NetworkSpec
from nn_model.checkpoint.part_dump import dump
from nn_model.checkpoint.roles import LOSS, OPTIMIZER
from nn_model.checkpoint.source import opened
from nn_model.checkpoint.strict_json import decode
from nn_model.cli.datasets import Data
from nn_model.cli.faults import printable
from nn_model.errors import CheckpointError, DataError, ShapeError
from nn_model.network import NN
from nn_model.presets import PRESETS, Recipe
from nn_optim import Optimizer, Schedule

__all__ = ["OPTIMIZERS", "at_rate", "made", "make_optimizer", "recommended", "spec_for", "spec_to_show"]

OPTIMIZERS = {
    name.lower(): name
    for name in ("SGD", "Momentum", "Nesterov", "AdaGrad", "RMSProp", "Adam", "AdamW", "AdaMax", "Nadam")
}
"""The optimizers by their names on the command line."""

MAX_BYTES = 2**20
"""The largest spec that is read: it holds no arrays."""


def make_optimizer(name: str, rate: float | Schedule) -> Optimizer:
    """Make an optimizer of this name, with its own defaults but for the rate."""
    optimizer: Optimizer = getattr(nn_optim, OPTIMIZERS[name])(lr=rate)
    return optimizer


def at_rate(optimizer: Optimizer, rate: float | Schedule) -> Optimizer:
    """Give the optimizer with another rate."""
    changed: Optimizer = replace(optimizer, lr=rate)  # type: ignore[type-var]  # a frozen dataclass, whoever made it
    return changed


def recommended(model: str) -> Recipe:
    """Give the settings that are recommended for a preset.

    Raises
    ------
    click.UsageError
        There are none.
    """
    recipe = PRESETS[model].recommended if model in PRESETS else None
    if recipe is None:
        some = ", ".join(name for name, preset in PRESETS.items() if preset.recommended)
        raise click.UsageError(f"no settings are recommended for the model {printable(model)}; they are for: {some}.")
    return recipe


def spec_for(model: str, data: Data, optimizer: Optimizer, recipe: Recipe | None = None) -> NetworkSpec:
    """Give the spec of a preset or a file, with all that it leaves open filled in from the data.

    Parameters
    ----------
    model
        The preset's name, or the path of a JSON file as `nn summary --json` prints it; `loss`, `optimizer`,
        `classes` and sizes may be missing there.
    optimizer
        That of a preset, and of a file that names none.
    recipe
        What changes a preset's layers.

    Raises
    ------
    CheckpointError
        No such file, or not a spec.
    """
    shape = data.x.shape[1:]
    preset = PRESETS.get(model)
    if preset is None:
        loss: Loss = CrossEntropy() if data.task == "classification" else MSE()
        spec = _read(Path(model), loss, optimizer)
        return _sized(replace(spec, classes=spec.classes or data.classes), shape)
    if preset.images:
        if data.image is None:
            raise DataError(
                f"{data.path}: --model {model} is for images, and these rows are {shape[0]} numbers side by side; "
                "give a folder of IDX files, or another model"
            )
        shape = data.image
    layers = preset.layers_for(shape, data.outputs, recipe)
    if data.table:  # features of any scale are put on one
        layers = [Standardize(), *layers]
    loss = preset.loss if data.task == "classification" else MSE()
    task = preset.task if data.task == "classification" else None
    return NetworkSpec(tuple(layers), loss, optimizer, input_shape=shape, task=task, classes=data.classes)


def _read(path: Path, loss: Loss, optimizer: Optimizer) -> NetworkSpec:
    """Read a spec; what it does not say is taken from here."""
    _check_spec(path)
    with opened(path, MAX_BYTES) as source:
        spec = decode(bytes(source.read(source.size)), "spec")
        if isinstance(spec, dict):
            spec = {"loss": dump(loss, LOSS, "loss"), "optimizer": dump(optimizer, OPTIMIZER, "optimizer")} | spec
        return NetworkSpec.from_json(spec)


def _check_spec(path: Path) -> None:
    """Say so where a name is neither a preset's nor a file's, and where it is a checkpoint's."""
    if not os.path.lexists(path):
        presets = ", ".join(PRESETS)
        raise CheckpointError(f"{path}: there is no such file; --model takes a spec in JSON, or one of {presets}")
    if path.suffix.lower() == ".safetensors":
        raise CheckpointError(
            f"{path}: this is a checkpoint, and --model takes a spec in JSON; nn summary --json --checkpoint prints "
            "that of a checkpoint, and nn train --weights-only begins with its weights"
        )


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
        preset = PRESETS[model]
        shape = (1, 28, 28) if preset.images else (784,)
        return NetworkSpec(tuple(preset.layers_for(shape, 10)), preset.loss, optimizer, input_shape=shape)
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
