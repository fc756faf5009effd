"""One run of `nn train`: what it reads, trains, and leaves behind."""

import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import click

from nn_model.adaptation import wanted
from nn_model.arrays import Array
from nn_model.checkpoint import read
from nn_model.cli.datasets import Data, fitted, for_training
from nn_model.cli.faults import INTERRUPTED, say
from nn_model.cli.models import at_rate, made, make_optimizer, spec_for
from nn_model.cli.outputs import check_output, check_picture, save_picture
from nn_model.cli.resuming import resumed
from nn_model.cli.settings import Remembered, Settings
from nn_model.errors import CheckpointError, DataError, ShapeError
from nn_model.loading import load
from nn_model.metrics import Report
from nn_model.network import NN
from nn_model.plot import curves
from nn_model.train.callbacks import Checkpoint, CSVLog, EarlyStopping, ProgressBar
from nn_model.train.division import divided
from nn_model.train.events import Callback
from nn_model.train.interrupt import REASONS

__all__ = ["Files", "train_network"]


@dataclass(frozen=True, slots=True)
class Files:
    """What a run reads and writes."""

    data: Path
    folder: Path
    log: Path
    picture: Path | None

    @property
    def last(self) -> Path:
        """The state that a run is resumed from."""
        return self.folder / "last.safetensors"

    @property
    def best(self) -> Path:
        """The network with the lowest validation loss."""
        return self.folder / "best.safetensors"

    def check(self, *, resume: bool, force: bool) -> None:
        """Check that all can be written and none is lost; make the folder of the checkpoints.

        Raises
        ------
        DataError, CheckpointError
            One is there already, without `--force` or `--resume`, or cannot be written.
        """
        there = [path for path in (self.last, self.best, self.log) if path.is_file()]
        if there and not (resume or force):
            go_on = "--resume to go on, or " if self.last in there else ""
            raise DataError(f"{there[0]}: is there already; give {go_on}--force to replace it")
        if self.picture is not None:
            check_picture(self.picture, force=force or resume)
        self.folder.mkdir(parents=True, exist_ok=True)
        check_output(self.log, force=True)
        if force and not resume and self.best.is_file():  # the best of another run must not pass for this one's
            self.best.replace(self.best.with_name(f"{self.best.name}.bak"))


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
    data = for_training(files.data, settings.layout, settings.task)
    if resume:
        nn, settings = resumed(files.last, settings, given, data, force=force)
    else:
        nn = fresh(settings, given, data)
    if weights is not None:
        take_weights(nn, weights)
    x = fitted(data.x, nn)
    files.check(resume=resume, force=force)
    describe(nn, data, settings)
    if not resume and weights is None:
        adapt(nn, x, data.y, settings)
    history = nn.fit(
        x,
        data.y,
        epochs=settings.nb_epochs,
        batch_size=settings.batch_size,
        validation_split=settings.share,
        validation_order=settings.validation_order,
        callbacks=callbacks(files, settings, force=force),
        resume=resume,
    )
    if history.reason == REASONS[signal.SIGINT]:
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
    """Make a new network; what a file of its spec says gives way to what the person chose."""
    optimizer = make_optimizer(settings.optimizer_name, settings.learning_rate)
    spec = spec_for(settings.model, data, optimizer)
    if "optimizer_name" in given:
        spec = replace(spec, optimizer=optimizer)
    elif "learning_rate" in given:
        spec = replace(spec, optimizer=at_rate(spec.optimizer, settings.learning_rate))
    return made(replace(spec, seed=settings.seed) if "seed" in given else spec)


def adapt(nn: NN, x: Array, y: Array, settings: Settings) -> None:
    """Set the state of `Standardize` layers, from the rows that will train."""
    if wanted(nn.core.body):
        rows, given = nn.core.checked(x, y)
        train, _ = divided(nn.core, (rows, given), settings.share, settings.validation_order)
        nn.adapt(rows[train])


def describe(nn: NN, data: Data, settings: Settings) -> None:
    """Say what is trained on what."""
    share = f", {settings.validation_split:.0%} of them for validation" if settings.share else ""
    tests = f"; {len(data.test[1]):,} to test on" if data.test else ""
    say(f"{len(data.x):,} rows to train on{share}{tests}")
    say(repr(nn))


def callbacks(files: Files, settings: Settings, *, force: bool) -> list[Callback]:
    """Give all that listens to training."""
    listening: list[Callback] = [Remembered(settings), CSVLog(files.log, overwrite=force), ProgressBar()]
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
        report = nn.evaluate(fitted(data.test[0], nn), data.test[1])
        if isinstance(report, Report):
            click.echo(f"Test Accuracy: {100 * report.accuracy:.2f}%")
    if files.picture is not None:
        save_picture(curves(files.log), files.picture)
    say(f"Saved: {files.last}, {files.best}, {files.log}")
