"""Files whose numbers divide, or have their roots taken, with a sign that no training gives: NaN only later."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_layers import BatchNorm, Dense, Standardize
from nn_model.checkpoint import Snapshot, read, write
from nn_model.errors import CheckpointError
from nn_optim import AdaGrad, Adam, AdaMax, AdamW, Nadam, RMSProp

LAYERS = (Standardize(), Dense(3, 2), BatchNorm(2))
FORGED = [
    ("layers.0.scale", 0.0, "positive"),
    ("layers.0.scale", -1.0, "positive"),
    ("callbacks.EarlyStopping.2.layers.0.scale", 0.0, "positive"),
    ("layers.2.var", -0.25, "not negative"),
    ("optimizer.v.layers.1.b", -1.0, "not negative"),
]


@pytest.mark.parametrize("ending", ["json", "safetensors"])
@pytest.mark.parametrize(("name", "value", "sign"), FORGED)
def test_row_72_a_forged_sign(
    forge: Any, make_snapshot: Callable[..., Snapshot], name: str, value: float, sign: str, ending: str
) -> None:
    forge.snapshot = make_snapshot(layers=LAYERS)

    def put(data: dict[str, Any]) -> None:
        data["arrays"][name][1] = value

    offsets: dict[str, list[int]] = {}

    def put_bytes(data: bytes) -> bytes:
        at = offsets[name][0] + 4
        return data[:at] + np.float32(value).tobytes() + data[at + 4 :]

    def note(header: dict[str, Any]) -> None:
        offsets.update({key: entry["data_offsets"] for key, entry in header.items() if key != "__metadata__"})

    read(forge.tensors(note))
    path = forge.json(put) if ending == "json" else forge.tensors(dict, data=put_bytes)
    with pytest.raises(CheckpointError, match=rf"numbers of {name} must be {sign}; {name}\[1\] is {value}"):
        read(path)


@pytest.mark.parametrize("ending", ["json", "safetensors"])
@pytest.mark.parametrize(("name", "value", "sign"), FORGED)
def test_what_would_be_refused_is_not_written(
    tmp_path: Path, make_snapshot: Callable[..., Snapshot], name: str, value: float, sign: str, ending: str
) -> None:
    snapshot = make_snapshot(layers=LAYERS)
    snapshot.arrays[name][1] = value
    with pytest.raises(CheckpointError, match=f"numbers of {name} must be {sign}"):
        write(tmp_path / f"a.{ending}", snapshot)
    assert not list(tmp_path.iterdir())


def test_a_variance_of_zero_is_one(tmp_path: Path, make_snapshot: Callable[..., Snapshot]) -> None:
    snapshot = make_snapshot(layers=LAYERS)
    snapshot.arrays["layers.2.var"][...] = [0.0, -0.0]
    write(tmp_path / "a.safetensors", snapshot)
    assert read(tmp_path / "a.safetensors").arrays["layers.2.var"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("optimizer", "slot"),
    [(Adam(), "v"), (AdamW(), "v"), (Nadam(), "v"), (RMSProp(), "v"), (AdaGrad(), "a"), (AdaMax(), "u")],
)
def test_means_of_squares_of_every_optimizer(
    tmp_path: Path, make_snapshot: Callable[..., Snapshot], optimizer: Any, slot: str
) -> None:
    snapshot = make_snapshot(optimizer=optimizer)
    snapshot.arrays[f"optimizer.{slot}.layers.1.w"][2, 3] = -1e-30
    with pytest.raises(CheckpointError, match=rf"must be not negative; optimizer.{slot}.layers.1.w\[2, 3\] is -1"):
        write(tmp_path / "a.json", snapshot)
