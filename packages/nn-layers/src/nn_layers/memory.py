"""How much memory this process may use."""

import os
from pathlib import Path, PurePosixPath

CGROUP = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")
ASSUMED = 8 << 30
"""Where the system does not say."""


def physical_memory() -> int:
    """Give the machine's memory in bytes, or what a container allows of it."""
    return min(_machine(), *_limits())


def _machine() -> int:
    try:
        pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # no such call, no such name, no answer
        return ASSUMED
    return pages * size if pages > 0 and size > 0 else ASSUMED


def _limits() -> list[int]:
    """Read the limits of this process's control group and of those around it; at least one number."""
    inside = next((line[4:] for line in _text(MEMBERSHIP).splitlines() if line.startswith("0::/")), "")
    group = PurePosixPath(inside)
    folders = [CGROUP / part for part in (group, *group.parents)]
    found = [_text(folder / "memory.max").strip() for folder in folders]
    return [int(text) for text in found if text.isascii() and text.isdigit() and int(text) > 0] or [1 << 62]


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except (OSError, ValueError):  # not there, not ours to read, or no text
        return ""
