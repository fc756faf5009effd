"""History: rows, lines, CSV, dict."""

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open

from nn_model import NN, load
from nn_model.plot.runs import read_runs
from nn_model.train import History, Row, trusted
from nn_model.train.history import CELLS, epoch_line
from nn_model.train.rows import Block, row_of
from nn_model.train.run import Run
from nn_optim import Adam, ExponentialDecay

Array = np.ndarray[Any, np.dtype[Any]]
MakeNetwork = Callable[..., NN]

ROW = Row(1, 0.25431, 0.9, 0.3412, 0.18324, 0.945, 0.01)


def test_the_line_of_an_epoch() -> None:
    assert epoch_line(ROW, 10) == "Epoch 1/10, Loss: 0.2543, Val Loss: 0.1832, Val Acc: 94.50%, Time: 0.34s"
    assert epoch_line(Row(2, 1.5, 0.75, 2.0, None, None, 0.1), 2) == "Epoch 2/2, Loss: 1.5000, Acc: 75.00%, Time: 2.00s"
    assert (
        epoch_line(Row(3, 1.5, None, 2.0, 0.5, None, 0.1), 9)
        == "Epoch 3/9, Loss: 1.5000, Val Loss: 0.5000, Time: 2.00s"
    )
    assert epoch_line(Row(3, 1.5, None, 2.0, None, None, 0.1), 9) == "Epoch 3/9, Loss: 1.5000, Time: 2.00s"
    line = epoch_line(ROW, 10, {"MSE": 0.01234})
    assert line == "Epoch 1/10, Loss: 0.2543, Val Loss: 0.1832, Val Acc: 94.50%, MSE: 0.0123, Time: 0.34s"


def test_a_loss_of_many_digits_is_written_short() -> None:
    line = epoch_line(Row(1, 5.98434e26, None, 2.0, 39683.1211, None, 0.1), 9, {"MSE": 1e7})
    assert line == "Epoch 1/9, Loss: 5.9843e+26, Val Loss: 39683.1211, MSE: 1.0000e+07, Time: 2.00s"
    assert "Loss: nan, Val Loss: inf" in epoch_line(Row(1, math.nan, None, 2.0, math.inf, None, 0.1), 9)


def test_a_history_is_indexed_like_a_list() -> None:
    rows = [Row(i, 1 / i, i / 10, 0.1 * i, None, None, 0.01 * i) for i in (1, 2, 3)]
    history = History(list(rows))
    assert history[0] is rows[0]
    assert history[-1] is rows[2]
    assert history[1:] == rows[1:]
    with pytest.raises(IndexError):
        history[3]


def test_every_column_of_a_history_is_a_list() -> None:
    history = History([ROW, Row(2, 1.5, None, 2.0, None, None, 0.1)])
    for name in ("train_loss", "train_accuracy", "train_time", "val_loss", "val_accuracy", "lr"):
        assert getattr(history, name) == [getattr(row, name) for row in history]


def test_fit_prints_a_line_for_every_epoch(
    network: MakeNetwork, x: Array, y: Array, capsys: pytest.CaptureFixture[str]
) -> None:
    nn = network()
    history = nn.fit(x, y, epochs=2, validation_split=0.2)
    assert capsys.readouterr().out.splitlines() == [epoch_line(row, 2) for row in history]
    nn.fit(x, y, epochs=2, verbose=False)
    assert capsys.readouterr().out == ""


def test_a_resumed_run_says_where_it_goes_on(
    network: MakeNetwork, x: Array, y: Array, capsys: pytest.CaptureFixture[str], recorder: Any
) -> None:
    nn = network()
    nn.fit(x, y, epochs=2, batch_size=8, callbacks=[recorder(stop_at=7, every=1)])
    nn.fit(x, y, epochs=2, batch_size=8, resume=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(",")[0] for line in lines] == [
        "Epoch 1/2",
        "Stopped at step 7",
        "Resumed in epoch 2",
        "Epoch 2/2",
    ]
    nn.fit(x, y, epochs=2, batch_size=8, resume=True)
    assert capsys.readouterr().out == ""


def test_numbers_equal_what_the_network_says(network: MakeNetwork, x: Array, y: Array) -> None:
    nn = network(Adam(ExponentialDecay(0.1, 0.9)))
    judged = []

    def judge(event: Any) -> None:
        if event.kind == "epoch":
            report = event.nn.evaluate(x[30:], y[30:])
            judged.append((report.loss, report.accuracy))

    history = nn.fit(
        x[:30], y[:30], epochs=4, batch_size=10, validation_data=(x[30:], y[30:]), callbacks=[judge], verbose=False
    )
    assert list(zip(history.val_loss, history.val_accuracy, strict=True)) == judged
    assert [row.lr for row in history] == pytest.approx([0.1 * 0.9**step for step in (2, 5, 8, 11)])
    assert [row.epoch for row in history] == [1, 2, 3, 4]
    assert all(0 < row.train_time < 10 for row in history)
    assert history.reason is None
    assert history.best() is min(history, key=lambda row: row.val_loss or 0.0)
    assert len(history) == 4


