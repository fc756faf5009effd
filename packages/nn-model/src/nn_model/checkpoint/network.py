"""A network as a snapshot, and a snapshot as a network."""

import platform
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from nn_model.checkpoint.files import check
from nn_model.checkpoint.network_spec import NetworkSpec
from nn_model.checkpoint.places import keepers_of, kept_name, named_views
from nn_model.checkpoint.snapshot import Snapshot
from nn_model.checkpoint.source import PathLike
from nn_model.errors import CheckpointError
from nn_model.train import trusted
from nn_model.train.run import Run

if TYPE_CHECKING:
    from nn_model.core import Core
    from nn_model.network import NN


def capture(nn: "NN") -> Snapshot:
    """Give everything of a network that a file keeps; the arrays are its own memory, to be written at once.

    Raises
    ------
    CheckpointError
        A parameter or state that is not finite: such a network is never saved.
    """
    return _captured(nn, {} if nn.run is None else nn.run.arrays())


def _captured(nn: "NN", kept: dict[str, dict[str, Any]]) -> Snapshot:
    core = nn.core
    for name, array in nn.weights().items():
        if not np.isfinite(array).all():
            raise CheckpointError(f"{name} holds NaN or infinite numbers; such a network is not saved")
    spec = NetworkSpec(
        core.layout.layers,
        core.loss,
        core.optimizer,
        core.clip,
        core.layout.input_shape,
        core.coding.task,
        nn.classes,
        str(core.vectors.theta.dtype),
        core.generators.seed,
    )
    arrays = {kept_name(key, name): array for key, named in kept.items() for name, array in named.items()}
    return Snapshot(spec, _views(core) | arrays, _run_state(nn) | {"keepers": list(kept)})


def check_savable(path: PathLike, nn: "NN") -> None:
    """Check, without writing, that a file can hold the network, with all arrays that its callbacks may come to keep.

    Raises
    ------
    CheckpointError
        It cannot; the message names the cap, or what is to be changed.
    """
    check(path, _captured(nn, {} if nn.run is None else nn.run.arrays(nn.weights())))


def revive(snapshot: Snapshot, engine: str = "auto") -> "NN":
    """Make the network of a snapshot: its parts, its numbers, and where its training stands.

    Raises
    ------
    CheckpointError
        A run state that is not one.
    """
    from nn_model.network import NN  # noqa: PLC0415  # the network is made of rooms that come before this one

    s = snapshot.spec
    nn = NN(
        s.layers,
        s.loss,
        s.optimizer,
        clip=s.clip,
        input_shape=s.input_shape,
        task=s.task,  # type: ignore[arg-type]  # checked there
        classes=s.classes,
        dtype=s.dtype,  # type: ignore[arg-type]  # checked there
        seed=s.seed,
        engine=engine,  # type: ignore[arg-type]  # checked there
    )
    nn.set_weights(snapshot.weights())
    for name, view in _views(nn.core).items():
        view[...] = snapshot.arrays[name]
    try:
        _restore(nn, snapshot)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise CheckpointError(
            f"the run state is not one that this version wrote: {error!r}; load an earlier file"
        ) from error
    return nn


def _views(core: "Core") -> dict[str, Any]:
    return named_views(core.layout, core.vectors, core.optimizer.slots, core.update.frame.slots)


def _run_state(nn: "NN") -> dict[str, Any]:
    return {
        "step": nn.step,
        "generators": {
            ".".join(map(str, path)): rng.bit_generator.state for path, rng in sorted(nn.core.generators.made.items())
        },
        "fit": None if nn.run is None else nn.run.to_dict(),
        "made_with": {
            "engine": (nn.run and nn.run.engine) or "numpy",
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }


def _restore(nn: "NN", snapshot: Snapshot) -> None:
    run = snapshot.run
    nn.core.update.frame.step[0] = trusted.whole(run, "step")
    for name, state in run["generators"].items():
        nn.core.generators(tuple(map(int, name.split(".")))).bit_generator.state = state
    if run["fit"] is not None:
        names = list(nn.weights())
        kept = {key: {name: snapshot.arrays[kept_name(key, name)] for name in names} for key in keepers_of(run)}
        nn.run = Run.from_dict(run["fit"], kept)
        _warn_other(trusted.of_kind(run, "made_with", dict))


def _warn_other(made_with: dict[str, Any]) -> None:
    """Warn where a resumed run need not be bit-identical: it was made with another NumPy."""
    if made_with.get("numpy") != np.__version__:
        warnings.warn(
            f"the file was written with NumPy {made_with.get('numpy')}, this is {np.__version__}; "
            "a resumed run goes on, but its last bits may differ",
            UserWarning,
            stacklevel=5,
        )
