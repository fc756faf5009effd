"""Files of every format version that there was are read for ever: they stay here, and are never made anew."""

from pathlib import Path

import pytest

from nn_layers import Dense, Dropout, Standardize, Tanh
from nn_loss import CrossEntropy
from nn_model.checkpoint import read
from nn_optim import Nadam

FILES = Path(__file__).parent / "files"


@pytest.mark.parametrize("name", ["format1.json", "format1.safetensors"])
def test_row_67_format_1(name: str) -> None:
    found = read(FILES / name)
    assert found.spec.layers == (Standardize(), Dense(3, 4), Tanh(), Dropout(0.5), Dense(4, 2))
    assert (found.spec.loss, found.spec.optimizer, found.spec.clip) == (CrossEntropy(), Nadam(), None)
    assert (found.spec.input_shape, found.spec.task, found.spec.classes) == (
        (3,),
        "classification",
        ["no", "yes, \u00e9"],
    )
    assert found.run["step"] == 12
    assert found.run["generators"]["1"]["state"] == {"state": 2**128 - 1, "inc": 2**127 + 3}
    assert [row["val_loss"] for row in found.run["history"]["rows"]] == [0.25, None]
    assert len(found.arrays) == 15
    assert [str(number) for number in found.arrays["layers.4.b"]] == ["-1.0096182", "-0.20917557"]
    assert found.arrays["optimizer.product"].tolist() == [-1.277680166386608]
