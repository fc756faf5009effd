"""What a training run was like: a row for every epoch."""

import math
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from typing import Any, ClassVar, SupportsIndex, overload

from nn_model.disk.atomic import check_target, write_whole
from nn_model.errors import DataError
from nn_model.train.rows import Block, Row, column, rows_of

__all__ = ["CELLS", "History", "Row", "epoch_line", "log_cells", "log_line", "log_text"]

CELLS = tuple(cell.name for cell in fields(Row))


class History:
    """The epochs of a training run, in order: `history[-1]` is the last, and each number has a list of its own.

    Attributes
    ----------
    rows
        A `Row` for every completed epoch.
    reason
        Why training ended before its last epoch; `None` if it did not.
    metrics
        What `Metric` callbacks measured, by name: a number for every epoch, `None` where it was not measured.

    Examples
    --------
    >>> history = History([Row(1, 0.25, 0.92, 0.3, 0.18, 0.945, 0.01)])
    >>> history.train_loss, len(history), history.best().epoch
    ([0.25], 1, 1)
    >>> history[-1].val_accuracy
    0.945
    """

    COLUMNS: ClassVar[tuple[str, ...]] = ("epoch", "train_loss", "train_time", "val_loss", "val_accuracy")

    __slots__ = ("_blocks", "_rows", "metrics", "reason")

    def __init__(
        self,
        rows: list[Row] | None = None,
        reason: str | None = None,
        metrics: dict[str, list[float | None]] | None = None,
    ) -> None:
        self._rows: list[Row] = [] if rows is None else rows
        self._blocks: list[Block] = []
        self.reason = reason
        self.metrics: dict[str, list[float | None]] = {} if metrics is None else metrics

    @property
    def rows(self) -> list[Row]:
        """A `Row` for every completed epoch; those of long bursts are made when they are first asked for."""
        blocks = list(self._blocks)
        self._rows += rows_of(blocks)
        del self._blocks[: len(blocks)]
        return self._rows

    def extend(self, block: Block) -> None:
        """Add the epochs of a burst, which follow those there are."""
        self._blocks.append(block)

    def __eq__(self, other: object) -> bool:
        """Compare everything."""
        if not isinstance(other, History):
            return NotImplemented
        return (self.rows, self.reason, self.metrics) == (other.rows, other.reason, other.metrics)

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __repr__(self) -> str:
        """Show everything."""
        return f"History(rows={self.rows!r}, reason={self.reason!r}, metrics={self.metrics!r})"

    def __len__(self) -> int:
        """Count the epochs."""
        if not self._blocks:
            return len(self._rows)
        first, last = self._blocks[0], self._blocks[-1]
        return len(self._rows) + last.epoch + len(last) - first.epoch

    def __iter__(self) -> Iterator[Row]:
        """Give the epochs in order."""
        return iter(self.rows)

    @overload
    def __getitem__(self, place: SupportsIndex) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...

    def __getitem__(self, place: SupportsIndex | slice) -> Row | list[Row]:
        """Give an epoch by its place, from 0, or the list of several; `history[-1]` is the last."""
        if isinstance(place, slice):
            return [self._row(at) for at in range(len(self))[place]]
        return self._row(range(len(self))[place])

    def _row(self, place: int) -> Row:
        """Give one row, without making those of all epochs."""
        if place < len(self._rows):
            return self._rows[place]
        epoch = self._blocks[0].epoch + place - len(self._rows)
        block = self._blocks[bisect(self._blocks, epoch, key=attrgetter("epoch")) - 1]
        return block.row(epoch - block.epoch)

    def _column(self, name: str) -> list[Any]:
        """Give one number of every epoch, without making rows."""
        return [getattr(row, name) for row in self._rows] + column(self._blocks, name)

    @property
    def train_loss(self) -> list[float]:
        """Training loss of every epoch."""
        return self._column("train_loss")

    @property
    def train_accuracy(self) -> list[float | None]:
        """Training accuracy of every epoch."""
        return self._column("train_accuracy")

    @property
    def train_time(self) -> list[float]:
        """Seconds of every epoch's training steps."""
        return self._column("train_time")

    @property
    def val_loss(self) -> list[float | None]:
        """Validation loss of every epoch."""
        return self._column("val_loss")

    @property
    def val_accuracy(self) -> list[float | None]:
        """Validation accuracy of every epoch."""
        return self._column("val_accuracy")

    @property
    def lr(self) -> list[float]:
        """The last learning rate of every epoch."""
        return self._column("lr")

    def best(self) -> Row:
        """Give the epoch with the lowest validation loss, or training loss where there is no validation."""
        if not len(self):
            raise ValueError("no epoch has been completed yet")
        pairs = zip(self.val_loss, self.train_loss, strict=True)
        losses = [train if held_out is None else held_out for held_out, train in pairs]
        return self[min(range(len(losses)), key=losses.__getitem__)]

    def note(self, metric: str, value: float) -> None:
        """Add a metric of the epoch just completed."""
        values = self.metrics.setdefault(metric, [])
        values += [None] * (len(self) - len(values))
        values[-1] = float(value)

    def measured(self, row: Row) -> dict[str, float]:
        """Give the metrics of an epoch, as far as they were measured."""
        place = row.epoch - self[0].epoch
        cells = {name: values[place] if place < len(values) else None for name, values in self.metrics.items()}
        return {name: value for name, value in cells.items() if value is not None}

    def copy(self) -> "History":
        """Give a history that no further epoch of this one changes."""
        copy = History(list(self._rows), self.reason, {name: list(values) for name, values in self.metrics.items()})
        copy._blocks = list(self._blocks)
        return copy

    def to_dict(self) -> dict[str, Any]:
        """Give everything as plain Python numbers; every metric has one for every epoch, or `None`."""
        numbers = zip(*map(self._column, CELLS), strict=True)
        rows = [dict(zip(CELLS, cells, strict=True)) for cells in numbers]
        metrics = {name: values + [None] * (len(rows) - len(values)) for name, values in self.metrics.items()}
        return {"rows": rows, "reason": self.reason, "metrics": metrics}

    def to_csv(self, path: str | Path) -> None:
        """Write `epoch,train_loss,train_time,val_loss,val_accuracy` with a header line; accuracy in percent.

        Raises
        ------
        DataError
            The file cannot be written; what was there is as it was.
        """
        target, content = Path(path), log_text(self).encode()
        check_target(target, DataError)
        write_whole(target, lambda file: file.write(content), DataError)


