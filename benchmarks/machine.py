"""Where a run took place: the processor, the versions, and how large the libraries are as installed."""

import os
import platform
import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution, version
from pathlib import Path
from typing import Any

__all__ = ["cores", "installed_bytes", "machine", "versions"]

LIBRARIES = ("numpy", "torch", "jax", "scikit-learn", "onnxruntime", "numba")


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine() -> dict[str, Any]:
    """Say what the machine is, and how busy it was at the beginning."""
    info = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.*)$", info.read_text(), re.MULTILINE) if info.exists() else None
    return {
        "processor": found[1] if found else platform.processor(),
        "cores": cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
    }


def versions() -> dict[str, str]:
    """Give the versions of the libraries that are installed."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def installed_bytes(name: str) -> int | None:
    """Sum the files of a distribution and of all that it needs, as they are installed here; `None` if it is not."""
    wanted, seen, size = [name], set(), 0
    while wanted:
        key = re.sub(r"[-_.]+", "-", wanted.pop()).lower()
        if key in seen:
            continue
        seen.add(key)
        try:
            found = distribution(key)
        except PackageNotFoundError:
            if key == name:
                return None
            continue  # for another system or Python
        size += sum(_size(path.locate()) for path in found.files or ()) + _in_place(found)
        wanted += [r.partition(";")[0] for r in map(_bare, found.requires or ()) if r]
    return size


def _bare(requirement: str) -> str:
    """Give the name that a requirement asks for; nothing for one of an extra."""
    found = re.match(r"[\w.-]+", requirement)
    return "" if found is None or "extra ==" in requirement else found[0]


def _size(path: Any) -> int:
    return Path(path).stat().st_size if Path(path).is_file() else 0


def _in_place(found: Distribution) -> int:
    """Sum the sources of a distribution that is installed as a link to them."""
    link = next((f for f in found.files or () if f.name.endswith(".pth")), None)
    if link is None:
        return 0
    root = Path(str(link.locate())).read_text(encoding="utf-8").strip()
    return sum(map(_size, Path(root).rglob("*.py"))) if Path(root).is_dir() else 0
