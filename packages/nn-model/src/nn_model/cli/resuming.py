"""`nn train --resume`: a run that goes on."""

from dataclasses import dataclass
from pathlib import Path

from nn_model.checkpoint import Snapshot, read, revive
from nn_model.checkpoint.strict_json import cut_text
from nn_model.cli.datasets import Data
from nn_model.cli.faults import say
from nn_model.cli.kept import remembered_by
from nn_model.cli.sameness import changed, changes, check_network, fingerprint, judged_otherwise
from nn_model.cli.settings import Settings
from nn_model.errors import CheckpointError
from nn_model.network import NN
from nn_model.train.run import Run
from nn_optim import Cosine, OneCycle

__all__ = ["Resumption"]

MAX_PATH = 300
"""Letters of a path that is only shown."""


@dataclass(frozen=True, slots=True)
class Resumption:
    """The last state of a run, before the data to go on with are read.

    Attributes
    ----------
    path
        The checkpoint.
    snapshot, nn
        What is in it, and the network made of it.
    run
        Where training stands.
    """

    path: Path
    snapshot: Snapshot
    nn: NN
    run: Run

    @classmethod
    def read(cls, path: Path) -> "Resumption":
        """Read the last state of a run.

        Raises
        ------
        CheckpointError
            The file is none, or holds no run.
        """
        snapshot = read(path)
        nn = revive(snapshot)
        if nn.run is None:
            raise CheckpointError(
                f"{path}: holds a network without a run to go on with; leave --resume out to start one"
            )
        return cls(path, snapshot, nn, nn.run)

    def settings(self, said: Settings, given: frozenset[str]) -> Settings:
        """Give the settings to go on with: what the command line says, and of what it does not say, the run's.

        Raises
        ------
        CheckpointError
            The file remembers settings that are none, or the run is done.
        """
        try:
            settings = said.taken_over(self.run, given)
        except CheckpointError as error:
            raise CheckpointError(f"{self.path}: {error}") from None
        if self.run.epoch >= settings.nb_epochs:
            raise CheckpointError(
                f"{self.path}: has been trained for {self.run.epoch} epochs already; give more of them: --nb-epochs"
            )
        return settings

    def note_log(self, log: Path, remembered: str | None) -> None:
        """Say so where the log is not the run's former one. That is never opened: a file says where it is."""
        was = remembered_by(self.run).get("log", remembered)
        if was != remembered and (was is None or isinstance(was, str)):
            known = "loss.csv in the checkpoint folder" if was is None else cut_text(was, MAX_PATH)
            say(f"The log was {known}; all epochs are now in {log} (--loss-csv-path)")

    def network(self, settings: Settings, given: frozenset[str], data: Data, *, force: bool) -> NN:
        """Give the network, ready to go on.

        Parameters
        ----------
        settings, given
            To go on with, and which of them the person chose.
        data
            To go on with.
        force
            Go on with other data, batches, rate or seed, and say what changes; the epoch under way begins anew.

        Raises
        ------
        CheckpointError
            The run was started otherwise.
        """
        check_network(self.path, self.run, self.nn, settings, given, data)
        now = fingerprint(self.nn, settings, given, data)
        found = list(changes(self.nn, self.run.fingerprint, now, settings, given))
        nn = self.nn
        if found and not force:
            raise CheckpointError(
                f"{self.path}: a run is resumed with what it was started with; {'; '.join(found)}; "
                "give the same, or --force"
            )
        if found:
            say(f"Warning: going on with other settings: {'; '.join(found)}")
            if judged_otherwise(self.run.fingerprint, now):
                say(
                    "Warning: the best so far was judged by other rows; best.safetensors changes once an epoch beats it"
                )
            nn = changed(self.snapshot, now, settings, given)
        note_schedule(nn, settings.nb_epochs * -(-now["rows"] // settings.batch_size))
        return nn


def note_schedule(nn: NN, steps: int) -> None:
    """Warn where the run is longer than the schedule of its rate was made for."""
    schedule = nn.optimizer.lr
    if isinstance(schedule, OneCycle | Cosine) and steps > schedule.steps:
        say(
            f"Warning: the rate's schedule was made for {schedule.steps:,} steps, and all epochs are {steps:,}; from "
            f"there on the rate is {schedule(schedule.steps):.2g}; leave --resume out for a longer schedule"
        )