def test_best_without_validation_and_without_epochs() -> None:
    rows = [Row(i, loss, None, 1.0, None, None, 0.1) for i, loss in ((1, 3.0), (2, 1.0), (3, 2.0))]
    assert History(rows).best().epoch == 2
    with pytest.raises(ValueError, match="no epoch has been completed yet"):
        History().best()


def test_csv_has_the_columns_of_the_logs(tmp_path: Path) -> None:
    history = History([ROW, Row(2, 0.1, None, 0.25, None, None, 0.01)])
    history.to_csv(tmp_path / "log.csv")
    text = (tmp_path / "log.csv").read_text(encoding="utf-8")
    assert text == (
        "epoch,train_loss,train_time,val_loss,val_accuracy\n1,0.254310,0.341200,0.183240,94.50\n2,0.100000,0.250000,,\n"
    )
    with (tmp_path / "log.csv").open(encoding="utf-8", newline="") as file:
        assert [row["val_accuracy"] for row in csv.DictReader(file)] == ["94.50", ""]
    assert len(read_runs(tmp_path / "log.csv")) == 1


def test_dict_and_back_through_json() -> None:
    history = History([ROW, Row(2, 0.1, None, 0.25, None, None, 0.01)], "enough", {"MSE": [None, 0.5]})
    again = trusted.history(json.loads(json.dumps(history.to_dict())))
    assert again == history
    assert again.measured(again.rows[0]) == {}
    assert again.measured(again.rows[1]) == {"MSE": 0.5}


def test_every_metric_has_a_number_or_none_for_every_epoch() -> None:
    history = History([ROW, ROW], metrics={"MSE": [0.5]})
    assert history.to_dict()["metrics"] == {"MSE": [0.5, None]}
    assert history.metrics == {"MSE": [0.5]}
    history.note("wrong", 3)
    assert repr(history.metrics["wrong"]) == "[None, 3.0]"


def test_a_copy_is_its_own() -> None:
    history = History([ROW], "enough", {"MSE": [0.5]})
    copy = history.copy()
    assert copy == history
    history.rows.append(ROW)
    history.note("MSE", 0.25)
    assert (len(copy), copy.metrics) == (1, {"MSE": [0.5]})


@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
def test_a_history_of_300_000_epochs_with_metrics_is_saved(network: MakeNetwork, tmp_path: Path, suffix: str) -> None:
    count = 300_000
    rows = [Row(i + 1, 1 / (i + 1), 0.5, i / 7, None if i % 3 else 0.25, None, 0.1) for i in range(count)]
    metrics: dict[str, list[float | None]] = {
        "MSE": [math.nan if i % 5 == 0 else i / 3 for i in range(count)],
        "train_loss": [None if i % 2 else math.inf if i % 4 else math.nan for i in range(count)],
    }
    nn = network()
    nn.run = Run(epoch=count, history=History(rows, "enough", metrics))
    nn.save(tmp_path / f"m{suffix}")
    if suffix == ".safetensors":
        with safe_open(tmp_path / "m.safetensors", framework="numpy") as file:
            assert file.get_tensor("history").shape == (count, 9)
            assert len(file.metadata()["run"]) < 10_000
    again = load(tmp_path / f"m{suffix}", custom=[type(nn.layers[1])])
    assert again.run is not None
    assert again.run.history.rows == rows
    assert repr(again.run.history.metrics) == repr(metrics)


def test_the_numbers_of_bursts_equal_their_rows() -> None:
    log = np.random.default_rng(0).uniform(0.1, 5, (9, 5))
    log[1, 1], log[2, 2], log[4, 0], log[5, :2], log[6, 0] = 0.0, np.nan, np.inf, (np.inf, np.inf), np.nan
    blocks = Block(2, log[:1], 0.25, 0.5), Block(3, log[1:6], 0.1, 0.2), Block(8, log[6:], 1 / 3, 0.0)
    times = [0.25 + 0.5, 0.1 + 0.2, *[0.1] * 4, *[1 / 3] * 3]
    numbers = zip(log.tolist(), times, strict=True)
    rows = [ROW, *(row_of(epoch, line, time) for epoch, (line, time) in enumerate(numbers, 2))]

    def fresh() -> History:
        history = History([ROW])
        for block in blocks:
            history.extend(block)
        return history

    kept = fresh()
    for place in range(-10, 10):
        assert repr(kept[place]) == repr(rows[place])
    for cut in (slice(None), slice(-3, None), slice(7, 1, -2)):
        assert repr(kept[cut]) == repr(rows[cut])
    for name in CELLS[1:]:
        assert repr(getattr(kept, name)) == repr([getattr(row, name) for row in rows])
    for wrong in (10, -11):
        with pytest.raises(IndexError):
            kept[wrong]
    assert len(kept) == 10
    assert repr(kept.to_dict()) == repr(History(rows).to_dict())
    assert kept.best() == min(rows, key=lambda row: row.train_loss if row.val_loss is None else row.val_loss)
    kept.note("MSE", 2)
    assert kept.measured(kept[-1]) == {"MSE": 2.0}
    assert len(kept._blocks) == 3  # none of this has made the rows
    assert repr(kept.rows) == repr(fresh().rows) == repr(rows)
    assert (len(kept), kept._blocks) == (10, [])
