"""One run of `nn train`: what it reads, trains, and leaves behind."""

import signal
import sys
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from nn_model.adaptation import wanted
from nn_model.checkpoint import read
from nn_model.cli.datasets import Data, checked, fitted, for_training
from nn_model.cli.faults import INTERRUPTED, say
from nn_model.cli.models import OPTIMIZERS, at_rate, made, make_optimizer, recommended, spec_for
from nn_model.cli.outputs import save_picture
from nn_model.cli.places import Files
from nn_model.cli.resuming import Resumption
from nn_model.cli.settings import Remembered, Settings
from nn_model.errors import CheckpointError, ShapeError
from nn_model.loading import load
from nn_model.metrics import Report
from nn_model.network import NN
from nn_model.plot import curves
from nn_model.train.callbacks import Checkpoint, CSVLog, EarlyStopping, ProgressBar
from nn_model.train.division import divided
from nn_model.train.events import Callback
from nn_model.train.interrupt import REASONS
from nn_optim import Optimizer

__all__ = ["train_network"]


def train_network(
    files: Files, settings: Settings, given: frozenset[str], *, resume: bool, weights: Path | None, force: bool
) -> None:
    """Train; `given` names the settings that the person chose, `weights` a checkpoint that a new run begins from.

    Raises
    ------
    DataError, CheckpointError, ShapeError, DivergedError
        Whatever is wrong with data, files, network or rate.
    SystemExit
        Training was ended by a signal; the last state is saved.
    """
    before = Resumption.read(files.last) if resume else None
    if before is not None:
        settings = before.settings(settings, given)
    elif settings.recommended:
        settings = settings.as_recommended(recommended(settings.model), given)
    data = for_training(files.data, settings.layout, settings.task)
    nn = fresh(settings, given, data) if before is None else before.network(settings, given, data, force=force)
    if weights is not None:
        take_weights(nn, weights)
    x, _ = checked(data, nn)
    files.check(resume=resume, force=force)
    describe(nn, data, settings)
    if before is not None:
        before.note_log(files.log, files.log_in_words)
    if not resume and weights is None:
        adapt(nn, data, settings)
    with ExitStack() as claims:
        history = nn.fit(
            x,
            data.y,
            epochs=settings.nb_epochs,
            batch_size=settings.batch_size,
            validation_split=settings.share,
            validation_order=settings.validation_order,
            callbacks=callbacks(files, settings, claims, force=force),
            augment=settings.recipe.augment if settings.recipe else None,
            threads=settings.threads,
            resume=resume,
        )
        if history.reason == REASONS[signal.SIGINT]:
            say(f"Saved: {files.last}; --resume goes on there")
            sys.exit(INTERRUPTED)
        finish(files, data)


def take_weights(nn: NN, path: Path) -> None:
    """Set the weights and state of a network from a checkpoint of the same layers, whatever its optimizer was."""
    weights, own = read(path).weights(), nn.weights()
    if other := sorted(weights.keys() ^ own.keys()):
        where = "only in the file" if other[0] in weights else "not in the file"
        raise CheckpointError(f"{path}: these are the weights of another network: {other[0]} is {where}")
    try:
        nn.set_weights(weights)
    except ShapeError as error:
        raise ShapeError(f"{path}: {error}") from None


def fresh(settings: Settings, given: frozenset[str], data: Data) -> NN:
    """Make a new network; what its preset's settings or a file of its spec say gives way to what the person chose."""
    if settings.recommended:
        recipe = settings.put_into(recommended(settings.model))
        spec = spec_for(settings.model, data, recipe.optimizer_for(len(data.x)), recipe)
    else:
        spec = spec_for(settings.model, data, make_optimizer(settings.optimizer_name, settings.learning_rate))
    spec = replace(spec, optimizer=chosen(spec.optimizer, settings, given))
    return made(replace(spec, seed=settings.seed) if "seed" in given else spec)


def chosen(optimizer: Optimizer, settings: Settings, given: frozenset[str]) -> Optimizer:
    """Let the optimizer and the rate that a person chose take the place of these; a recommended rate stays."""
    rate = optimizer.lr if settings.recommended and "learning_rate" not in given else settings.learning_rate
    if "optimizer_name" in given and OPTIMIZERS[settings.optimizer_name] != type(optimizer).__name__:
        return make_optimizer(settings.optimizer_name, rate)
    return at_rate(optimizer, rate) if given & {"optimizer_name", "learning_rate"} else optimizer


def adapt(nn: NN, data: Data, settings: Settings) -> None:
    """Set the state of `Standardize` layers, from the rows that will train."""
    if wanted(nn.core.body):
        rows, given = checked(data, nn)
        train, _ = divided(nn.core, (rows, given), settings.share, settings.validation_order)
        nn.adapt(rows[train])


def describe(nn: NN, data: Data, settings: Settings) -> None:
    """Say what is trained on what."""
    share = f", {settings.validation_split:.0%} of them for validation" if settings.share else ""
    tests = f"; {len(data.test[1]):,} to test on" if data.test else ""
    say(f"{len(data.x):,} rows to train on{share}{tests}")
    say(repr(nn))


def callbacks(files: Files, settings: Settings, claims: ExitStack, *, force: bool) -> list[Callback]:
    """Give all that listens to training."""
    remembered = Remembered(settings, files.log_in_words)
    make = partial(files.make, force=force, claims=claims)
    listening: list[Callback] = [make, remembered, CSVLog(files.log, overwrite=force), ProgressBar()]
    if settings.patience is not None:
        # The best epoch is in a file of its own.
        listening.append(
            EarlyStopping(
                "val_loss" if settings.share else "train_loss",
                settings.patience,
                settings.min_delta,
                restore_best=False,
            )
        )
    return [*listening, Checkpoint(files.folder, settings.checkpoint_stride, settings.checkpoint_steps)]


def finish(files: Files, data: Data) -> None:
    """Judge the best network on the test files, if there are any, and draw the curves, if they are wanted."""
    if data.test is not None:
        nn = load(files.best)
        report = nn.evaluate(fitted(data.test[0], nn, data.path), data.test[1])
        if isinstance(report, Report):
            click.echo(f"Test Accuracy: {100 * report.accuracy:.2f}%")
    if files.picture is not None:
        save_picture(curves(files.log), files.picture)
    say(f"Saved: {files.last}, {files.best}, {files.log}")
