"""Arrays of any form give the same numbers, and are never written to."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_layers import Dense, Dropout, Frame, LayerError, Plan, Tanh
from nn_layers.protocol import Calls
from nn_loss import MSE, CrossEntropy
from nn_model import NN
from nn_optim import Adam

Array = np.ndarray[Any, np.dtype[Any]]
RNG = np.random.default_rng(0)
# Whole numbers of 0 to 255, which every form below holds exactly.
X = RNG.integers(0, 256, (10, 4)).astype("float32")
LABELS = RNG.integers(0, 3, 10)
VALUES = RNG.integers(0, 256, (10, 3)).astype("float32")
WEIGHTS = RNG.integers(1, 9, 10).astype("float32")


class Table:
    """What a data frame looks like to NumPy, and no more."""

    def __init__(self, values: Array) -> None:
        self._values = values

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self._values, dtype=dtype, copy=True if copy is None else copy)


def locked(a: Array, _: Path) -> Array:
    out = a.copy()
    out.flags.writeable = False
    return out


def mapped(a: Array, folder: Path) -> Array:
    path = folder / f"{a.shape}-{a.dtype}"
    path.write_bytes(a.tobytes())
    return np.memmap(path, a.dtype, "r", shape=a.shape)


FORMS: dict[str, Callable[[Array, Path], Any]] = {
    "locked": locked,
    "memmap": mapped,
    "every other": lambda a, _: np.repeat(a, 2, axis=-1)[..., ::2],
    "backwards": lambda a, _: a[::-1].copy()[::-1],
    "Fortran order": lambda a, _: np.asfortranarray(a),
    "big-endian": lambda a, _: a.astype(a.dtype.newbyteorder(">")),
    "unaligned": lambda a, _: np.frombuffer(b"-" + a.tobytes(), a.dtype, offset=1).reshape(a.shape),
    "float16": lambda a, _: a.astype("float16"),
    "float64": lambda a, _: a.astype("float64"),
    "uint8": lambda a, _: a.astype("uint8"),
    "int64": lambda a, _: a.astype("int64"),
    "nested lists": lambda a, _: a.tolist(),
    "data frame": lambda a, _: Table(a),
}


def outcome(x: Any, labels: Any, values: Any, weights: Any) -> list[bytes]:
    """Train, judge and predict; give every number that comes out."""
    found = []
    for loss, y in ((CrossEntropy(), labels), (MSE(), values)):
        nn = NN([Dense(4, 6), Tanh(), Dropout(0.2), Dense(6, 3)], loss, Adam(0.01), seed=3)
        steps = [*(nn.train_step(x, y) for _ in range(3)), nn.train_step(x, y, weights), nn.test_step(x, y)]
        found += [repr(steps).encode(), nn.theta.tobytes(), nn.predict(x).tobytes()]
        if nn.task == "classification":
            found.append(nn.predict_proba(x).tobytes())
    return found


EXPECTED = outcome(X.copy(), LABELS.copy(), VALUES.copy(), WEIGHTS.copy())


@pytest.mark.parametrize("form", FORMS)
def test_any_form_gives_the_same_numbers_and_is_not_written(form: str, tmp_path: Path) -> None:
    given = [FORMS[form](array, tmp_path) for array in (X, LABELS, VALUES, WEIGHTS)]
    before = [np.array(array) for array in given]
    assert outcome(*given) == EXPECTED
    assert all(np.array_equal(old, np.array(new)) for old, new in zip(before, given, strict=True))


def test_booleans_are_0_and_1() -> None:
    nn = NN([Dense(4, 3)], CrossEntropy(), Adam())
    flags = X > 100
    assert nn.predict_proba(flags).tobytes() == nn.predict_proba(flags.astype("float32")).tobytes()


def test_answers_are_the_callers_own() -> None:
    x = X / 255
    for nn in (NN([Dense(4, 3)], MSE(), Adam()), NN([Dense(4, 3)], CrossEntropy(), Adam())):
        first = nn.predict(x)
        kept = first.copy()
        nn.predict(x[::-1])
        nn.train_step(x, LABELS if nn.task == "classification" else VALUES)
        assert np.array_equal(first, kept)
        first[...] = 0
        assert nn.predict(x).any()


class Doubled:
    """A layer that works in its input, which it must not."""

    kind = "Doubled"

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        return Plan(in_shape)

    def forward(self, f: Frame) -> Calls:
        yield double, f.x, f.y

    def backward(self, f: Frame) -> Calls:
        if f.dx is not None:
            yield double, f.dy, f.dx


def double(x: Array, y: Array) -> None:
    np.add(x, x, out=x)
    np.copyto(y, x)


@pytest.mark.parametrize("rows", [1, 10_000])
def test_a_layer_that_writes_to_its_input_is_refused_at_inference(rows: int) -> None:
    nn = NN([Doubled(), Dense(4, 3)], CrossEntropy(), Adam(), input_shape=(4,))
    x = np.ones((rows, 4), "float32")
    with pytest.raises(LayerError, match=r"^double writes to an array that it may only read, as x is"):
        nn.predict(x)
    assert np.all(x == 1.0)


@pytest.mark.parametrize("rows", [1, 100, 1024, 1025, 3000])
def test_rows_in_one_chunk_and_in_many_give_what_each_gives_alone(rows: int) -> None:
    nn = NN([Dense(30, 8), Tanh(), Dense(8, 3)], CrossEntropy(), Adam())
    x = RNG.standard_normal((rows, 30)).astype("float32")
    alone = np.vstack([nn.predict_proba(row[None]) for row in x])
    np.testing.assert_allclose(alone, nn.predict_proba(x), rtol=1e-4, atol=1e-6)
