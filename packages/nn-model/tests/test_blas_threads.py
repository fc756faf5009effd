"""How many threads BLAS uses inside a network's calls, and that it has its own again afterwards."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from nn_layers import Dense, Tanh
from nn_layers.protocol import Calls, Frame, Plan, Shape
from nn_loss import CrossEntropy
from nn_model import NN, load
from nn_model.errors import DivergedError, PartError
from nn_model.threads import Limited, forget, in_use
from nn_model.train.events import Event
from nn_optim import SGD

X, Y = np.random.default_rng(0).random((8, 4)), np.arange(8) % 2
QUIET: dict[str, Any] = {"epochs": 1, "batch_size": 4, "verbose": False}


@pytest.fixture(autouse=True)
def three() -> Iterator[None]:
    """Give BLAS a number of threads of its own, three, which any thread may change."""
    forget()  # another test's scipy may have brought a BLAS since the last look, which is watched here too
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    before = [library.get_num_threads() for library in libraries]
    for library in libraries:
        library.set_num_threads(3)
        library.clear_controlling_thread() if hasattr(library, "clear_controlling_thread") else None
    yield
    for library, threads in zip(libraries, before, strict=True):
        library.set_num_threads(threads)


class Watch:
    """A layer that changes nothing, and notes how many threads BLAS has."""

    def __init__(self) -> None:
        self.seen: set[int | None] = set()

    def plan(self, in_shape: Shape) -> Plan:
        return Plan(in_shape)

    def forward(self, f: Frame) -> Calls:
        yield self.copy, f.x, f.y

    def backward(self, f: Frame) -> Calls:
        if f.dx is not None:
            yield self.copy, f.dy, f.dx

    def copy(self, x: Any, y: Any) -> None:
        self.seen.add(
            max(lib.get_num_threads() for lib in ThreadpoolController().select(user_api="blas").lib_controllers)
        )
        np.copyto(y, x)


CALLS = {
    "train_step": lambda nn: nn.train_step(X, Y),
    "fit": lambda nn: nn.fit(X, Y, **QUIET),
    "predict": lambda nn: nn.predict(X),
    "predict_proba": lambda nn: nn.predict_proba(X),
    "evaluate": lambda nn: nn.evaluate(X, Y),
    "test_step": lambda nn: nn.test_step(X, Y),
    "profile": lambda nn: nn.profile(X, Y, steps=1),
}


@pytest.mark.parametrize("call", CALLS)
def test_every_call_has_the_networks_number(call: str) -> None:
    watch = Watch()
    nn = NN([Dense(4, 3), watch, Dense(3, 2)], CrossEntropy(), SGD(), threads=2)
    CALLS[call](nn)
    assert watch.seen == {2}
    nn.threads = None
    CALLS[call](nn)
    assert watch.seen == {2, 3}
    assert in_use() == 3


def test_one_is_the_default_and_fit_may_have_another() -> None:
    watch = Watch()
    nn = NN([Dense(4, 3), watch, Dense(3, 2)], CrossEntropy(), SGD())
    assert nn.threads == 1

    def inside(event: Event) -> None:
        event.nn.predict(X)

    nn.fit(X, Y, callbacks=[inside], threads=2, **QUIET)
    assert watch.seen == {2}  # what is called inside a stretch has its number
    nn.predict(X)
    assert watch.seen == {1, 2}


def test_a_failure_puts_the_number_back() -> None:
    nn = NN([Dense(4, 3), Tanh(), Dense(3, 2)], CrossEntropy(), SGD())
    nn.theta[:] = np.inf
    with pytest.raises(DivergedError):
        nn.train_step(X, Y)
    assert in_use() == 3


def test_no_number_of_threads_is_refused_and_none_is_saved(tmp_path: Any) -> None:
    wrong: Any
    for wrong in (0, -1, 1.5, True, "2"):
        with pytest.raises(PartError, match="threads must be a whole number of at least 1"):
            NN([Dense(4, 2)], CrossEntropy(), SGD(), threads=wrong)
    nn = NN([Dense(4, 2)], CrossEntropy(), SGD(), threads=2)
    nn.save(tmp_path / "a.json")
    assert load(tmp_path / "a.json").threads == 1


def test_of_many_stretches_at_once_the_first_to_come_puts_the_number_back() -> None:
    start, seen = Barrier(8), []

    def work(i: int) -> None:
        start.wait()
        for _ in range(50):
            with Limited(1 + i % 2):
                seen.append(in_use())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(seen) == 400
    assert {1, 2} & set(seen)
    assert in_use() == 3
    forget()
    assert in_use() == 3


def test_every_thread_can_limit_in_its_turn() -> None:
    seen = []

    def work() -> None:
        with Limited(1):
            seen.append(in_use())

    for _ in range(3):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(work).result()
        work()
    assert seen == [1] * 6
    assert in_use() == 3
