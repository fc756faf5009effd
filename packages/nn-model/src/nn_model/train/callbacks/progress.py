"""A bar for every epoch."""

import sys
from typing import Any

from nn_model.extras import need
from nn_model.train.events import Event
from nn_model.train.printing import print_epochs


class ProgressBar:
    """Show a bar for every epoch, with the running loss and the rate, in terminals and notebooks.

    Its epochs' lines take the place of those of `fit(verbose=True)`. Where messages go to no terminal, only the lines
    are printed; in a program without streams, nothing is. Bars go to standard error and lines to standard output.
    Needs `nn-model[cli]`.

    Raises
    ------
    MissingExtraError
        tqdm is not installed.

    Notes
    -----
    The bar moves after bursts of steps of about 50 ms, so that it takes no time from small networks.

    Examples
    --------
    >>> ProgressBar().prints
    True
    """

    prints = True

    def __init__(self) -> None:
        self._tqdm = need("tqdm.auto", "cli").tqdm
        # In a notebook this is a subclass that draws by itself; standard error is no terminal there all the same.
        notebook = any("notebook" in parent.__module__ for parent in self._tqdm.__mro__)
        self._disable = False if notebook else None
        self._bar: Any = None

    def __call__(self, event: Event) -> None:
        """Move the bar; close it at the end of an epoch and print the epoch's line."""
        if event.kind == "steps":
            self._move(event)
            return
        self._close()
        print_epochs(event)

    def _move(self, event: Event) -> None:
        if sys.stderr is None:  # a window program on Windows has no streams
            return
        if self._bar is None:
            self._bar = self._tqdm(
                total=event.batches,
                desc=f"Epoch {event.epoch + 1}/{event.epochs}",
                initial=event.batch,
                unit="batch",
                leave=False,
                disable=self._disable,
                file=sys.stderr,
            )
        if not self._bar.disable:
            self._bar.set_postfix_str(f"loss {event.loss:.4f}, lr {event.lr:.3g}", refresh=False)
            self._bar.update(event.batch - self._bar.n)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
