"""The XOR example runs as its users run it, learns what it promises, and starts as its document does."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "xor/main.py"


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603  # our own script


def run(*arguments: str) -> str:
    done = start(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def answers(text: str) -> list[tuple[int, int, int, float]]:
    found = re.findall(r"^(\d) xor (\d) = (\d), the network says ([\d.]+)$", text, re.MULTILINE)
    return [(int(a), int(b), int(label), float(chance)) for a, b, label, chance in found]


def test_our_settings_answer_all_four() -> None:
    text = run()
    assert "accuracy = 100%" in text
    assert [(a, b) for a, b, *_ in answers(text)] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    for a, b, label, chance in answers(text):
        assert label == a ^ b
        assert abs(chance - label) < 0.05


def test_at_least_19_of_20_seeds_learn_all_four() -> None:
    found = re.search(r"^all four answers right from (\d+) of 20 seeds$", run("--seeds", "20"), re.MULTILINE)
    assert found is not None
    assert int(found[1]) >= 19


def test_the_documents_settings_stand_where_its_program_stands_after_as_many_epochs() -> None:
    text = run("--document", "--epochs", "1000")
    loss = re.search(r"^loss = ([\d.]+)", text, re.MULTILINE)
    assert "here 1,000 epochs" in text
    assert loss is not None
    assert float(loss[1]) == pytest.approx(0.2513, abs=0.002)  # from other first weights
    assert all(abs(chance - 0.5) < 0.1 for *_, chance in answers(text))


@pytest.mark.parametrize("arguments", [("--epochs", "0"), ("--seeds", "-3"), ("--seeds", "few")])
def test_a_wrong_number_is_exit_code_2(arguments: tuple[str, str]) -> None:
    done = start(*arguments)
    assert done.returncode == 2
    assert "must be a whole number of at least 1" in done.stderr
    assert "Traceback" not in done.stderr
