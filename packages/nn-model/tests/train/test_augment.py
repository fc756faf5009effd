"""Training on changed rows: what changes, what never does, and that a run goes on with the same changes."""

import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_layers import BatchNorm, Dense, Dropout, Flatten, Propagate, Scratch, Tanh
from nn_loss import CrossEntropy
from nn_model import NN, load
from nn_model.data import Augment, Augmentation, AugmentationFrame
from nn_model.errors import CheckpointError, LayerError, PartError, ShapeError
from nn_model.train import Event, Stop
from nn_model.train.augmenting import make_augmenting
from nn_model.train.source import make_source
from nn_model.train.stream import stream
from nn_optim import Adam, ClipNorm

Array = np.ndarray[Any, np.dtype[Any]]

ROWS, EPOCHS, BATCH = 37, 3, 8
STEPS = EPOCHS * -(-ROWS // BATCH)
AUGMENT = Augment(shift=1.5, rotate=20, scale=0.2)
JUMP = 210306068529402873165736369884012333109
"""What `numpy.random.PCG64.jumped` documents as one jump."""


def add_noise(rng: np.random.Generator, std: float, noise: Array, x: Array) -> None:
    rng.standard_normal(out=noise, dtype=noise.dtype)
    np.multiply(noise, std, out=noise)
    np.add(x, noise, out=x)


@dataclass(frozen=True)
class Noise:
    """Adds Gaussian noise to rows of any shape."""

    std: float = 0.1

    def scratch(self, shape: tuple[int, ...]) -> Mapping[str, Scratch]:
        return {"noise": Scratch(shape)}

    def calls(self, f: AugmentationFrame) -> Iterator[tuple[Any, ...]]:
        yield add_noise, f.rng, self.std, f.s["noise"], f.x


@dataclass(frozen=True)
class Odd:
    """Draws another count of numbers for every batch, and leaves a half-used word behind."""

    def scratch(self, shape: tuple[int, ...]) -> Mapping[str, Scratch]:
        return {"one": Scratch(shape, per_row=False)}

    def calls(self, f: AugmentationFrame) -> Iterator[tuple[Any, ...]]:
        def change(rng: np.random.Generator, x: Array) -> None:
            for _ in range(rng.integers(1, 9)):
                x += rng.random(dtype="f4")

        yield change, f.rng, f.x


class Wipe:
    """Takes everything away; has no `repr` of its own."""

    def scratch(self, shape: tuple[int, ...]) -> Mapping[str, Scratch]:  # noqa: ARG002  # the protocol's argument
        return {}

    def calls(self, f: AugmentationFrame) -> Iterator[tuple[Any, ...]]:
        yield np.copyto, f.x, 0.0


@pytest.fixture
def x() -> Array:
    """Give images that nobody can write to."""
    images = np.random.default_rng(0).random((ROWS, 1, 6, 5), dtype="f4")
    images.setflags(write=False)
    return images


@pytest.fixture
def y(x: Array) -> Array:
    return np.asarray(np.digitize(x[:, 0, :3].mean((1, 2)), [0.45, 0.55]))


def network(*layers: Propagate, **options: Any) -> NN:
    body = layers or (Flatten(), Dense(30, 8), Tanh(), Dropout(0.2), Dense(8, 3))
    return NN(body, CrossEntropy(), Adam(0.02), **{"seed": 3, "input_shape": (1, 6, 5), **options})


def fit(nn: NN, x: Array, y: Array, augment: Augmentation | None = AUGMENT, **options: Any) -> NN:
    nn.fit(x, y, **{"epochs": EPOCHS, "batch_size": BATCH, "verbose": False, "augment": augment, **options})
    return nn


def stop_at(step: int) -> Callable[[Event], Stop | None]:
    def callback(event: Event) -> Stop | None:
        return Stop("enough") if event.kind == "steps" and event.step >= step else None

    callback.every = 1  # type: ignore[attr-defined]  # any callback may have it
    return callback


def changed(augment: Augmentation, batch: Array, seed: int, epoch: int, done: int) -> Array:
    """Change a batch by the random numbers that belong to its place, with arrays made for it alone."""
    bits = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(3, epoch)))
    bits.advance(JUMP * done % 2**128)
    arrays = {
        name: np.empty((len(batch), *wanted.shape) if wanted.per_row else wanted.shape, wanted.dtype or batch.dtype)
        for name, wanted in augment.scratch(batch.shape[1:]).items()
    }
    frame = AugmentationFrame(batch.copy(), np.random.Generator(bits), arrays)
    for kernel, *args in augment.calls(frame):
        kernel(*args)
    return frame.x


