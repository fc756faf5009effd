"""How many threads BLAS may use while a network trains."""

from collections.abc import Iterator
from contextlib import contextmanager

from nn_model.train.arguments import check_whole


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
