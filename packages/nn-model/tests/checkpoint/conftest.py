"""A small network with everything that a file keeps, its snapshot, and files of it that were changed by hand."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, Dropout, Standardize, Tanh
from nn_loss import CrossEntropy
from nn_model.checkpoint import NetworkSpec, Snapshot, write
from nn_model.checkpoint.digest import digest
from nn_model.checkpoint.header import DTYPES
from nn_model.checkpoint.places import wanted
from nn_optim import Nadam

Array = np.ndarray[Any, np.dtype[Any]]
Edit = Callable[[dict[str, Any]], object]

HISTORY: list[dict[str, Any]] = [
    {"epoch": 1, "train_loss": 0.1, "train_accuracy": None, "val_loss": 0.25, "lr": 0.01},
    {"epoch": 2, "train_loss": 1 / 3, "train_accuracy": None, "val_loss": None, "lr": 0.01},
]
RUN: dict[str, Any] = {
    "step": 12,
    "history": {"rows": HISTORY, "reason": None},
    "generators": {"1": {"bit_generator": "PCG64", "state": {"state": 2**128 - 1, "inc": 2**127 + 3}}},
    "versions": {"numpy": "2.0"},
    "keepers": ["EarlyStopping", "EarlyStopping:2"],
}


def small_spec(**changes: Any) -> NetworkSpec:
    values: dict[str, Any] = {
        "layers": (Standardize(), Dense(3, 4), Tanh(), Dropout(0.5), Dense(4, 2)),
        "loss": CrossEntropy(),
        "optimizer": Nadam(),
        "input_shape": (3,),
        "task": "classification",
        "classes": ["no", "yes, \u00e9"],
        "seed": 7,
    }
    return NetworkSpec(**values | changes)


def filled(spec: NetworkSpec, seed: int = 0, keepers: Sequence[str] = ()) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    wants = wanted(spec, keepers=keepers)
    arrays = {name: rng.standard_normal(want.shape).astype(want.dtype) for name, want in wants.items()}
    return {name: array if wants[name].sign == "any" else np.abs(array) for name, array in arrays.items()}


@pytest.fixture
def make_snapshot() -> Callable[..., Snapshot]:
    """Give a function that makes snapshots of the small network, or of a changed one."""

    def make(run: dict[str, Any] | None = None, seed: int = 0, **changes: Any) -> Snapshot:
        spec, run = small_spec(**changes), RUN if run is None else run
        return Snapshot(spec, filled(spec, seed, run.get("keepers", ())), run)

    return make


@pytest.fixture
def snapshot(make_snapshot: Callable[..., Snapshot]) -> Snapshot:
    """Give the snapshot of the small network."""
    return make_snapshot()


@dataclass
class Forge:
    """Writes files that are wrong in one thing only: the checksum fits, unless it is told to leave it."""

    snapshot: Snapshot
    folder: Path
    originals: dict[str, bytes] = field(default_factory=dict, repr=False)

    def json(self, edit: Edit, *, name: str = "forged.json", resum: bool = True) -> Path:
        """Change the content of a JSON file."""
        path = self.folder / name
        data = json.loads(self._original(path).decode())
        edit(data)
        if resum:
            data["sha256"] = self._sum_of(data)
        path.write_text(json.dumps(data), "utf-8")
        return path

    def _original(self, path: Path) -> bytes:
        if path.suffix not in self.originals:
            write(path, self.snapshot)
            self.originals[path.suffix] = path.read_bytes()
        return self.originals[path.suffix]

    def _sum_of(self, data: dict[str, Any]) -> str:
        try:
            with np.errstate(all="ignore"):
                arrays = {name: np.array(a, self.snapshot.arrays[name].dtype) for name, a in data["arrays"].items()}
            table = np.array(data["history"], np.float64) if "history" in data else None
            return digest(data["spec"], data["run"], arrays, table)
        except (KeyError, TypeError, ValueError, AttributeError):
            return "0" * 64  # what has no sum is refused before the sum is looked at

    def tensors(self, edit: Edit, *, name: str = "forged.safetensors", data: Callable[[bytes], bytes] = bytes) -> Path:
        """Change the header of a safetensors file; `data` changes what is behind it."""
        path = self.folder / name
        raw = self._original(path)
        length = int.from_bytes(raw[:8], "little")
        header, body = json.loads(raw[8 : 8 + length]), data(raw[8 + length :])
        edit(header)
        self._resum(header, body)
        text = json.dumps(header).encode()
        path.write_bytes(len(text).to_bytes(8, "little") + text + body)
        return path

    def _resum(self, header: dict[str, Any], body: bytes) -> None:
        try:
            arrays = {
                name: np.frombuffer(body[slice(*entry["data_offsets"])], DTYPES[entry["dtype"]]).reshape(entry["shape"])
                for name, entry in header.items()
                if name != "__metadata__"
            }
            texts = header["__metadata__"]
            table = arrays.pop("history", None)
            texts["sha256"] = digest(json.loads(texts["spec"]), json.loads(texts["run"]), arrays, table)
        except (KeyError, TypeError, ValueError, AttributeError):
            return


@pytest.fixture
def forge(snapshot: Snapshot, tmp_path: Path) -> Forge:
    """Give the forger of files of the small network."""
    return Forge(snapshot, tmp_path)
