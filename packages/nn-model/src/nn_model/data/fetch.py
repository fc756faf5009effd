"""One file from one address: whole, and the one that was meant, or not at all."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from http.client import HTTPException
from pathlib import Path
from typing import Any, BinaryIO

from nn_model.disk.atomic import replacing
from nn_model.errors import DataError
from nn_model.extras import need

__all__ = ["MirrorError", "fetch", "local"]

_CHUNK = 1 << 14


class MirrorError(Exception):
    """What is wrong with an address, or with what it sends."""


@contextmanager
def local(path: Path) -> Iterator[None]:
    """Turn a fault of this machine's disk into one sentence.

    Raises
    ------
    DataError
        For any `OSError` inside.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"{path}: cannot be used: {reason}; choose another folder, or make room") from None


def fetch(url: str, path: Path, size: int, digest: str, timeout: float, *, progress: bool) -> None:
    """Receive a file of this size and sha256; it appears when it is whole.

    Raises
    ------
    MirrorError
        The address does not answer, or sends something else.
    DataError
        The file cannot be written.
    """
    # Not pooch.retrieve: it writes to the screen, and leaves files that nobody else may read.
    get = need("pooch", "data").HTTPDownloader(
        chunk_size=_CHUNK, timeout=timeout, headers={"Accept-Encoding": "identity"}
    )
    with local(path), replacing(path, DataError) as file, _bar(path.name, size) if progress else nullcontext() as bar:
        sink = _Sink(file, path, size, bar)
        try:
            get(url, sink, None)
        except DataError:
            raise
        except (OSError, ValueError, HTTPException, need("urllib3.exceptions", "data").HTTPError) as error:
            raise MirrorError(_reason(error, sink.size, size, timeout)) from None
        found = sink.sum.hexdigest()
        if found != digest:
            raise MirrorError(f"sends another file, of {sink.size:,} bytes (sha256 begins {found[:12]})")


def _bar(name: str, size: int) -> Any:
    # With `disable=None`, tqdm shows nothing where standard error is no terminal.
    return need("tqdm", "data").tqdm(total=size, desc=name, unit="B", unit_scale=True, disable=None)


class _Sink:
    """The file that is being received: counted, summed, and no longer than it should be."""

    def __init__(self, file: BinaryIO, path: Path, limit: int, bar: Any) -> None:
        self.file, self.path, self.limit, self.bar = file, path, limit, bar
        self.size, self.sum = 0, hashlib.sha256()

    def write(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self.size > self.limit:
            raise MirrorError(f"sends another file, of more than {self.limit:,} bytes")
        self.sum.update(chunk)
        with local(self.path):
            self.file.write(chunk)
        if self.bar is not None:
            self.bar.update(len(chunk))

    def flush(self) -> None:
        """Leave it to the end: pooch asks after every chunk."""


def _reason(error: Exception, received: int, size: int, timeout: float) -> str:
    """Say in a few words what an address did; requests tells it in nested exceptions."""
    answer = getattr(error, "response", None)
    if answer is not None:
        return f"answers {answer.status_code} {answer.reason}"
    text = " ".join(str(error).split())
    if "timed out" in text:
        return f"is silent for {timeout:g} s" + (f" after {received:,} of {size:,} bytes" if received else "")
    if received:
        return f"breaks off after {received:,} of {size:,} bytes"
    if "Max retries exceeded" not in text:
        return f"gives no proper answer: {text[:100]}"
    last = text.rpartition(": ")[2].strip(" \"')>")
    return f"cannot be reached: {last}{')' * (last.count('(') - last.count(')'))}"