@pytest.mark.parametrize("augment", [AUGMENT, Noise(), Odd()], ids=repr)
@pytest.mark.parametrize("batch_size", [1, 8, 37, 99])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_fit_equals_steps_over_changed_batches(
    augment: Augmentation, batch_size: int, dtype: str, x: Array, y: Array
) -> None:
    one, other = (network(dtype=dtype) for _ in range(2))
    rows = x.astype(dtype)
    before = rows.tobytes()
    fit(one, rows, y, augment, batch_size=batch_size)
    assert rows.tobytes() == before
    for epoch in range(EPOCHS):
        order = np.arange(ROWS)
        np.random.default_rng(np.random.SeedSequence(3, spawn_key=(2, epoch))).shuffle(order)
        for start in range(0, ROWS, batch_size):
            batch = order[start : start + batch_size]
            other.train_step(changed(augment, rows[batch], 3, epoch, start), y[batch])
    assert one.theta.tobytes() == other.theta.tobytes()
    assert one.step == EPOCHS * -(-ROWS // batch_size)


def test_every_batch_and_every_epoch_has_changes_of_its_own(x: Array, y: Array) -> None:
    seen: list[bytes] = []

    @dataclass(frozen=True)
    class Watch(Noise):
        def calls(self, f: AugmentationFrame) -> Iterator[tuple[Any, ...]]:
            yield from super().calls(f)
            yield lambda noise: seen.append(noise[:1].tobytes()), f.s["noise"]

    fit(network(), x, y, Watch())
    fit(network(seed=4), x, y, Watch())
    assert len(set(seen)) == len(seen) == 2 * STEPS
    fit(network(), x, y, Watch())
    assert seen[2 * STEPS :] == seen[:STEPS]


def by_file(suffix: str) -> Callable[[NN, Path], NN]:
    def carry(nn: NN, folder: Path) -> NN:
        nn.save(folder / f"run{suffix}")
        return load(folder / f"run{suffix}")

    return carry


@pytest.mark.parametrize("augment", [AUGMENT, Noise(), Odd()], ids=repr)
@pytest.mark.parametrize(
    "carry", [lambda nn, _: nn, by_file(".safetensors"), by_file(".json")], ids=["memory", "safetensors", "json"]
)
def test_a_run_stopped_at_every_step_goes_on_bit_for_bit(
    augment: Augmentation, carry: Callable[[NN, Path], NN], x: Array, y: Array, tmp_path: Path
) -> None:
    def losses(nn: NN) -> list[tuple[float, float | None]]:
        assert nn.run is not None
        return [(row.train_loss, row.val_loss) for row in nn.run.history]

    options: dict[str, Any] = {"validation_split": 0.2}
    whole = fit(network(), x, y, augment, **options)
    for step in range(1, whole.step):
        stopped = fit(network(), x, y, augment, callbacks=[stop_at(step)], **options)
        assert stopped.step == step
        again = fit(carry(stopped, tmp_path), x, y, augment, resume=True, **options)
        assert again.theta.tobytes() == whole.theta.tobytes(), f"stopped at step {step}"
        assert losses(again) == losses(whole)


def test_what_judges_is_never_changed(x: Array, y: Array) -> None:
    held = x[:9] + 0.5, y[:9]
    nn = network()
    history = nn.fit(x, y, epochs=2, validation_data=held, verbose=False, augment=Wipe())
    plain = network()
    plain.fit(np.zeros_like(x), y, epochs=2, verbose=False)
    assert nn.theta.tobytes() == plain.theta.tobytes()
    assert history.val_loss[-1] == plain.test_step(*held)[0] == nn.evaluate(*held).loss
    assert nn.predict_proba(x).tobytes() == plain.predict_proba(x).tobytes()
    assert np.ptp(nn.predict_proba(x), axis=0).max() > 0
    nn.train_step(x, y)
    plain.train_step(x, y)
    assert nn.theta.tobytes() == plain.theta.tobytes()


def test_a_validation_split_is_never_changed(x: Array, y: Array) -> None:
    options: dict[str, Any] = {"validation_split": 0.25, "validation_order": "last", "epochs": 1}
    nn = fit(network(), x, y, Wipe(), **options)
    assert nn.run is not None
    assert nn.run.history.val_loss == [nn.test_step(x[-9:], y[-9:])[0]]


def test_another_augmentation_is_refused_and_none_is_one(x: Array, y: Array, tmp_path: Path) -> None:
    nn = fit(network(), x, y, callbacks=[stop_at(4)])
    nn.save(tmp_path / "with.json")
    fit(network(), x, y, None, callbacks=[stop_at(4)]).save(tmp_path / "without.json")
    for name, augment, message in (
        ("with", Augment(1), r"augment was 'Augment\(shift=1.5, rotate=20.0, scale=0.2\)', now 'Augment\(shift=1.0\)'"),
        ("with", Noise(), r"augment was 'Augment\(.*\)', now 'Noise\(std=0.1\)'"),
        ("with", None, r"augment was 'Augment\(.*\)', now None"),
        ("without", AUGMENT, r"augment was None, now 'Augment\("),
    ):
        with pytest.raises(CheckpointError, match=f"a run is resumed with what it was started with; {message}"):
            fit(load(tmp_path / f"{name}.json"), x, y, augment, resume=True)
    for name, augment in (("with", Augment(1.5, 20.0, 0.2)), ("without", None)):
        again = load(tmp_path / f"{name}.json")
        assert fit(again, x, y, augment, resume=True).step == STEPS
        assert again.run is not None
        assert ("augment" in again.run.fingerprint) == (name == "with")


def test_an_object_without_a_repr_is_known_by_its_class(x: Array, y: Array) -> None:
    nn = fit(network(), x, y, Wipe(), callbacks=[stop_at(4)])
    assert fit(nn, x, y, Wipe(), resume=True).step == STEPS
    assert nn.run is not None
    assert nn.run.fingerprint["augment"] == "Wipe"


class Bare:
    """An augmentation whose parts return what it is given."""

    def __init__(self, scratch: Any, calls: Any) -> None:
        self.parts = scratch, calls

    def __repr__(self) -> str:
        return "Bare()"

    def scratch(self, shape: tuple[int, ...]) -> Any:  # noqa: ARG002  # the protocol's argument
        return self.parts[0]

    def calls(self, f: AugmentationFrame) -> Any:  # noqa: ARG002  # the protocol's argument
        return self.parts[1]


@pytest.mark.parametrize(
    ("augment", "error", "message"),
    [
        (Augment, PartError, r"augment is the class Augment; write Augment\(...\)"),
        (np.flip, PartError, r"augment must be Augment\(...\), or an object with scratch and calls; got <function"),
        (True, PartError, r"augment must be Augment\(...\), or an object with scratch and calls; got True"),
        (Augment(shift=5), ShapeError, "could shift images of 6 x 5 pixels out of sight; give a shift of less than 5"),
        (Bare(None, ()), PartError, r"scratch of Bare\(\) must give Scratch values by name; got None"),
        (Bare({"a": 3}, ()), PartError, r"scratch of Bare\(\) must give Scratch values by name; got {'a': 3}"),
        (Bare({}, None), PartError, r"calls of Bare\(\) must yield calls; it returned None"),
        (Bare({}, [np.exp]), LayerError, r"augment: Bare\(\) must yield calls, tuples of a function and its arguments"),
    ],
)
def test_what_cannot_augment_is_refused_before_training(
    augment: Any, error: type[Exception], message: str, x: Array, y: Array
) -> None:
    nn = network()
    theta = nn.theta.copy()
    with pytest.raises(error, match=message):
        fit(nn, x, y, augment)
    assert np.array_equal(nn.theta, theta)
    assert nn.step == 0


def test_rows_that_are_no_images_are_refused_and_have_noise(x: Array, y: Array) -> None:
    flat, theta = x.reshape(ROWS, 30), network(Dense(30, 3), input_shape=None).theta.copy()
    nn = network(Dense(30, 3), input_shape=None)
    with pytest.raises(ShapeError, match=r"takes images, rows of shape \(C, H, W\); got rows of 30 numbers"):
        fit(nn, flat, y)
    assert np.array_equal(nn.theta, theta)
    assert fit(nn, flat, y, Noise()).step == STEPS


@pytest.mark.parametrize("rows", [640, 64], ids=["batches", "all rows"])
@pytest.mark.parametrize("augment", [Augment(2, 10, 0.1), Noise()], ids=repr)
def test_steps_on_changed_rows_allocate_no_array(augment: Augmentation, rows: int) -> None:
    x = np.random.default_rng(0).random((rows, 3, 28, 28), dtype="f4")
    layers: list[Propagate] = [Flatten(), Dense(2352, 16), BatchNorm(), Dense(16, 10)]
    nn = NN(layers, CrossEntropy(), Adam(), clip=ClipNorm(1.0), input_shape=x.shape[1:])
    augmenting = make_augmenting(augment, x.shape[1:], 64, 0)
    data = (*nn.core.checked(x, np.arange(rows) % 10), None)
    source = make_source(data, np.arange(rows), 64, 0, shuffle=True, augmenting=augmenting)
    program = stream(nn.core.trainer.program(64), source, np.zeros(4))
    for step in range(2 * rows // 64):
        nn.core.update.set_rate(0.001, step)
    for epoch in range(2):
        source.begin(epoch, 0)
        tracemalloc.start()
        assert nn.core.engine.run(program, rows // 64) == rows // 64
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak <= 24 * 1024


def test_digits_are_learnt_from_changed_ones() -> None:
    from nn_model.data import load_digits  # noqa: PLC0415  # this test alone reads them

    x, y, x_test, y_test = (part.reshape(-1, 1, 8, 8) if part.ndim > 1 else part for part in load_digits())
    nn = network(Flatten(), Dense(64, 48), Tanh(), Dense(48, 10), input_shape=(1, 8, 8))
    history = nn.fit(x, y, epochs=15, verbose=False, augment=Augment(shift=0.5, rotate=8, scale=0.08))
    assert history.train_loss[-1] < 0.5 * history.train_loss[0]
    assert nn.test_step(x_test, y_test)[1] or 0 > 0.94
