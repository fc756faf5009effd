"""Networks too large for the machine, and what the machine has."""

import os
from pathlib import Path

import pytest

from nn_layers import Dense, ReLU, ShapeError, Stack, Standardize, memory


def test_a_layer_larger_than_the_machine_is_named() -> None:
    expected = (
        r"^layers\[1\]: Dense\(1000000, 1000000\) has 1,000,001,000,000 numbers; with their gradients all layers' need "
        r"7450\.6 GiB as float32, and this machine has [0-9.]+ GiB; make this layer smaller$"
    )
    with pytest.raises(ShapeError, match=expected):
        Stack([Dense(3, 10**6), Dense(10**6, 10**6), ReLU(), Dense(10**6, 3)])


def test_state_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nn_layers.vectors.physical_memory", lambda: 4000)
    assert Stack([Standardize()], (500,)).state.size == 1000
    with pytest.raises(
        ShapeError, match=r"^layers\[0\]: Standardize\(\) has 1,002 numbers; .* need 3\.9 KiB .* 3\.9 KiB"
    ):
        Stack([Standardize()], (501,))


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder of control groups in which this process is in /a/b."""
    monkeypatch.setattr(memory, "CGROUP", tmp_path)
    monkeypatch.setattr(memory, "MEMBERSHIP", tmp_path / "membership")
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "membership").write_text("4:memory:/other\n0::/a/b\n")
    return tmp_path


def test_the_machine_has_memory(groups: Path) -> None:
    assert groups.is_dir()
    assert memory.physical_memory() == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("folder", ["", "a", "a/b"])
def test_a_control_group_around_the_process_limits_it(groups: Path, folder: str) -> None:
    (groups / folder / "memory.max").write_text("1048576\n")
    assert memory.physical_memory() == 1 << 20


@pytest.mark.parametrize("text", ["max\n", "", "-5", "1e6", "0", "\u00b2", "many"])
def test_a_limit_that_is_no_number_is_none(groups: Path, text: str) -> None:
    expected = memory.physical_memory()
    (groups / "memory.max").write_text(text, "utf-8")
    assert memory.physical_memory() == expected


def test_where_there_are_no_control_groups_the_root_is_still_read(groups: Path) -> None:
    (groups / "membership").unlink()
    (groups / "memory.max").write_text("2097152")
    assert memory.physical_memory() == 2 << 20


def _unknown(name: str) -> int:
    raise ValueError(f"unrecognized configuration name {name}")


def test_a_system_that_does_not_say(groups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert groups.is_dir()
    monkeypatch.setattr(os, "sysconf", _unknown)
    assert memory.physical_memory() == memory.ASSUMED
    monkeypatch.setattr(os, "sysconf", lambda _: -1)
    assert memory.physical_memory() == memory.ASSUMED
