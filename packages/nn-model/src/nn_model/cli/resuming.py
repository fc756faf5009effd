"""`nn train --resume`: a run that goes on, and what must be as it was."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nn_model.checkpoint import Snapshot, read, revive
from nn_model.cli.datasets import Data, fitted
from nn_model.cli.faults import say
from nn_model.cli.models import OPTIMIZERS, at_rate, made, spec_for
from nn_model.cli.settings import Settings
from nn_model.errors import CheckpointError
from nn_model.network import NN
from nn_model.train.fit import digest

__all__ = ["resumed"]


def resumed(path: Path, settings: Settings, given: frozenset[str], data: Data, *, force: bool) -> tuple[NN, Settings]:
    """Load the last state of a run, ready to go on, and the settings to go on with.

    Parameters
    ----------
    path
        The checkpoint.
    settings, given
        What the command line says, and which of it the person chose; the rest is taken over from the run.
    data
        To go on with.
    force
        Go on with other data, batches, rate or seed, and say what changes; the epoch under way begins anew.

    Raises
    ------
    CheckpointError
        The file is none, or the run was started otherwise, or is done.
    """
    snapshot = read(path)
    nn = revive(snapshot)
    settings = settings.taken_over(nn, given)
    check_network(path, nn, settings, given, data)
    if nn.run is not None and nn.run.epoch >= settings.nb_epochs:
        raise CheckpointError(
            f"{path}: has been trained for {nn.run.epoch} epochs already; give more of them: --nb-epochs"
        )
    found = list(changes(nn, settings, given, data))
    if not found:
        return nn, settings
    if not force:
        raise CheckpointError(
            f"{path}: a run is resumed with what it was started with; {'; '.join(found)}; give the same, or --force"
        )
    say(f"Warning: going on with other settings: {'; '.join(found)}")
    return changed(snapshot, settings, given), settings


def check_network(path: Path, nn: NN, settings: Settings, given: frozenset[str], data: Data) -> None:
    """Check that layers and optimizer are those in the file: their arrays fit no others."""
    anew = "leave --resume out to start anew"
    if "model" in given and made(spec_for(settings.model, data, nn.optimizer)).layers != nn.layers:
        raise CheckpointError(f"{path}: holds another network than --model {settings.model}; {anew}")
    kept, wanted = type(nn.optimizer).__name__, OPTIMIZERS[settings.optimizer_name]
    if "optimizer_name" in given and kept != wanted:
        raise CheckpointError(f"{path}: holds the state of {kept}, which {wanted} cannot go on with; {anew}")


def changes(nn: NN, settings: Settings, given: frozenset[str], data: Data) -> Iterator[str]:
    """Say what is not as it was when the run was started."""
    if "learning_rate" in given and nn.optimizer.lr != settings.learning_rate:
        yield f"learning-rate was {nn.optimizer.lr}, now {settings.learning_rate}"
    if "seed" in given and nn.seed != settings.seed:
        yield f"seed was {nn.seed}, now {settings.seed}"
    was = {} if nn.run is None else nn.run.fingerprint
    rows, labels = nn.core.checked(fitted(data.x, nn), data.y)
    now = {
        "batch_size": settings.batch_size,
        "validation": f"{settings.validation_split} {settings.validation_order}" if settings.share else "none",
        "data": digest(rows, labels, None),
    }
    for name, value in now.items():
        if name in was and was[name] != value:
            yield "other data" if name == "data" else f"{name.replace('_', '-')} was {was[name]}, now {value}"


def changed(snapshot: Snapshot, settings: Settings, given: frozenset[str]) -> NN:
    """Make the network of a run that goes on otherwise than it was started."""
    spec = snapshot.spec
    if "learning_rate" in given:
        spec = replace(spec, optimizer=at_rate(spec.optimizer, settings.learning_rate))
    nn = revive(replace(snapshot, spec=replace(spec, seed=settings.seed) if "seed" in given else spec))
    if nn.run is not None:
        nn.run.fingerprint = {}
        nn.run.batch, nn.run.seconds, nn.run.sums[:] = 0, 0.0, 0.0
        nn.run.lr = None if "learning_rate" in given else nn.run.lr
    return nn
