"""The rows: every one can be made, and everybody in it exists."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from benchmarks.contenders import AUTO
from benchmarks.row import Contender, Row
from benchmarks.rows import ROWS, chosen

CONTENDERS = Path(__file__).parents[1] / "contenders"
EVERYBODY = sorted({contender for row in ROWS.values() for contender in row.contenders}, key=lambda c: c.setup)


def names_in(module: str) -> set[str]:
    """Give what a module says it has, without importing its library."""
    tree = ast.parse((CONTENDERS / f"{module}.py").read_text(encoding="utf-8"))
    lists = [n.value for n in tree.body if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "__all__"]
    return set(ast.literal_eval(lists[0]))


@pytest.mark.parametrize("contender", EVERYBODY, ids=lambda c: c.setup)
def test_what_a_contender_is_set_up_by_exists(contender: Contender) -> None:
    module, _, function = contender.setup.partition(":")
    assert function in names_in(module)


OURS = [(row, c) for row in ROWS.values() for c in row.contenders if c.role == "ours" and find_spec(c.needs)]
SMALL = ("tiny-32-shuffled", "optimizer-sgd")
"""Rows whose compiled contenders do a round too; in the others they would compile for as long as all the rest takes."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what is compiled for these tests only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUMBA_CACHE_DIR", str(tmp_path_factory.mktemp("compiled")))
        yield


@pytest.mark.parametrize(("row", "contender"), OURS, ids=[f"{row.name}, {c.name}" for row, c in OURS])
@pytest.mark.usefixtures("cache")
def test_every_contender_of_ours_prepares_itself_and_does_its_work(row: Row, contender: Contender) -> None:
    few = replace(row, data=lambda: tuple(array[:256] for array in row.data()))
    run = contender.prepare(few)
    if row.name in SMALL or not (contender.needs == "numba" or contender == AUTO):
        assert run(1) > 0 or row.unit == "import" or row.name == "threads"  # which have no loss


@pytest.mark.parametrize("name", ROWS)
def test_a_row_has_one_of_ours_first_and_no_name_twice(name: str) -> None:
    names = [contender.name for contender in ROWS[name].contenders]
    assert ROWS[name].contenders[0].role == "ours"
    assert len(names) == len(set(names)) > 1


@pytest.mark.parametrize("name", [name for name in ROWS if not name.startswith(("optimizer", "nn-rs", "import"))])
def test_data_and_network_are_the_same_each_time(name: str) -> None:
    row = ROWS[name]
    first, second = row.make(), row.make()
    assert first.theta.tobytes() == second.theta.tobytes()
    for one, other in zip(row.data(), row.data(), strict=True):
        assert one.tobytes() == other.tobytes()


def test_batches_are_the_data_cut() -> None:
    batches = ROWS["tiny-32"].batches()
    assert [len(x) for x, _ in batches] == [32] * 24
    whole = ROWS["tiny-32"].data()
    assert all(
        (np.concatenate(part) == array).all() for part, array in zip(zip(*batches, strict=True), whole, strict=True)
    )
    assert len(ROWS["tiny"].batches()) == 1


def test_rows_are_asked_for_by_name_or_family_and_come_in_their_order() -> None:
    assert chosen([]) == list(ROWS)
    assert chosen(["xor-4", "mlp"]) == ["mlp-sgd", "mlp-adam", "xor-4"]
    assert chosen(["xor"]) == ["xor", "xor-4"]
    with pytest.raises(ValueError, match=r"there is no row 'mlq'; rows are mlp-sgd, "):
        chosen(["mlp", "mlq"])
