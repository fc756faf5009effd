"""`nn train --recommended`: a preset's best settings, and what a person puts in their place."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from nn_layers import Dense, Dropout, Glorot, ReLU, Standardize
from nn_loss import MSE
from nn_model import NN, load
from nn_optim import SGD, Adam, Nadam, OneCycle

Invoke = Callable[..., Result]
GLOROT = Glorot("uniform")
LAYERS = (Dense(64, 512, GLOROT), ReLU(), Dropout(0.3), Dense(512, 10, GLOROT))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ckpt"


def trained(nn: Invoke, digits: Path, folder: Path, *options: object) -> NN:
    """Train with the recommended settings, and give the last state."""
    result = nn("train", "-d", digits, "--recommended", "--checkpoint-folder", folder, *options)
    assert result.exit_code == 0, result.stderr
    return load(folder / "last.safetensors")


def test_layers_optimizer_batches_and_epochs(nn: Invoke, digits: Path, folder: Path) -> None:
    made = trained(nn, digits, folder)
    assert made.layers == LAYERS
    assert made.optimizer == Adam(lr=OneCycle(0.003, 90))  # 10 epochs of 9 batches: 540 of the 600 rows train
    assert made.run is not None
    assert (made.step, made.run.epoch, made.run.fingerprint["batch_size"]) == (90, 10, 64)
    assert made.run.fingerprint["validation"] == "0.1 stratified"


def test_without_it_they_are_the_defaults_of_the_command(nn: Invoke, digits: Path, folder: Path) -> None:
    assert nn("train", "-d", digits, "--nb-epochs", 1, "--checkpoint-folder", folder).exit_code == 0
    made = load(folder / "last.safetensors")
    assert (made.layers, made.optimizer, made.step) == ((*LAYERS[:2], LAYERS[3]), Adam(lr=0.001), 5)


@pytest.mark.parametrize(
    ("options", "optimizer"),
    [
        (("--nb-epochs", 2), Adam(lr=OneCycle(0.003, 18))),
        (("--nb-epochs", 2, "--batch-size", 100), Adam(lr=OneCycle(0.003, 12))),
        (("--nb-epochs", 2, "--validation-split", 0), Adam(lr=OneCycle(0.003, 20))),
        (("--nb-epochs", 2, "--validation-order", "last", "--validation-split", 0.5), Adam(lr=OneCycle(0.003, 10))),
        (("--nb-epochs", 1, "--learning-rate", 0.25), Adam(lr=0.25)),
        (("--nb-epochs", 1, "--optimizer-name", "adam"), Adam(lr=OneCycle(0.003, 9))),
        (("--nb-epochs", 1, "--optimizer-name", "nadam"), Nadam(lr=OneCycle(0.003, 9))),
        (("--nb-epochs", 1, "--optimizer-name", "sgd", "--learning-rate", 0.25), SGD(lr=0.25)),
    ],
)
def test_what_a_person_chooses_comes_first(
    nn: Invoke, digits: Path, folder: Path, options: tuple[object, ...], optimizer: object
) -> None:
    made = trained(nn, digits, folder, *options)
    assert (made.optimizer, made.layers) == (optimizer, LAYERS)
    if isinstance(made.optimizer.lr, OneCycle):
        assert made.step == made.optimizer.lr.steps


def test_tables_are_standardised_first_and_values_have_their_loss(nn: Invoke, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "line.csv"
    path.write_text("".join(f"{i / 10},{i / 5 + 0.5}\n" for i in range(60)))
    made = trained(nn, path, folder, "--nb-epochs", 1)
    assert made.layers == (Standardize(), Dense(1, 512, GLOROT), *LAYERS[1:3], Dense(512, 1, GLOROT))
    assert made.loss == MSE()


@pytest.mark.parametrize("model", ["small", "nn-rs", "spec.json"])
def test_a_model_without_any_is_wrong_usage(nn: Invoke, folder: Path, model: str) -> None:
    result = nn("train", "-d", "none", "--model", model, "--recommended", "--checkpoint-folder", folder)
    assert (result.exit_code, result.stdout) == (2, "")
    start, names = result.stderr.splitlines()[-1].removesuffix(".").split("; they are for: ")
    assert start == f"Error: no settings are recommended for the model {model}"
    assert "mlp" in names.split(", ")
    assert model not in names.split(", ")
    assert not folder.exists()


def test_the_help_says_what_they_are(nn: Invoke) -> None:
    words = " ".join(nn("train", "--help").stdout.split())
    assert re.search(r"\(mlp: Adam in one cycle up to 0\.003, Dropout 0\.3, 10 epochs of batches of 64[;)]", words)


class TestResumed:
    """A run that was started with them goes on with them."""

    def test_as_if_it_had_never_been_ended(self, nn: Invoke, digits: Path, folder: Path, tmp_path: Path) -> None:
        whole = trained(nn, digits, tmp_path / "whole", "--nb-epochs", 3, "--patience", 1, "--min-delta", 9)
        assert whole.run is not None
        assert whole.run.epoch == 2  # it was stopped early, and its schedule was made for three
        trained(nn, digits, folder, "--nb-epochs", 3, "--patience", 1, "--min-delta", 9, "--checkpoint-steps", 4)
        go_on = ("train", "-d", digits, "--resume", "--checkpoint-folder", folder)
        result = nn(*go_on, "--patience", 5, "--recommended", "--model", "mlp")
        assert (result.exit_code, result.stderr.count("Warning")) == (0, 0), result.stderr
        uncut = trained(nn, digits, tmp_path / "uncut", "--nb-epochs", 3)
        assert (load(folder / "last.safetensors").theta == uncut.theta).all()

    def test_more_epochs_than_the_schedule_has_are_warned_of(self, nn: Invoke, digits: Path, folder: Path) -> None:
        trained(nn, digits, folder, "--nb-epochs", 1)
        result = nn("train", "-d", digits, "--resume", "--nb-epochs", 2, "--checkpoint-folder", folder)
        assert result.exit_code == 0
        assert (
            "Warning: the rate's schedule was made for 9 steps, and all epochs are 18; from there on the rate is "
            "1.2e-08; leave --resume out for a longer schedule\n"
        ) in result.stderr
        made = load(folder / "last.safetensors")
        assert made.run is not None
        assert (made.step, made.run.remembered["Remembered"]["recommended"]) == (18, True)

    def test_another_network_is_refused(self, nn: Invoke, digits: Path, folder: Path) -> None:
        trained(nn, digits, folder, "--nb-epochs", 1)
        for model in ("small", "nn-rs"):
            args = ("--resume", "--nb-epochs", 2, "--model", model, "--checkpoint-folder", folder)
            result = nn("train", "-d", digits, *args)
            assert (result.exit_code, f"another network than --model {model}" in result.stderr) == (1, True)

    @pytest.mark.parametrize("force", [(), ("--force",)])
    def test_a_run_without_them_does_not_become_one_with_them(
        self, nn: Invoke, digits: Path, folder: Path, force: tuple[str, ...]
    ) -> None:
        args = ("train", "-d", digits, "--checkpoint-folder", folder, "--nb-epochs")
        assert nn(*args, 1).exit_code == 0
        result = nn(*args, 2, "--resume", "--recommended", *force)
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
        message = f"Error: {folder / 'last.safetensors'}: the run was started without --recommended"
        assert result.stderr.startswith(message)

    def test_the_rate_may_be_changed_by_force(self, nn: Invoke, digits: Path, folder: Path) -> None:
        trained(nn, digits, folder, "--nb-epochs", 1)
        args = ("train", "-d", digits, "--resume", "--nb-epochs", 2, "--checkpoint-folder", folder)
        change = ("--learning-rate", 0.25)
        refused = nn(*args, *change)
        assert refused.exit_code == 1
        assert "learning-rate was OneCycle(0.003, 9), now 0.25; give the same" in refused.stderr
        assert nn(*args, *change, "--force").exit_code == 0
        assert load(folder / "last.safetensors").optimizer == Adam(lr=0.25)
