"""How many threads BLAS may use while a network works: one, unless its owner says otherwise.

Where other programs run too, two threads wait for each other and a product of small matrices takes ten to a hundred
times as long; on an idle machine they gain little at this size (docs/decisions/0005-threads.md has the figures).
"""

from dataclasses import dataclass, field
from threading import Lock
from typing import Any

__all__ = ["Limited", "forget", "in_use"]


@dataclass(slots=True)
class _Pools:
    """The process's BLAS libraries, whether somebody limits them now, and what they had before."""

    libraries: tuple[Any, ...] | None = None
    lock: Lock = field(default_factory=Lock)
    held: bool = False
    wanted: int = 1
    before: list[int] = field(default_factory=list)

    def find(self) -> tuple[Any, ...]:
        """Look for the libraries once: it takes milliseconds, to set them then microseconds."""
        if self.libraries is None:
            from threadpoolctl import ThreadpoolController  # noqa: PLC0415  # `import nn_model` does not pay for it

            self.libraries = tuple(ThreadpoolController().select(user_api="blas").lib_controllers)
        return self.libraries

    def limit(self) -> None:
        """Set every library that has another number, and note what they had."""
        found = [library.get_num_threads() for library in self.find()]
        if any(threads != self.wanted for threads in found):
            self.before = found
            for library in self.find():
                library.set_num_threads(self.wanted)

    def put_back(self) -> None:
        """Give every library what it had, if it was changed."""
        if self.before:
            for library, threads in zip(self.find(), self.before, strict=True):
                library.set_num_threads(threads)
            self.before = []
            self.release()

    def release(self) -> None:
        """Let any thread set the libraries next: threadpoolctl keeps that for the thread that last did."""
        for library in self.find():
            if hasattr(library, "clear_controlling_thread"):  # not in its older versions, which let anybody
                library.clear_controlling_thread()


_POOLS = _Pools()


class Limited:
    """A stretch of work in which BLAS uses so many threads; `None` leaves it as it is.

    The number is the whole process's. Of several stretches at once, the first one's holds until it ends and puts back
    what was before; those inside it have its number too.

    Examples
    --------
    >>> with Limited(1):
    ...     in_use() in (1, None)
    True
    """

    __slots__ = ("_holds", "_threads")

    def __init__(self, threads: int | None) -> None:
        self._threads = threads
        self._holds = False

    def __enter__(self) -> None:
        """Set the number, unless somebody else has."""
        if self._threads is None or _POOLS.held:
            return
        with _POOLS.lock:
            if not _POOLS.held:
                _POOLS.held = self._holds = True
                _POOLS.wanted = self._threads
                _POOLS.limit()

    def __exit__(self, *error: object) -> None:
        """Put back what was before, if it was changed here."""
        if self._holds:
            with _POOLS.lock:
                _POOLS.put_back()
                _POOLS.held = self._holds = False


def forget() -> None:
    """Look for BLAS libraries anew: one was loaded since. A stretch of work that has begun limits it, too."""
    with _POOLS.lock:
        _POOLS.put_back()
        _POOLS.libraries = None
        if _POOLS.held:
            _POOLS.limit()


def in_use() -> int | None:
    """Give the number of threads that BLAS now uses; `None` where its library is not known."""
    return max((int(library.get_num_threads()) for library in _POOLS.find()), default=None)
