"""Where compiled code is kept: who may write there, and what becomes of files that are damaged."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("numba")

from nn_model.engines.numba.folder import check_own

SCRIPT = """
import numpy as np
from nn_layers import Dense
from nn_loss import MSE
from nn_model import NN
from nn_optim import SGD
nn = NN([Dense(2, 1)], MSE(), SGD(), engine="numba")
nn.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=2, verbose=True)
from nn_model.engines.numba.folder import folder
print(folder())
"""


def trained(cache: Path) -> tuple[str, str]:
    """Train in a process of its own; give what it printed, and its warnings."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True)  # noqa: S603  # our own script
    return done.stdout, done.stderr


def test_compiled_code_is_kept_for_the_next_process(tmp_path: Path) -> None:
    first, second = trained(tmp_path), trained(tmp_path)
    assert "Compiling" in first[0]
    assert "Compiling" not in second[0]
    assert first[1] == second[1] == ""
    found = Path(second[0].splitlines()[-1])
    assert found.parent == tmp_path / "nn-model"
    for place in (found, found.parent):
        assert place.stat().st_mode & 0o777 == 0o700
    (driver,) = found.glob("nn_driver_*.py")
    text = driver.read_text()
    assert "affine.forward" in text

    driver.write_text("raise SystemExit('not ours')")
    for file in found.rglob("*.nb[ic]"):
        file.write_bytes(b"damaged")
    third = trained(tmp_path)
    assert "Epoch 2/2" in third[0]
    assert third[1] == ""
    assert driver.read_text() == text


def test_a_wrong_bit_in_what_was_kept_costs_a_compilation(tmp_path: Path) -> None:
    first = trained(tmp_path)
    found = Path(first[0].splitlines()[-1])
    damaged = {}
    for file in found.rglob("*.nbc"):
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1  # in the midst of the code: most such files can be read, and LLVM takes them
        file.write_bytes(data)
        damaged[file] = bytes(data)
    second = trained(tmp_path)
    assert "Epoch 2/2" in second[0]
    assert second[1] == ""
    assert len(damaged) > 3
    assert [file.name for file, data in damaged.items() if file.read_bytes() == data] == []


def test_where_nothing_may_compile_auto_is_numpy_and_numba_is_refused(tmp_path: Path) -> None:
    code = """
import numpy as np
from nn_layers import Dense
from nn_loss import MSE
from nn_model import NN, engines
from nn_model.errors import PartError
from nn_optim import SGD
engines.choice.WORTH = 0.0
nn = NN([Dense(2, 1)], MSE(), SGD())
nn.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=2, verbose=False)
print(nn.run.engine)
try:
    NN([Dense(2, 1)], MSE(), SGD(), engine="numba")
except PartError as error:
    print(error)
"""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)  # noqa: S603  # our own code
    engine, refused = done.stdout.splitlines()
    assert engine == "numpy"
    assert "NUMBA_DISABLE_JIT" in refused


def test_a_folder_that_others_may_write_to_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "nn-model").mkdir()
    (tmp_path / "nn-model").chmod(0o777)
    out, warnings = trained(tmp_path)
    assert "others may write to" in warnings
    assert "compiled code is not kept for the next process" in warnings
    assert not list((tmp_path / "nn-model").iterdir())
    assert not Path(out.splitlines()[-1]).exists()


def test_a_folder_that_goes_or_cannot_be_found_costs_a_compilation(tmp_path: Path) -> None:
    gone = (
        SCRIPT
        + """
import shutil
shutil.rmtree(folder())
again = NN([Dense(2, 1)], MSE(), SGD(), engine="numba")
again.fit(np.ones((6, 2)), np.ones((6, 1)), epochs=2, verbose=True)
"""
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", gone], env=environment, capture_output=True, text=True, check=True)  # noqa: S603  # our own script
    assert done.stdout.count("Epoch 2/2") == 2
    assert "compiled code is not kept for the next process" in done.stderr


def test_whose_folder_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_own(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(PermissionError, match="link is no folder"):
        check_own(tmp_path / "link")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(PermissionError, match="belongs to another user; set NUMBA_CACHE_DIR"):
        check_own(tmp_path)


def test_importing_the_package_imports_no_numba(tmp_path: Path) -> None:
    code = "import sys, nn_model; nn_model.NN; print('numba' in sys.modules, 'scipy' in sys.modules)"
    done: Any = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)  # noqa: S603  # our own code
    assert done.stdout.split() == ["False", "False"]
