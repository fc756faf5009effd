"""The Checkpoint callback: which files, when, and what is checked before training."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn_layers import Dense
from nn_loss import CrossEntropy
from nn_model import NN, load
from nn_model.checkpoint import claim
from nn_model.errors import CallbackError, CheckpointError, PartError
from nn_model.train import Callback, Checkpoint, CSVLog, EarlyStopping, Event
from nn_optim import SGD, Adam

Array = np.ndarray[Any, np.dtype[Any]]
OPTIONS: dict[str, Any] = {"batch_size": 8, "verbose": False}


@pytest.fixture
def nn() -> NN:
    """Give a network of known layers, that any file can hold."""
    return NN([Dense(4, 3)], CrossEntropy(), Adam(0.5))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_last_and_best_in_a_folder_that_is_made(nn: NN, x: Array, y: Array, tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "runs")
    best: list[bytes] = []

    def keep(event: Event) -> None:
        if event.row is not None and event.row is event.history.best():
            best[:] = [event.nn.theta.tobytes()]

    history = nn.fit(x, y, epochs=9, validation_split=0.2, callbacks=[checkpoint, keep], **OPTIONS)
    assert names(tmp_path / "runs") == ["best.safetensors", "last.safetensors"]
    last, kept = load(tmp_path / "runs/last.safetensors"), load(tmp_path / "runs/best.safetensors")
    assert last.theta.tobytes() == nn.theta.tobytes()
    assert kept.theta.tobytes() == best[0]
    assert kept.step == 4 * history.best().epoch
    assert (checkpoint.best.epoch, checkpoint.best.value) == (history.best().epoch, history.best().val_loss)
    assert last.run is not None
    assert last.run.history.rows == history.rows


def test_a_file_and_the_best_beside_it(nn: NN, x: Array, y: Array, tmp_path: Path) -> None:
    nn.fit(x, y, callbacks=[Checkpoint(tmp_path / "mnist_model.json")], **OPTIONS)
    assert names(tmp_path) == ["mnist_model.json", "mnist_model_best.json"]
    assert load(tmp_path / "mnist_model_best.json").step == 5


@pytest.mark.parametrize(
    ("options", "epochs", "expected"),
    [
        ({}, 2, [5, 10]),
        ({"every_epochs": 2}, 5, [10, 20, 25]),
        ({"every_epochs": None}, 2, [10]),
        ({"every_steps": 2}, 2, [2, 4, 5, 6, 8, 10]),
        ({"every_epochs": None, "every_steps": 5}, 2, [5, 10]),
        ({"every_epochs": None, "every_steps": 3}, 2, [3, 6, 9, 10]),
        ({"every_epochs": 9, "every_steps": 7}, 2, [7, 10]),
        ({"best_only": True}, 2, []),
    ],
)
def test_when_the_last_state_is_saved(
    options: dict[str, Any], epochs: int, expected: list[int], nn: NN, x: Array, y: Array, tmp_path: Path
) -> None:
    saved: list[int] = []
    checkpoint = Checkpoint(tmp_path, **options)

    def look(event: Event) -> None:  # noqa: ARG001  # the event says nothing of files
        path = tmp_path / "last.safetensors"
        if path.exists() and (step := load(path).step) not in saved:
            saved.append(step)

    look.every, look.saves = 1, True  # type: ignore[attr-defined]  # so it is told after the checkpoint
    nn.fit(x, y, epochs=epochs, callbacks=[checkpoint, look], **OPTIONS)
    assert saved == expected
    assert (tmp_path / "best.safetensors").exists()


def test_numbered_files_of_which_the_last_stay(nn: NN, x: Array, y: Array, tmp_path: Path) -> None:
    nn.fit(x, y, epochs=5, callbacks=[Checkpoint(tmp_path, keep=2)], **OPTIONS)
    assert names(tmp_path) == ["best.safetensors", "checkpoint_4.safetensors", "checkpoint_5.safetensors"]
    again = load(tmp_path / "checkpoint_5.safetensors")
    again.fit(x, y, epochs=6, resume=True, callbacks=[Checkpoint(tmp_path, keep=2)], **OPTIONS)
    assert names(tmp_path) == ["best.safetensors", "checkpoint_5.safetensors", "checkpoint_6.safetensors"]


def test_numbered_files_within_epochs(nn: NN, x: Array, y: Array, tmp_path: Path) -> None:
    nn.fit(x, y, epochs=2, callbacks=[Checkpoint(tmp_path / "m.json", every_steps=3, keep=3)], **OPTIONS)
    assert names(tmp_path) == ["m_1_1.json", "m_1_4.json", "m_2.json", "m_best.json"]
    assert load(tmp_path / "m_1_4.json").step == 9


def test_a_file_of_anothers_numbers_deletes_nothing_else(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path, keep=1)
    for numbers in ([["../x", 1]], [[1]], [[-1, 0]], "ab", [[1.0, 2]]):
        with pytest.raises((ValueError, TypeError)):
            checkpoint.restore({"value": None, "epoch": 0, "waited": 0, "numbers": numbers})
    assert names(tmp_path) == []


def trained(path: Path, x: Array, y: Array, **options: Any) -> NN:
    nn = NN([Dense(4, 3)], CrossEntropy(), Adam(0.5))
    nn.fit(x, y, epochs=3, callbacks=[Checkpoint(path, keep=2)], **OPTIONS, **options)
    return nn


def test_a_folder_whose_name_is_no_text(x: Array, y: Array, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    trained(folder, x, y)
    assert names(folder) == ["best.safetensors", "checkpoint_2.safetensors", "checkpoint_3.safetensors"]
    again = load(folder / "checkpoint_3.safetensors")
    again.fit(x, y, epochs=5, callbacks=[Checkpoint(folder, keep=2)], resume=True, **OPTIONS)
    assert names(folder) == ["best.safetensors", "checkpoint_4.safetensors", "checkpoint_5.safetensors"]


def test_no_file_says_where_it_was_made(x: Array, y: Array, tmp_path: Path) -> None:
    trained(tmp_path / "secret", x, y)
    for path in (tmp_path / "secret").iterdir():
        content = path.read_bytes()
        assert b"secret" not in content
        assert tmp_path.name.encode() not in content


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("kind", ["place", "path"])
def test_only_files_of_the_same_place_are_removed(tmp_path: Path, kind: str, moved: bool) -> None:
    one, other = Checkpoint(tmp_path / "a", keep=1), Checkpoint(tmp_path / ("b" if moved else "a"), keep=1)
    one._numbers = [(1, 0), (2, 5)]
    state = one.state()
    if kind == "path":  # as earlier versions wrote it
        del state["place"]
        state["path"] = str((tmp_path / "a").absolute())
    other.restore(state)
    assert other.state()["numbers"] == ([] if moved else [[1, 0], [2, 5]])


def test_a_path_that_cannot_be_is_said_to_be_none(nn: NN, x: Array, y: Array, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"not a possible path|no folder can be made there"):
        nn.fit(x, y, callbacks=[Checkpoint(tmp_path / "a\ud800.json")], **OPTIONS)
    assert nn.step == 0


def test_it_saves_what_the_others_have_noted_wherever_it_stands(nn: NN, x: Array, y: Array, tmp_path: Path) -> None:
    stopping = EarlyStopping("train_loss", patience=99)
    nn.fit(x, y, epochs=3, callbacks=[Checkpoint(tmp_path), stopping], **OPTIONS)
    again, other = load(tmp_path / "last.safetensors"), EarlyStopping("train_loss", patience=99)
    again.fit(x, y, epochs=3, callbacks=[Checkpoint(tmp_path), other], resume=True, **OPTIONS)
    assert other.best == stopping.best
    assert other.best.epoch == 3


def test_the_best_so_far_survives_a_restart(x: Array, y: Array, tmp_path: Path) -> None:
    nn = NN([Dense(4, 3)], CrossEntropy(), SGD(0.5))
    nn.fit(x, y, epochs=3, callbacks=[Checkpoint(tmp_path)], **OPTIONS)
    best = (tmp_path / "best.safetensors").read_bytes()
    again = load(tmp_path / "last.safetensors")

    def worsen(event: Event) -> None:
        if event.kind == "start":
            event.nn.theta[...] = 50.0

    again.fit(x, y, epochs=4, callbacks=[worsen, Checkpoint(tmp_path)], resume=True, **OPTIONS)
    assert again.run is not None
    assert again.run.history.rows[-1].train_loss > again.run.history.rows[-2].train_loss
    assert (tmp_path / "best.safetensors").read_bytes() == best


def test_monitors(nn: NN, x: Array, y: Array, tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path, monitor="val_accuracy")
    history = nn.fit(x, y, epochs=9, validation_split=0.5, callbacks=[checkpoint], **OPTIONS)
    accuracies = [accuracy or 0.0 for accuracy in history.val_accuracy]
    assert checkpoint.best.epoch == 1 + accuracies.index(max(accuracies))
    checkpoint = Checkpoint(tmp_path)
    history = nn.fit(x, y, epochs=3, callbacks=[checkpoint], **OPTIONS)
    assert checkpoint.best.value == min(history.train_loss)
    with pytest.raises(PartError, match="Checkpoint monitors val_accuracy, and there are no validation rows"):
        nn.fit(x, y, callbacks=[Checkpoint(tmp_path, monitor="val_accuracy")], **OPTIONS)


@contextmanager
def unprivileged(folder: Path) -> Iterator[None]:
    """Be nobody, who may read the current folder and not write there."""
    before = Path.cwd()
    os.chdir(folder)
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        os.chdir(before)
        folder.chmod(0o755)


def test_a_folder_that_may_not_be_written_is_refused_before_training(
    nn: NN, x: Array, y: Array, tmp_path: Path
) -> None:
    for checkpoint in (Checkpoint("."), Checkpoint("m.json"), Checkpoint("sub")):
        with unprivileged(tmp_path), pytest.raises(CheckpointError, match=r"Permission denied; .*you may write to"):
            nn.fit(x, y, callbacks=[checkpoint], **OPTIONS)
    assert nn.step == 0
    assert names(tmp_path) == []


def test_impossible_paths_are_refused_before_training(nn: NN, x: Array, y: Array, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text", encoding="utf-8")
    (tmp_path / "folder.json").mkdir()
    for path, message in (
        ("none/runs", "no folder can be made there: No such file or directory; name a folder whose parent is there"),
        ("none/m.json", "the folder .*none does not exist; make it first"),
        ("file", "no folder can be made there: File exists"),
        ("file/runs", "no folder can be made there: Not a directory"),
        ("folder.json", "this is a folder; name a file in it"),
    ):
        with pytest.raises(CheckpointError, match=message):
            nn.fit(x, y, callbacks=[Checkpoint(tmp_path / path)], **OPTIONS)
    assert nn.step == 0
    assert names(tmp_path) == ["file", "folder.json"]


def test_two_runs_of_one_path_are_warned_of(nn: NN, x: Array, y: Array, tmp_path: Path) -> None:
    ready, leave = os.pipe(), os.pipe()
    if (child := os.fork()) == 0:
        with claim(tmp_path / "last.safetensors"):
            os.write(ready[1], b"!")
            os.read(leave[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    with pytest.warns(UserWarning, match="last.safetensors: another process writes to this path as well"):
        nn.fit(x, y, callbacks=[Checkpoint(tmp_path)], **OPTIONS)
    os.write(leave[1], b"!")
    assert os.waitpid(child, 0)[1] == 0
    assert load(tmp_path / "last.safetensors").step == 5


def test_arguments_are_checked(tmp_path: Path) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"every_epochs": 0}, "every_epochs must be a whole number of at least 1; got 0"),
        ({"every_steps": 1.5}, "every_steps must be a whole number of at least 1; got 1.5"),
        ({"keep": -1}, "keep must be a whole number of at least 1; got -1"),
        ({"best_only": 1}, "best_only must be True or False; got 1"),
        ({"monitor": "accuracy"}, "monitor must be 'val_loss' or"),
        ({"best_only": True, "keep": 3}, "keep counts the files of last states, and best_only=True writes none"),
    ]
    for options, message in cases:
        with pytest.raises(PartError, match=message):
            Checkpoint(tmp_path, **options)


def test_a_failure_to_save_ends_training_with_the_reason(nn: NN, x: Array, y: Array, tmp_path: Path) -> None:
    def vanish(event: Event) -> None:
        if event.kind == "epoch" and event.epoch == 2:
            for path in (tmp_path / "runs").iterdir():
                path.unlink()
            (tmp_path / "runs").rmdir()

    with pytest.raises(CheckpointError, match="does not exist; make it first") as found:
        nn.fit(x, y, epochs=3, callbacks=[vanish, Checkpoint(tmp_path / "runs")], **OPTIONS)
    assert found.value.__notes__ == ["the callback Checkpoint failed at 'epoch', epoch 2, step 10"]
    assert nn.run is not None
    assert len(nn.run.history) == 2
    assert not isinstance(found.value, CallbackError)


def test_a_stop_at_the_start_saves_nothing(
    nn: NN, x: Array, y: Array, tmp_path: Path, recorder: Callable[..., Any]
) -> None:
    from nn_model.train import Stop  # noqa: PLC0415  # the answer alone

    nn.fit(x, y, callbacks=[lambda _: Stop("no"), Checkpoint(tmp_path)], **OPTIONS)
    assert names(tmp_path) == []
    assert nn.fit(x, y, callbacks=[recorder(stop_at=1, every=1), Checkpoint(tmp_path)], **OPTIONS).reason
    assert load(tmp_path / "last.safetensors").step == 1


@pytest.mark.parametrize("name", ["model.pt", "model.PTH", "model.h5", "model.keras", "model.pkl", "model.npz"])
def test_a_file_of_another_format_is_no_folder_to_make(tmp_path: Path, name: str) -> None:
    with pytest.raises(CheckpointError, match=r"model\..*: checkpoints are \.safetensors or \.json files; name one"):
        Checkpoint(tmp_path / name)
    assert names(tmp_path) == []


def test_dots_in_the_name_of_a_folder_are_fine(nn: NN, x: Array, y: Array, tmp_path: Path) -> None:
    nn.fit(x, y, callbacks=[Checkpoint(tmp_path / "run.2026.05")], **OPTIONS)
    assert names(tmp_path / "run.2026.05") == ["best.safetensors", "last.safetensors"]


def test_an_empty_path_is_no_folder() -> None:
    with pytest.raises(CheckpointError, match=r"path must name a folder or a file; got ''; .* here is '\.'"):
        Checkpoint("")


@pytest.mark.parametrize("suffix", [".json", ".safetensors"])
def test_a_log_and_a_checkpoint_are_two_files(nn: NN, x: Array, y: Array, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    both: list[list[Callback]] = [[Checkpoint(path), CSVLog(path)], [CSVLog(path), Checkpoint(path)]]
    for callbacks in both:
        with pytest.raises(PartError, match=r"callbacks\[1\] is for .*a\..*, and so is callbacks\[0\]; give each its"):
            nn.fit(x, y, callbacks=callbacks, **OPTIONS)
    assert names(tmp_path) == []
