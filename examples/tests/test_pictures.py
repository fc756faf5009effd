"""The READMEs' pictures: the script that makes them runs, and makes those that are shown."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PNG = b"\x89PNG\r\n\x1a\n"


def test_the_pictures_of_the_readme_are_made_by_the_example(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", str(ROOT / "examples/pictures/main.py"), str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603  # our own script
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    shown = {path.name: path.read_bytes() for path in (ROOT / "docs/pictures").iterdir()}
    measured = {"benchmarks.png", "scaling.png"}  # by `nox -s bench` and `nox -s scaling`
    assert made.keys() == shown.keys() - measured
    assert all(picture.startswith(PNG) and len(picture) > 5_000 for picture in [*made.values(), *shown.values()])
    readme = (ROOT / "packages/nn-model/README.md").read_text(encoding="utf-8")
    assert all(f"docs/pictures/{name}" in readme for name in made)
