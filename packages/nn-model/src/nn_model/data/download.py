"""MNIST from the network: mirrors tried in turn, every file checked before it gets its name."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from nn_model.data.fetch import MirrorError, fetch, local
from nn_model.data.source import PathLike
from nn_model.errors import DataError
from nn_model.extras import need

__all__ = ["FILES", "MIRRORS", "download_mnist"]

MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist",
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://raw.githubusercontent.com/fgnt/mnist/master",
)
"""Folders that hold the four files as they were first published."""

FILES = {
    "train-images-idx3-ubyte.gz": (9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
    "train-labels-idx1-ubyte.gz": (28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
    "t10k-images-idx3-ubyte.gz": (1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
    "t10k-labels-idx1-ubyte.gz": (4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
}
"""Size in bytes and sha256 of each file."""


def download_mnist(
    folder: PathLike, mirrors: Sequence[str] = MIRRORS, timeout: float = 30.0, *, progress: bool = False
) -> Path:
    """Fetch the four files of MNIST, 12 MB, for `load_mnist`.

    A mirror that does not answer, or sends something else, is left for the next one. A file appears under its name
    only when it is whole and its sha256 is right. Files that are there already are checked and not fetched again.

    Parameters
    ----------
    folder : path
        Where to; made if need be.
    mirrors : sequence of str
        Addresses of folders, `http` or `https`, in the order to try. The proxies of the environment are used.
    timeout : float
        Seconds without a sign of life after which a mirror is given up.
    progress : bool
        Show a bar on standard error, if that is a terminal.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    DataError
        No mirror gave a file, with each one's reason; or a file of this name is there that is another one (it is
        never overwritten); or the folder cannot be written.
    MissingExtraError
        pooch or tqdm is not installed.

    Notes
    -----
    Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten digits" (1998); the files are commonly
    understood to be under CC BY-SA 3.0. torchvision checks md5 instead.

    Examples
    --------
    >>> from nn_model.data import download_mnist, load_mnist
    >>> mnist = load_mnist(download_mnist("mnist"))  # doctest: +SKIP
    >>> download_mnist("mnist", mirrors=["ftp://example.org/mnist"])
    Traceback (most recent call last):
    nn_model.errors.DataError: a mirror is an http or https address; got 'ftp://example.org/mnist'; mend mirrors
    """
    order = _checked(mirrors, timeout)
    target = Path(folder)
    with local(target):
        missing = [name for name in FILES if not _is_there(target / name)]
        if missing:
            need("pooch", "data")
            target.mkdir(parents=True, exist_ok=True)
    for name in missing:
        _fetch(target / name, order, timeout, progress=progress)
    return target


def _checked(mirrors: Sequence[str], timeout: float) -> list[str]:
    if not timeout > 0:
        raise DataError(f"timeout must be a number of seconds above 0; got {timeout!r}")
    order = [mirrors] if isinstance(mirrors, str) else list(mirrors)
    for mirror in order:
        if not str(mirror).lower().startswith(("http://", "https://")):
            raise DataError(f"a mirror is an http or https address; got {mirror!r}; mend mirrors")
    if not order:
        raise DataError("mirrors must name at least one address; got none; leave the argument out")
    return [mirror.rstrip("/") for mirror in order]


def _is_there(path: Path) -> bool:
    if not path.exists():
        return False
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != FILES[path.name][1]:
        raise DataError(
            f"{path}: is there already and is not MNIST's (its sha256 begins {digest[:12]}); "
            "delete it if it is a broken copy, or choose another folder"
        )
    return True


def _fetch(path: Path, mirrors: list[str], timeout: float, *, progress: bool) -> None:
    """Try the mirrors in turn; those that failed come last for the files that follow."""
    reasons: dict[str, str] = {}
    for mirror in mirrors:
        try:
            fetch(f"{mirror}/{path.name}", path, *FILES[path.name], timeout, progress=progress)
        except MirrorError as error:
            reasons[mirror] = str(error)
        else:
            mirrors.sort(key=reasons.__contains__)
            return
    listed = "; ".join(f"{mirror} {reason}" for mirror, reason in reasons.items())
    raise DataError(f"{path.name}: no mirror gave this file: {listed}; check the connection, or pass other mirrors")
