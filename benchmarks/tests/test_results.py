"""What is made of results: files, tables, pages, the chart, the check."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks import __main__ as command
from benchmarks import check, pages
from benchmarks.machine import installed_bytes
from benchmarks.picture import draw
from benchmarks.results import Report, Result, Times, read, replaced, write
from benchmarks.table import block, duration, markdown, threads_markdown


def times(role: str, *seconds: float) -> Times:
    return Times(role, 0.5, 1.0, list(seconds), list(seconds))


SECONDS = {"nn numba": 0.0021, "nn auto": 0.0022}
"""Of our other two contenders, none of which is the best."""


def report(ours: float = 0.002, threads: int = 1) -> Report:
    """Give a run of one row, ours beside two peers and a yardstick, and of one that was refused."""
    contenders = {
        "nn numpy": times("ours", ours, 3 * ours, ours / 2),
        "PyTorch": times("peer", 0.004, 0.004, 0.003),
        "JAX": times("peer", 0.0025, 0.0025, 0.0025),
        "its matrix products": times("yardstick", 0.001, 0.001, 0.001),
    }
    row = Result("mlp-sgd", "step", threads, contenders, {"scikit-learn": "sklearn is not installed"})
    refused = Result("cnn", "step", threads, {"nn numpy": Times("ours", 1.0, 1.0)}, refused="PyTorch has the loss 2")
    return Report(
        "2026-01-01 10:00 UTC",
        {"processor": "P", "cores": 2, "system": "S", "python": "3", "load": 0.1},
        {"numpy": "2.4.0"},
        {"nn-model": 84_000_000},
        [row, refused],
    )


def test_a_report_comes_back_from_its_file(tmp_path: Path) -> None:
    write(report(), tmp_path / "a.json")
    assert read(tmp_path / "a.json") == report()
    (tmp_path / "b.json").write_text('{"version": 2}')
    with pytest.raises(ValueError, match="is no report of version 1"):
        read(tmp_path / "b.json")


def test_rows_measured_anew_take_the_place_of_the_old_ones() -> None:
    old, new = report(0.002), report(0.001)
    old.results += report(0.004, threads=2).results
    new.date = "later"
    joined = replaced(old, new)
    assert joined.find("mlp-sgd", 1) == new.results[0]
    assert joined.find("mlp-sgd", 2) == old.results[2]
    assert len(joined.results) == len(old.results)
    assert (joined.date, joined.again) == (old.date, {"mlp-sgd (1)": "later", "cnn (1)": "later"})
    assert "Measured anew: mlp-sgd (1), cnn (1) at later." in pages.where(joined)
    assert "anew" not in pages.where(old)
    new.versions["numpy"] = "9.9"
    with pytest.raises(ValueError, match="the libraries are not those of the earlier run: numpy"):
        replaced(old, new)


def test_medians_minima_and_ratios() -> None:
    row = report().results[0]
    assert (row.times["nn numpy"].median, row.times["nn numpy"].least) == (0.002, 0.001)
    assert row.best("peer") == "JAX"
    assert row.ratio("nn numpy", "JAX") == pytest.approx(0.8)
    assert row.best("nobody") is None


def test_a_block_shows_everybody_and_marks_who_takes_more_cores() -> None:
    row = report().results[0]
    row.times["JAX"].processor = [0.005] * 3
    lines = block(row).splitlines()
    assert lines[0] == "mlp-sgd: 784-512-10 ReLU, batch 64, SGD; 1 thread"
    assert lines[1].split() == ["nn", "numpy", "2.00", "ms", "median", "1.00", "ms", "minimum"]
    assert lines[3].endswith("nn numpy / it 0.800  (2.0 cores)")
    assert lines[5].split() == ["scikit-learn", "absent:", "sklearn", "is", "not", "installed"]
    assert block(report().results[1]).endswith("REFUSED: PyTorch has the loss 2")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2.5, "2.50 s"), (0.0125, "12.5 ms"), (0.2, "200 ms"), (1.5e-6, "1.50 us"), (2.54e-7, "0.254 us")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_table_has_losses_and_wins() -> None:
    won, lost = markdown(report(), 1), markdown(report(ours=0.005), 1)
    assert won.splitlines()[2] == (
        "| mlp-sgd, step | 2.00 ms |  |  | 4.00 ms |  | 2.50 ms |  | its matrix products 1.00 ms | **0.80** |"
    )
    assert lost.splitlines()[2].endswith("| 2.00 |")
    assert len(won.splitlines()) == 3  # what was refused has no line


def test_all_cores_beside_one() -> None:
    both = report()
    both.results += report(ours=0.0015, threads=2).results
    assert threads_markdown(both, 2).splitlines()[2:] == ["| mlp-sgd | 0.75 | 1.00 | 1.00 |"]


def test_a_page_gets_text_between_its_markers_only(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- results -->\nold\n<!-- end of results -->\nafter\n")
    for text in ("new | \\1", "newer"):
        pages.put(page, "results", text)
        assert page.read_text() == f"before\n<!-- results -->\n\n{text}\n\n<!-- end of results -->\nafter\n"
    with pytest.raises(ValueError, match="must have <!-- other --> and <!-- end of other --> once"):
        pages.put(page, "other", "x")


def test_the_page_in_docs_has_all_markers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "benchmarks.md").write_text((pages.DOCS / "benchmarks.md").read_text(encoding="utf-8"))
    monkeypatch.setattr(pages, "DOCS", tmp_path)
    both = report()
    both.results += report(threads=2).results
    pages.write_page(both)
    text = (tmp_path / "benchmarks.md").read_text()
    assert "### 1 thread\n" in text
    assert "### 2 threads\n" in text
    assert "one thread:\n\n| row |" in text
    assert "| mlp-sgd | 1.00 |" in text
    assert "Installed, with all that it needs: nn-model 84 MB." in text
    assert (tmp_path / "pictures/benchmarks.png").stat().st_size > 5_000
    pages.put(tmp_path / "benchmarks.md", "scaling", "x")


def test_the_chart_leaves_out_rows_without_pytorch(tmp_path: Path) -> None:
    without = report()
    del without.results[0].times["PyTorch"]
    for name, run in (("with", report()), ("without", without)):
        draw(run, tmp_path / f"{name}.png")
    with_one, none = ((tmp_path / f"{name}.png").stat().st_size for name in ("with", "without"))
    assert with_one > none > 1_000


@pytest.mark.parametrize(("ours", "status"), [(0.002, 0), (0.0022, 0), (0.0026, 1), (0.001, 0)])
def test_the_check_fails_where_a_ratio_grew(
    ours: float, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(report(), tmp_path / "old.json")
    write(report(ours), tmp_path / "new.json")
    monkeypatch.setattr(
        sys, "argv", ["check", str(tmp_path / "new.json"), str(tmp_path / "old.json"), "--share", "0.2"]
    )
    with pytest.raises(SystemExit) as ended:
        check.main()
    assert ended.value.code == (0 if status == 0 else "1 of 1 ratios grew by more than 20%")
    out = capsys.readouterr().out
    assert "mlp-sgd, 1: nn numpy / JAX" in out  # the fastest peer
    assert out.rstrip().endswith("SLOWER") == bool(status)


def test_the_check_compares_what_both_have_and_says_if_that_is_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    less = report()
    assert [what for what, _, _ in check.grown(less, report())] == ["mlp-sgd, 1: nn numpy / JAX"]
    del less.results[0].times["JAX"]
    assert [what for what, _, _ in check.grown(less, report())] == ["mlp-sgd, 1: nn numpy / PyTorch"]
    del less.results[0].times["PyTorch"]  # a yardstick is compared with where nobody else is
    assert [what for what, _, _ in check.grown(less, report())] == ["mlp-sgd, 1: nn numpy / its matrix products"]
    write(report(threads=2), tmp_path / "new.json")
    write(report(), tmp_path / "old.json")
    monkeypatch.setattr(sys, "argv", ["check", str(tmp_path / "new.json"), str(tmp_path / "old.json")])
    with pytest.raises(SystemExit, match="there is nothing to compare"):
        check.main()


@pytest.mark.parametrize("how", ["absent", "refused", "without peers", "without the row"])
def test_the_check_fails_where_ours_cannot_be_compared(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new, old = report(), report()
    mlp = new.results[0]
    match how:
        case "absent":
            mlp.absent["nn numpy"] = "TypeError: no such argument"
            del mlp.times["nn numpy"]
        case "refused":
            mlp.refused = "JAX has the loss 3"
        case "without peers":
            mlp.times = {"nn numpy": mlp.times["nn numpy"]}
        case "without the row":
            del new.results[0]
    assert list(check.missing(new, old)) == ["mlp-sgd, 1: nn numpy"]
    write(new, tmp_path / "new.json")
    write(old, tmp_path / "old.json")
    monkeypatch.setattr(sys, "argv", ["check", str(tmp_path / "new.json"), str(tmp_path / "old.json")])
    with pytest.raises(SystemExit) as ended:
        check.main()
    assert ended.value.code == "1 of ours could not be compared"
    assert "mlp-sgd, 1: nn numpy" in capsys.readouterr().out


def test_rows_and_numbers_of_threads_that_were_not_asked_for_are_not_missing() -> None:
    old = report()
    old.results += report(threads=2).results
    assert list(check.missing(report(), old)) == []
    new = report()
    new.results[0].row, new.asked = "mlp-adam", ["mlp-adam"]
    assert list(check.missing(new, old)) == []


def test_a_run_that_lacks_one_of_ours_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pages_written: list[Report] = []
    monkeypatch.setattr(command, "write_page", pages_written.append)
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    source, run = tmp_path / "run.json", report()
    del run.results[1]
    run.results[0].times |= {name: times("ours", seconds) for name, seconds in SECONDS.items()}
    for whole in (False, True):
        lacking = replace(run.results[0], times=dict(run.results[0].times), absent={"nn numba": "TypeError: threads"})
        del lacking.times["nn numba"]
        write(replace(run, results=[*run.results, *([] if whole else [lacking])]), source)
        monkeypatch.setattr(sys, "argv", ["benchmarks", "--from", str(source), "--write"])
        with pytest.raises(SystemExit) as ended:
            command.main()
        assert ended.value.code == (0 if whole else "mlp-sgd, 1: nn numba is absent: TypeError: threads")
        assert (tmp_path / "baseline.json").exists() == bool(pages_written) == whole
    assert list(check.lacking(report())) == [
        "mlp-sgd, 1: nn numba is absent: not measured",
        "mlp-sgd, 1: nn auto is absent: not measured",
        "cnn, 1 is refused: PyTorch has the loss 2",
    ]
    capsys.readouterr()


def test_installed_bytes_count_what_is_needed_too() -> None:
    numpy, model = installed_bytes("numpy"), installed_bytes("nn-model")
    assert numpy is not None
    assert model is not None
    assert model > numpy > 10_000_000
    assert installed_bytes("no-such-distribution") is None
