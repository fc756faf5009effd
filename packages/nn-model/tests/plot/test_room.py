"""The room as a whole: what it imports, what it leaves alone, its files, and its words when matplotlib is missing."""

import doctest
import importlib
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from inspect import getmodule
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from nn_model import Report, extras, plot
from nn_model.errors import DataError
from nn_model.extras import MissingExtraError, need
from nn_model.plot.canvas import png
from nn_model.train.history import History, Row

REPORT = Report.from_labels([0, 1, 1], [0, 1, 0], ("a", "b"))
HISTORY = History([Row(1, 0.5, 0.8, 2.0, 0.4, 0.9, 0.01), Row(2, 0.4, 0.9, 2.0, 0.3, 0.92, 0.01)])

PICTURES: dict[str, Callable[[], Any]] = {
    "confusion": lambda: plot.confusion(REPORT),
    "curves": lambda: plot.curves({"one": HISTORY, "two": HISTORY}),
    "first_layer": lambda: plot.first_layer([[0.1, -0.2]] * 4),
    "learning_rate": lambda: plot.learning_rate(0.1, 10),
    "reliability": lambda: plot.reliability([[0.8, 0.2]] * 4, [0, 0, 0, 1]),
}


def python(code: str) -> str:
    """Run a line in a fresh interpreter and give what it prints."""
    # The interpreter is this one, and the line is our own.
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    return done.stdout.strip()


def test_every_picture_is_listed() -> None:
    assert {*PICTURES, "save"} == set(plot.__all__) == set(dir(plot))


@pytest.mark.parametrize("name", plot.__all__)
def test_public_names_are_documented_by_examples_that_run(name: str) -> None:
    function = getattr(plot, name)
    assert function.__name__ == name
    module = getmodule(function)
    assert module is not None
    (example,) = doctest.DocTestFinder(recurse=False).find(function, name, module)
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0
    # A file of the room must not take the place of a function of the same name.
    importlib.import_module(module.__name__)
    assert getattr(plot, name) is function


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match=r"module 'nn_model\.plot' has no attribute 'scatter'"):
        plot.scatter  # noqa: B018  # the access is the test


def test_importing_the_room_and_all_its_files_loads_no_matplotlib() -> None:
    script = (
        "import sys, nn_model.plot; room = [m for m in sys.modules if m.startswith('nn_model.plot.')]\n"
        "for name in nn_model.plot.__all__: getattr(nn_model.plot, name)\n"
        "print(room, 'matplotlib' in sys.modules)"
    )
    assert python(script) == "[] False"


def test_pictures_need_no_pyplot_and_no_display() -> None:
    script = (
        "import os, sys; os.environ.pop('DISPLAY', None); os.environ['MPLBACKEND'] = 'TkAgg'\n"
        "from nn_model.plot import learning_rate\n"
        "print(learning_rate(0.1, 5)._repr_png_()[1:4], 'matplotlib.pyplot' in sys.modules)"
    )
    assert python(script) == "b'PNG' False"


@pytest.mark.parametrize("name", PICTURES)
def test_settings_of_the_user_stay_as_they_are(name: str) -> None:
    before = dict(mpl.rcParams)
    PICTURES[name]().canvas.draw()
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_the_same_from_many_threads(name: str) -> None:
    expected = PICTURES[name]()._repr_png_()
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda _: PICTURES[name]()._repr_png_(), range(4)))
    assert drawn == [expected] * 4


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("suffix", [".png", ".SVG", ".pdf"])
def test_pictures_are_saved_by_suffix(tmp_path: Path, name: str, suffix: str) -> None:
    path = plot.save(PICTURES[name](), str(tmp_path / f"picture{suffix}"))
    assert path == tmp_path / f"picture{suffix}"
    head = {".png": b"\x89PNG", ".SVG": b"<?xml", ".pdf": b"%PDF"}[suffix]
    assert path.read_bytes().startswith(head)


def test_dots_per_inch_make_pixels(tmp_path: Path) -> None:
    figure = PICTURES["learning_rate"]()
    width, height = figure.get_size_inches()
    assert imread(plot.save(figure, tmp_path / "a.png")).shape[:2] == (round(150 * height), round(150 * width))
    assert imread(plot.save(figure, tmp_path / "b.png", dpi=50)).shape[:2] == (round(50 * height), round(50 * width))


def test_any_figure_of_matplotlib_is_saved(tmp_path: Path) -> None:
    assert plot.save(Figure(), tmp_path / "empty.png").stat().st_size > 0


@pytest.mark.parametrize("name", ["picture", "picture.txt", "picture."])
def test_a_suffix_that_is_no_format_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"the suffix must name a format; got '.*'; use \.png, \.svg or \.pdf"):
        plot.save(PICTURES["learning_rate"](), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    figure = PICTURES["learning_rate"]()
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "mine.png").write_bytes(b"mine")
    (tmp_path / "link.png").symlink_to("mine.png")
    for name, message in (
        ("none/a.png", r"none/a\.png: the folder .*none does not exist; make it first"),
        ("pipe.png", r"pipe\.png: this is a link, pipe or device, which would be replaced"),
        ("link.png", r"link\.png: this is a link, pipe or device, which would be replaced"),
    ):
        with pytest.raises(DataError, match=message):
            plot.save(figure, tmp_path / name)
    assert (tmp_path / "link.png").read_bytes() == b"mine"
    assert (tmp_path / "pipe.png").is_fifo()


def test_a_picture_on_a_full_disk_leaves_the_old_one(tmp_path: Path) -> None:
    path, figure = tmp_path / "a.png", PICTURES["learning_rate"]()
    before = plot.save(figure, path, dpi=50).read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(DataError, match=r"a\.png: cannot be written: File too large; the file needs [\d,]+ bytes"):
            plot.save(figure, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_run_of_any_name_is_drawn() -> None:
    odd = "two\nlines \udcff \x1b[31m ä"
    named = plot.curves({odd: HISTORY, "$_x$": HISTORY})
    assert png(named).startswith(b"\x89PNG")
    assert named.legends[0].get_texts()[0].get_text() == r"two\nlines \udcff \x1b[31m ä"


def test_pictures_can_be_read_on_a_dark_ground() -> None:
    with mpl.rc_context({"axes.edgecolor": "white", "text.color": "white", "figure.facecolor": "black"}):
        assert PICTURES["curves"]().get_facecolor() == (0, 0, 0, 1)
        assert PICTURES["curves"]().legends[0].get_texts()[0].get_color() == "white"


@pytest.mark.parametrize("name", PICTURES)
def test_without_matplotlib_one_line_says_so(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError) as caught:
        PICTURES[name]()
    assert str(caught.value) == "matplotlib is needed for this and not installed; run: pip install nn-model[plot]"
    assert isinstance(caught.value, ImportError)
    assert isinstance(caught.value, RuntimeError)
    assert caught.value.name == "matplotlib"
    assert caught.value.__suppress_context__


def test_a_broken_library_is_not_called_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "half_a_library.py").write_text("import the_other_half")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingExtraError, match=r"^half_a_library is needed .* imported \(No module named 'the_other"):
        need("half_a_library", "plot")


def test_what_is_installed_is_handed_over() -> None:
    assert need("collections.abc", "plot") is sys.modules["collections.abc"]
    assert doctest.testmod(extras).attempted == 2
