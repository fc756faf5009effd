"""The rows: every one can be made, and everybody in it exists."""

import ast
from pathlib import Path

import numpy as np
import pytest
from benchmarks.row import Contender
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