def log_text(rows: Iterable[Row]) -> str:
    """Write epochs as a log: a header, and a line for each."""
    return "".join([",".join(History.COLUMNS) + "\n", *map(log_line, rows)])


def log_line(row: Row) -> str:
    """Write an epoch as a line of a log."""
    return ",".join(log_cells(row)) + "\n"


def log_cells(row: Row) -> list[str]:
    """Write an epoch as the cells of a log: `1,0.254300,0.340000,0.183200,94.50`; what there is not stays empty."""
    loss = "" if row.val_loss is None else f"{row.val_loss:.6f}"
    accuracy = "" if row.val_accuracy is None else f"{100 * row.val_accuracy:.2f}"
    return [str(row.epoch), f"{row.train_loss:.6f}", f"{row.train_time:.6f}", loss, accuracy]


def epoch_line(row: Row, epochs: int, metrics: Mapping[str, float] | None = None) -> str:
    """Write an epoch as a line: `Epoch 1/10, Loss: 0.2543, Val Loss: 0.1832, Val Acc: 94.50%, Time: 0.34s`."""
    parts = [f"Epoch {row.epoch}/{epochs}", f"Loss: {_short(row.train_loss)}"]
    if row.val_loss is not None:
        parts.append(f"Val Loss: {_short(row.val_loss)}")
    if row.val_accuracy is not None:
        parts.append(f"Val Acc: {100 * row.val_accuracy:.2f}%")
    elif row.val_loss is None and row.train_accuracy is not None:
        parts.append(f"Acc: {100 * row.train_accuracy:.2f}%")
    parts += [f"{name}: {_short(value)}" for name, value in (metrics or {}).items()]
    return ", ".join([*parts, f"Time: {row.train_time:.2f}s"])


def _short(value: float) -> str:
    return f"{value:.4f}" if not 1e6 <= abs(value) < math.inf else f"{value:.4e}"
