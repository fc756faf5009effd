"""How many threads BLAS may use while a network trains."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from nn_model.train.arguments import check_whole


def in_use() -> int | None:
    """Give the number of threads that BLAS uses: as threadpoolctl finds, or the environment says; else `None`."""
    try:
        from threadpoolctl import threadpool_info  # noqa: PLC0415  # an extra, and only who saves asks
    except ImportError:
        given = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS") or ""
        return int(given) if given.isdecimal() else None
    counts = [int(pool["num_threads"]) for pool in threadpool_info() if pool["user_api"] == "blas"]
    return max(counts, default=None)


@contextmanager
def limited(threads: int | None) -> Iterator[None]:
    """Limit BLAS to so many threads; `None` leaves it as it is.

    Raises
    ------
    MissingExtraError
        A number was given and threadpoolctl is not installed.
    """
    if threads is None:
        yield
        return
    check_whole("threads", threads)
    from nn_model.extras import need  # noqa: PLC0415  # only who limits threads needs it

    with need("threadpoolctl", "threads").threadpool_limits(limits=threads, user_api="blas"):
        yield
