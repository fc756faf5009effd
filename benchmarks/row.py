"""What a row of the table is: some work, and who does it."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

import numpy as np

__all__ = ["Array", "Contender", "Row", "Run"]

Array = np.ndarray[Any, np.dtype[Any]]
Run = Callable[[int], float]
"""Does the work so many times, from where it stands, and gives the loss of the last time."""


@dataclass(frozen=True, slots=True)
class Contender:
    """Somebody who does a row's work.

    Attributes
    ----------
    name
        As the table shows it.
    setup
        The function of `benchmarks.contenders` that prepares the work: `"pytorch:eager"`.
    role
        Ours, a peer, or a yardstick: what the work costs at least, compared with but never the best peer.
    needs
        The library that must be installed.
    """

    name: str
    setup: str
    role: Literal["ours", "peer", "yardstick"] = "peer"
    needs: str = "numpy"

    def prepare(self, row: "Row") -> Run:
        """Make everything that does not belong to the work, and give the work."""
        module, _, function = self.setup.partition(":")
        run: Run = getattr(import_module(f"benchmarks.contenders.{module}"), function)(row)
        return run


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Some work, told in our own parts; peers translate it part by part.

    Attributes
    ----------
    name
        The row is asked for by it, or by the part before the first `-`.
    about
        The work, in a few words.
    unit
        What is timed, once.
    make
        Makes our network, optimizer or stack, the same one each time; takes an engine where it trains.
    data
        Makes the arrays that it works on, the same ones each time.
    contenders
        Who does it; the first is the one whose result the others must agree with.
    batch_size
        Rows of a batch; left out, all of them.
    shuffle
        Whether `fit` draws another order of the rows for every epoch, as it does unless it is told otherwise.
    one_thread
        Whether the number of threads makes no difference to anybody.
    """

    name: str
    about: str
    unit: Literal["step", "epoch", "answer", "pass", "import"]
    make: Callable[..., Any]
    data: Callable[[], tuple[Array, ...]]
    contenders: tuple[Contender, ...]
    batch_size: int | None = None
    shuffle: bool = False
    one_thread: bool = False

    def batches(self) -> list[tuple[Array, ...]]:
        """Cut the data into batches, in their order."""
        data = self.data()
        size = self.batch_size or len(data[0])
        return [tuple(array[i : i + size] for array in data) for i in range(0, len(data[0]), size)]
