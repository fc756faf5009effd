"""The four packages go together: one version, bounds on siblings that admit it, one licence."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ["nn-layers", "nn-loss", "nn-optim", "nn-model"]


def project(name: str) -> dict[str, Any]:
    text = (ROOT / "packages" / name / "pyproject.toml").read_text(encoding="utf-8")
    table: dict[str, Any] = tomllib.loads(text)["project"]
    return table


def version(name: str) -> str:
    text = (ROOT / "packages" / name / "src" / name.replace("-", "_") / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([\d.]+)"$', text, re.MULTILINE)
    assert found is not None
    return found[1]


def test_one_version() -> None:
    assert len({version(name) for name in PACKAGES}) == 1


def test_sibling_bounds_start_at_the_present_version_and_end_before_the_next_minor() -> None:
    major, minor, _ = version("nn-model").split(".")
    wanted = [f"{name}>={version(name)},<{major}.{int(minor) + 1}" for name in PACKAGES[:3]]
    assert project("nn-model")["dependencies"][:3] == wanted


@pytest.mark.parametrize("name", PACKAGES)
def test_every_dependency_has_a_lower_and_an_upper_bound(name: str) -> None:
    for requirement in project(name)["dependencies"]:
        assert re.fullmatch(r"[\w-]+>=[\d.]+,<[\d.]+", requirement), requirement


@pytest.mark.parametrize("name", PACKAGES)
def test_not_for_upload_yet_and_licensed(name: str) -> None:
    assert "Private :: Do Not Upload" in project(name)["classifiers"]
    assert (ROOT / "packages" / name / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


@pytest.mark.parametrize("name", PACKAGES)
def test_typed(name: str) -> None:
    assert (ROOT / "packages" / name / "src" / name.replace("-", "_") / "py.typed").exists()


def test_specs_are_made_alike_in_the_three_leaves() -> None:
    texts = {(ROOT / "packages" / n / "src" / n.replace("-", "_") / "spec.py").read_text() for n in PACKAGES[:3]}
    assert len(texts) == 1, "spec.py is stated once in each leaf, and the three must not drift apart"
