"""Files that keep a network: its spec, its arrays and the state of its training run, in one file that is written whole.

`write` and `read` choose the format by the suffix: `.safetensors` (compact, read by many programs) or `.json`
(readable, and `git diff` shows what changed). No file is believed: sizes and header are checked first, then the spec,
then the arrays' shapes against it, and only then is data read.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nn_model.checkpoint.atomic import check_writable, claim, write_atomic
    from nn_model.checkpoint.files import read, write
    from nn_model.checkpoint.network import capture, check_savable, revive
    from nn_model.checkpoint.network_spec import NetworkSpec
    from nn_model.checkpoint.places import named_views
    from nn_model.checkpoint.snapshot import Snapshot

__all__ = [
    "NetworkSpec",
    "Snapshot",
    "capture",
    "check_savable",
    "check_writable",
    "claim",
    "named_views",
    "read",
    "revive",
    "write",
    "write_atomic",
]

_MODULES = {
    "NetworkSpec": "network_spec",
    "Snapshot": "snapshot",
    "capture": "network",
    "check_savable": "network",
    "check_writable": "atomic",
    "claim": "atomic",
    "named_views": "places",
    "read": "files",
    "revive": "network",
    "write": "files",
    "write_atomic": "atomic",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    """Name what can be imported."""
    return sorted({*globals(), *__all__})
