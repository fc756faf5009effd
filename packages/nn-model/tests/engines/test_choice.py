"""Which engine runs: the rule of `"auto"`, and what is said where numba is missing."""

from functools import partial, wraps
from importlib.machinery import ModuleSpec
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import nn_model.engines.choice
from nn_layers import Dense, ReLU
from nn_loss import CrossEntropy
from nn_model import NN
from nn_model.engines.choice import choose, is_worth_it, make_engine, numbers_of
from nn_model.engines.twinned import untwinned
from nn_model.errors import MissingExtraError, PartError
from nn_model.extras import need
from nn_model.program import Program
from nn_model.train.source import make_source
from nn_model.train.stream import stream
from nn_optim import SGD, Adam


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let numba be found, or not."""

    def say(there: bool) -> None:
        found = ModuleSpec("numba", None) if there else None
        monkeypatch.setattr(nn_model.engines.choice, "find_spec", lambda _: found)
        compiles = SimpleNamespace(config=SimpleNamespace(DISABLE_JIT=0))
        monkeypatch.setattr(nn_model.engines.choice, "import_module", lambda _: compiles)

    return say


def program(width: int = 8, rows: int = 4) -> Program:
    nn = NN([Dense(4, width), ReLU(), Dense(width, 3)], CrossEntropy(), SGD())
    return nn.core.trainer.program(rows)


def test_auto_compiles_where_ten_seconds_are_saved(installed: Any) -> None:
    installed(there=True)
    one, auto = program(), make_engine("auto")
    calls = len(one.gradients.calls) + len(one.update.part.calls)
    enough = int(10 / (calls * 1.2e-6))  # the few numbers of this network save next to nothing
    assert choose(auto, [one], enough + 1, None).name == "numba"
    assert choose(auto, [one], enough // 2, None).name == "numpy"


def test_auto_leaves_large_networks_to_numpy() -> None:
    assert is_worth_it(program(), 10**8)
    assert not is_worth_it(program(width=4000, rows=2000), 10**8)


def test_auto_needs_numba_and_keeps_the_engine_of_a_run(installed: Any) -> None:
    installed(there=False)
    auto, numba = make_engine("auto"), 10**9
    assert choose(auto, [program()], numba, None).name == "numpy"
    with pytest.warns(UserWarning, match="made with the engine numba, now it is numpy; it goes on"):
        assert choose(auto, [program()], numba, "numba").name == "numpy"
    installed(there=True)
    assert choose(auto, [program()], numba, "numpy").name == "numpy"
    assert choose(auto, [program()], 1, "numba").name == "numba"
    assert choose(make_engine("numpy"), [program()], numba, None).name == "numpy"


def test_numba_that_cannot_be_imported_leaves_auto_at_numpy(installed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise ImportError("Numba needs another NumPy")

    installed(there=True)
    monkeypatch.setattr(nn_model.engines.choice, "import_module", fail)
    with pytest.warns(UserWarning, match="Numba needs another NumPy.; training runs under numpy"):
        assert choose(make_engine("auto"), [program()], 10**9, None).name == "numpy"


def test_the_rule_counts_what_calls_touch() -> None:
    nn = NN([Dense(4, 8), ReLU(), Dense(8, 3)], CrossEntropy(), Adam())
    sizes = []
    for rows in (100, 100_000):
        x, y = np.zeros((rows, 4), np.float32), np.arange(rows) % 3
        source = make_source((x, y, None), np.arange(rows), 10, 0, True)
        one = stream(nn.core.trainer.program(10), source, np.zeros(4))
        sizes.append(sum(map(numbers_of, [*one.gradients.calls, *one.update.part.calls])))
    assert sizes[0] == sizes[1] < 3000  # neither the data nor the optimizer's scratch


def test_a_wrapped_kernel_is_another_one() -> None:
    one = program()
    kernel, args = one.gradients.calls[0]
    assert next(untwinned(one), None) is None
    one.gradients.calls[0] = (wraps(kernel)(partial(kernel)), args)
    assert len(list(untwinned(one))) == 1


def test_a_call_without_a_twin_keeps_auto_at_numpy(installed: Any) -> None:
    installed(there=True)
    one = program()
    one.gradients.calls.append((np.add, (np.ones(3), np.ones(3))))
    assert choose(make_engine("auto"), [one], 10**9, None).name == "numpy"


def test_numba_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(module: str, extra: str) -> Any:
        return need("my_zoo" if module == "numba" else module, extra)

    monkeypatch.setattr(nn_model.engines.choice, "need", absent)
    with pytest.raises(MissingExtraError, match=r"run: pip install nn-model\[numba\]"):
        NN([Dense(4, 3)], CrossEntropy(), SGD(), engine="numba")
    with pytest.raises(PartError, match="engine must be 'auto', 'numpy' or 'numba'; got 'cuda'"):
        make_engine("cuda")


def test_a_fit_that_is_short_runs_under_numpy() -> None:
    nn = NN([Dense(4, 3)], CrossEntropy(), SGD())
    nn.fit(np.eye(4), [0, 1, 2, 0], verbose=False)
    assert nn.run is not None
    assert nn.run.engine == "numpy"
