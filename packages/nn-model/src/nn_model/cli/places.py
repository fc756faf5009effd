"""The files of one run of `nn train`."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from nn_model.checkpoint import claim
from nn_model.cli.faults import printable
from nn_model.cli.outputs import check_apart, check_output, check_picture
from nn_model.errors import CheckpointError, DataError
from nn_model.train.events import Event

__all__ = ["Files"]


@dataclass(frozen=True, slots=True)
class Files:
    """What a run reads and writes.

    Attributes
    ----------
    data
        A folder of IDX files, or a CSV file.
    folder
        Of the checkpoints.
    picture
        Of the curves, if they are wanted.
    other_log
        The log, if it is not in that folder.
    others
        What else the run reads: a spec, the weights to begin with.
    """

    data: Path
    folder: Path
    picture: Path | None
    other_log: Path | None
    others: tuple[Path, ...] = ()

    @property
    def log(self) -> Path:
        """A line for every epoch."""
        return self.other_log or self.folder / "loss.csv"

    @property
    def log_in_words(self) -> str | None:
        """The log's path as text that any file can hold, if it is not in the checkpoint folder."""
        log = self.log.absolute()
        return None if log == (self.folder / "loss.csv").absolute() else printable(str(log))

    @property
    def last(self) -> Path:
        """The state that a run is resumed from."""
        return self.folder / "last.safetensors"

    @property
    def best(self) -> Path:
        """The network with the lowest validation loss."""
        return self.folder / "best.safetensors"

    def check(self, *, resume: bool, force: bool) -> None:
        """Check that all can be written and none is lost; nothing is made or written.

        Raises
        ------
        DataError, CheckpointError
            One is there already, without `--force` or `--resume`, is a file that the run reads, or cannot be written.
        """
        there = [path for path in (self.last, self.best, self.log) if path.is_file()]
        if there and not (resume or force):
            go_on = "--resume to go on, or " if self.last in there else ""
            raise DataError(f"{there[0]}: is there already; give {go_on}--force to replace it")
        saved = (self.last, self.best, self.best.with_name(f"{self.best.name}.bak"))
        written = (self.log, *([] if self.picture is None else [self.picture]))
        check_apart((*saved, *written), self.data)
        check_apart(written, *self.others)
        to_come = self._to_come()
        if self.picture is not None:
            check_picture(self.picture, force=force or resume, to_come=to_come)
        for path in (*saved[:2], self.log):
            check_output(path, force=True, to_come=to_come)

    def _to_come(self) -> frozenset[Path]:
        """Give the folders that are to be made; check that they can be."""
        missing = []
        for path in (self.folder.absolute(), *self.folder.absolute().parents):
            if path.is_dir():
                break
            if path.is_symlink() or path.exists():
                raise CheckpointError(
                    f"{path}: this is no folder, and --checkpoint-folder names one; choose another name"
                )
            missing.append(path)
        if missing:
            check_output(missing[-1], force=True)
        return frozenset(missing)

    def make(self, event: Event, *, force: bool, claims: ExitStack) -> None:
        """Make the folder of the checkpoints when training begins, and claim the best one: a callback."""
        if event.kind != "start":
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        alone = claims.enter_context(claim(self.best))
        # The best of another run must not pass for this one's; unless that run goes on, and needs it.
        if event.fresh and force and alone and self.best.is_file():
            self.best.replace(self.best.with_name(f"{self.best.name}.bak"))
