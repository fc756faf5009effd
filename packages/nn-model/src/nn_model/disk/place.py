"""Paths as files remember them."""

import hashlib
from pathlib import Path

__all__ = ["place_of"]


def place_of(path: Path) -> str:
    """Give a sha256 of where a path leads from here: it need not be Unicode, and is nobody's business.

    Examples
    --------
    >>> place_of(Path("/runs/log.csv"))[:16]
    '7cb0c1f99fc66ea5'
    """
    return hashlib.sha256(str(path.absolute()).encode(errors="surrogatepass")).hexdigest()
