"""What a profile says, and that the network does not notice it."""

import re

import numpy as np
import pytest

from nn_layers import BatchNorm, Conv2D, Dense, Dropout, ElasticNet, Flatten, MaxPool2D, Propagate, ReLU, SelfAttention
from nn_loss import MSE, CrossEntropy
from nn_model import NN
from nn_model.errors import DataError, DivergedError, PartError
from nn_model.profile import PRODUCTS
from nn_optim import SGD, Adam, ClipNorm

LINE = re.compile(
    r"^  (?P<owner>.*?) +(?P<formula>\w+\.\w+) +(?P<time>[\d,]+\.\d) us +(?P<share>\d+\.\d) %"
    r" +(?P<speed>[\d,]+\.\d) (?P<unit>GFLOP/s|GB/s)  (?P<shapes>.*)$"
)


def network() -> NN:
    """Give a network with everything that a step could change: slots, state, generators."""
    layers: list[Propagate] = [Conv2D(1, 3, 3), BatchNorm(3), ReLU(), MaxPool2D(2), Flatten(), Dropout(0.3)]
    return NN(
        [*layers, Dense(27, 4, regularization=ElasticNet(0.01, 0.02))],
        CrossEntropy(),
        Adam(),
        clip=ClipNorm(1.0),
        input_shape=(1, 8, 8),
    )


def batch(rows: int = 12) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    return rng.standard_normal((rows, 1, 8, 8), dtype=np.float32), rng.integers(0, 4, rows)


def lines(text: str) -> list[re.Match[str]]:
    found = [LINE.match(line) for line in text.splitlines() if " us " in line and line.startswith("  ")]
    assert None not in found, text
    return [match for match in found if match is not None]


def test_every_call_that_explain_names_has_a_line_with_its_shapes() -> None:
    nn = network()
    x, y = batch()
    told = [line.split() for line in nn.explain(len(x)).splitlines()[1:] if "." in line]
    timed = [f"{m['owner']} {m['formula']} {m['shapes']}".split() for m in lines(nn.profile(x, y, steps=2))]
    assert timed == told


def test_times_and_shares_add_up() -> None:
    text = network().profile(*batch(), steps=5)
    first = text.splitlines()[0]
    heading = re.fullmatch(
        r"one training step of 12 rows under numpy: ([\d,]+\.\d) us, the sum of medians of 5 steps", first
    )
    assert heading is not None
    total, times = float(heading[1].replace(",", "")), [float(m["time"].replace(",", "")) for m in lines(text)]
    assert sum(times) == pytest.approx(total, abs=0.06 * len(times))  # each is rounded to a tenth
    assert sum(float(m["share"]) for m in lines(text)) == pytest.approx(100, abs=0.051 * len(times))
    assert repr(text) == str(text)


def test_products_count_their_arithmetic_and_other_calls_their_bytes() -> None:
    nn = NN([Dense(300, 200), ReLU(), Dense(200, 10)], CrossEntropy(), SGD())
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((256, 300), dtype=np.float32), rng.integers(0, 10, 256)
    by_name = {m["formula"]: m for m in lines(nn.profile(x, y))}  # of several of one name the last
    work = {
        "affine.parameter_grads": ("GFLOP/s", 2 * 256 * 300 * 200),
        "relu.forward": ("GB/s", 4 * sum(np.prod(list(map(int, s.split(" x ")))) for s in shapes(by_name))),
    }
    for name, (unit, amount) in work.items():
        found = by_name[name]
        seconds = float(found["time"].replace(",", "")) / 1e6
        assert found["unit"] == unit
        assert float(found["speed"].replace(",", "")) == pytest.approx(amount / seconds / 1e9, rel=0.02, abs=0.06)


def test_bytes_that_an_update_does_not_touch_are_not_counted() -> None:
    nn = NN([Dense(100, 1)], MSE(), Adam(), clip=ClipNorm(1.0))
    by_name = {m["formula"]: m for m in lines(nn.profile(np.ones((8, 100)), np.ones((8, 1)), steps=3))}
    touched = {
        "program.tick": 3 * 8,  # a rate, where it goes, the step
        "adam.update": 4 * 5 * 101 + 2 * 8,  # theta, gradient, two slots, as much scratch; rate and step
        "clip.by_norm": 4 * 2 * 101,
    }
    for name, size in touched.items():
        microseconds = float(by_name[name]["time"].replace(",", ""))
        most, least = (size / max(microseconds + off, 1e-3) / 1e3 + 0.051 for off in (-0.051, 0.051))
        assert least - 0.102 <= float(by_name[name]["speed"].replace(",", "")) <= most


