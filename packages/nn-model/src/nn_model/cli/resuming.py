"""`nn train --resume`: a run that goes on, and what must be as it was."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from nn_model.checkpoint import Snapshot, read, revive
from nn_model.cli.datasets import Data, fitted
from nn_model.cli.faults import say
from nn_model.cli.models import OPTIMIZERS, at_rate, made, spec_for
from nn_model.cli.settings import Settings
from nn_model.errors import CheckpointError
from nn_model.network import NN
from nn_model.train.division import divided
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
    if nn.run is None:
        raise CheckpointError(f"{path}: holds a network without a run to go on with; leave --resume out to start one")
    settings = settings.taken_over(nn.run, given)
    check_network(path, nn, settings, given, data)
    if nn.run.epoch >= settings.nb_epochs:
        raise CheckpointError(
            f"{path}: has been trained for {nn.run.epoch} epochs already; give more of them: --nb-epochs"
        )
    now = fingerprint(nn, settings, given, data)
    found = list(changes(nn, nn.run.fingerprint, now, settings, given))
    if not found:
        return nn, settings
    if not force:
        raise CheckpointError(
            f"{path}: a run is resumed with what it was started with; {'; '.join(found)}; give the same, or --force"
        )
    say(f"Warning: going on with other settings: {'; '.join(found)}")
    return changed(snapshot, now, settings, given), settings


def check_network(path: Path, nn: NN, settings: Settings, given: frozenset[str], data: Data) -> None:
    """Check that layers and optimizer are those in the file: their arrays fit no others."""
    anew = "leave --resume out to start anew"
    if "model" in given and made(spec_for(settings.model, data, nn.optimizer)).layers != nn.layers:
        raise CheckpointError(f"{path}: holds another network than --model {settings.model}; {anew}")
    kept, wanted = type(nn.optimizer).__name__, OPTIMIZERS[settings.optimizer_name]
    if "optimizer_name" in given and kept != wanted:
        raise CheckpointError(f"{path}: holds the state of {kept}, which {wanted} cannot go on with; {anew}")


def fingerprint(nn: NN, settings: Settings, given: frozenset[str], data: Data) -> dict[str, Any]:
    """Say what `NN.fit` will find, in its own words, when it compares with what the run was started with."""
    rows, labels = nn.core.checked(fitted(data.x, nn), data.y)
    train, _ = divided(nn.core, (rows, labels), settings.share, settings.validation_order)
    return {
        "batch_size": settings.batch_size,
        "shuffle": True,
        "rows": len(train),
        "validation": f"{settings.share} {settings.validation_order}" if settings.share else "none",
        "seed": settings.seed if "seed" in given else nn.seed,
        "data": digest(rows, labels, None),
        "validation_data": digest(),
    }


def changes(
    nn: NN, was: dict[str, Any], now: dict[str, Any], settings: Settings, given: frozenset[str]
) -> Iterator[str]:
    """Say what is not as it was when the run was started."""
    if "learning_rate" in given and nn.optimizer.lr != settings.learning_rate:
        yield f"learning-rate was {nn.optimizer.lr}, now {settings.learning_rate}"
    for name, value in now.items():
        if was.get(name) == value or (name == "rows" and was.get("data") != now["data"]):
            continue
        if name.endswith("data"):
            yield f"other {name.replace('_', ' ')}"
        else:
            yield f"{name.replace('_', '-')} was {was.get(name)}, now {value}"


def changed(snapshot: Snapshot, now: dict[str, Any], settings: Settings, given: frozenset[str]) -> NN:
    """Make the network of a run that goes on otherwise than it was started."""
    spec = snapshot.spec
    if "learning_rate" in given:
        spec = replace(spec, optimizer=at_rate(spec.optimizer, settings.learning_rate))
    nn = revive(replace(snapshot, spec=replace(spec, seed=now["seed"])))
    if nn.run is None:
        raise AssertionError("it was there a moment ago")
    nn.run.fingerprint = now
    nn.run.batch, nn.run.seconds, nn.run.sums[:] = 0, 0.0, 0.0
    nn.run.lr = None if "learning_rate" in given else nn.run.lr
    return nn
