"""A place is known again, whatever its name is, and its name is not told."""

from pathlib import Path

import pytest

from nn_model.disk.place import place_of


def test_one_place_has_many_names_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert place_of(Path("log.csv")) == place_of(tmp_path / "log.csv") == place_of(Path("./log.csv"))
    assert place_of(Path("log.csv")) != place_of(tmp_path / "a" / "log.csv")


def test_names_that_are_no_text_are_told_apart() -> None:
    found = {place_of(Path(name)) for name in ("/a", "/ä", "/a\n", "/\udcff", "/\udcfe", "/" + "a" * 5000)}
    assert len(found) == 6
    assert all(len(place) == 64 and place.isascii() for place in found)
