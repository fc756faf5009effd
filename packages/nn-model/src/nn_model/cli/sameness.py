"""What must be as it was when a run goes on, what may change by force, and what does then."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from nn_model.checkpoint import Snapshot, revive
from nn_model.cli.datasets import Data, checked
from nn_model.cli.kept import remembered_by
from nn_model.cli.models import OPTIMIZERS, at_rate, made, spec_for
from nn_model.cli.settings import Settings
from nn_model.errors import CheckpointError
from nn_model.network import NN
from nn_model.train.division import divided
from nn_model.train.fit import digest
from nn_model.train.run import Run

__all__ = ["changed", "changes", "check_network", "fingerprint", "judged_otherwise"]


def check_network(path: Path, run: Run, nn: NN, settings: Settings, given: frozenset[str], data: Data) -> None:
    """Check that layers, task and optimizer are those in the file: its arrays fit no others."""
    anew = "leave --resume out to start anew"
    if "model" in given and made(spec_for(settings.model, data, nn.optimizer, settings.recipe)).layers != nn.layers:
        raise CheckpointError(f"{path}: holds another network than --model {settings.model}; {anew}")
    task = remembered_by(run).get("task") or nn.task
    if "task" in given and settings.task != task:
        raise CheckpointError(f"{path}: holds a network for {task}, which {settings.task} cannot go on with; {anew}")
    kept, wanted = type(nn.optimizer).__name__, OPTIMIZERS[settings.optimizer_name]
    if "optimizer_name" in given and kept != wanted:
        raise CheckpointError(f"{path}: holds the state of {kept}, which {wanted} cannot go on with; {anew}")


def fingerprint(nn: NN, settings: Settings, given: frozenset[str], data: Data) -> dict[str, Any]:
    """Say what `NN.fit` will find, in its own words, when it compares with what the run was started with."""
    rows, labels = checked(data, nn)
    train, _ = divided(nn.core, (rows, labels), settings.share, settings.validation_order)
    augment = settings.recipe.augment if settings.recipe else None
    return {
        **({} if augment is None else {"augment": repr(augment)}),
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


def judged_otherwise(was: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether epochs from now on are judged by other rows, so that their losses do not compare with the best so far."""
    return any(was.get(name) != now[name] for name in ("validation", "data", "seed"))


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