def shapes(by_name: dict[str, re.Match[str]]) -> list[str]:
    return re.findall(r"\[([^]]+)\]", by_name["relu.forward"]["shapes"])


def test_every_matrix_product_is_counted_as_one() -> None:
    layers: list[Propagate] = [Conv2D(1, 4, 3), Conv2D(4, 3, 3, stride=2), Flatten(), Dense(27, 4)]
    rng = np.random.default_rng(0)
    images = NN(layers, CrossEntropy(), SGD(), input_shape=(1, 9, 9))
    tokens = NN([SelfAttention(4), Flatten(), Dense(12, 2)], CrossEntropy(), SGD(), input_shape=(3, 4))
    found = lines(images.profile(rng.standard_normal((5, 1, 9, 9)), rng.integers(0, 4, 5)))
    found += lines(tokens.profile(rng.standard_normal((5, 3, 4)), rng.integers(0, 2, 5)))
    counted = {m["formula"] for m in found if m["unit"] == "GFLOP/s"}
    assert counted == {f"{kernel.__module__.rsplit('.', 1)[-1]}.{kernel.__name__}" for kernel in PRODUCTS}


@pytest.mark.parametrize(
    ("kernel", "given", "wanted"),
    [
        ("affine.forward", {"x": (5, 3, 4), "w": (4, 6)}, 2 * 15 * 4 * 6),
        ("affine.parameter_grads", {"x": (5, 4), "dy": (5, 6)}, 2 * 5 * 4 * 6),
        ("affine.input_grad", {"dy": (5, 6), "w": (4, 6)}, 2 * 5 * 4 * 6),
        ("convolution.forward", {"y": (2, 8, 7, 7), "wb": (2, 4, 28)}, 2 * 2 * 8 * 49 * 28),
        ("convolution.parameter_grads", {"dy": (2, 8, 7, 7), "dwb": (2, 4, 28)}, 2 * 2 * 8 * 49 * 28),
        ("convolution.input_grad", {"dy": (2, 8, 7, 7), "w": (2, 4, 27)}, 2 * 2 * 8 * 49 * 27),
        ("attention.forward", {"y": (2, 5, 8)}, 2 * 2 * (2 * 5 * 5 * 8)),
        ("attention.backward", {"dy": (2, 5, 8)}, 4 * 2 * (2 * 5 * 5 * 8)),
    ],
)
def test_operations_of_a_product(kernel: str, given: dict[str, tuple[int, ...]], wanted: int) -> None:
    counts = {f"{k.__module__.rsplit('.', 1)[-1]}.{k.__name__}": count for k, count in PRODUCTS.items()}
    assert counts[kernel]({name: np.empty(shape) for name, shape in given.items()}) == wanted


def test_the_network_trains_on_as_if_it_had_not_been_profiled() -> None:
    nn, other = network(), network()
    x, y = batch()
    for step in range(3):
        assert nn.train_step(x, y) == other.train_step(x, y)
        before = [a.copy() for a in (nn.theta, nn.grad, nn.state, *nn.core.update.frame.slots.values())]
        nn.profile(*batch(7 + 9 * step), steps=3)
        after = [nn.theta, nn.grad, nn.state, *nn.core.update.frame.slots.values()]
        assert [a.tobytes() for a in after] == [b.tobytes() for b in before]
        assert nn.step == step + 1
    assert nn.theta.tobytes() == other.theta.tobytes()
    assert nn.state.tobytes() == other.state.tobytes()


def test_no_step_of_a_profile_changes_the_next() -> None:
    nn = NN([Dense(3, 2)], CrossEntropy(), SGD(lr=1e30))  # a second step at this rate would diverge
    assert "sgd.update" in nn.profile(np.ones((4, 3)), [0, 1, 0, 1], steps=10)


def test_what_cannot_be_profiled() -> None:
    nn = network()
    x, y = batch()
    for steps in (0, 2.5, True):
        with pytest.raises(PartError, match=r"steps must be a whole number of at least 1; got"):
            nn.profile(x, y, steps=steps)  # type: ignore[arg-type]  # is what is tested
    with pytest.raises(DataError, match="x and y must have the same number of rows"):
        nn.profile(x, y[:-1])
    nn.theta[:] = np.nan
    with pytest.raises(DivergedError, match=r"layers\[0\].* has parameters that are not finite"):
        nn.profile(x, y)
