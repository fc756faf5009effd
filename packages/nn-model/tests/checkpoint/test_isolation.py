"""Reading a file opens that file and nothing else, imports nothing, runs nothing; and no code could unpickle one."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import nn_layers
import nn_loss
import nn_model
import nn_optim
from nn_model.checkpoint import Snapshot, write

WATCH = """
import json, sys
from nn_model.checkpoint import read
from nn_model.errors import CheckpointError, ShapeError

good, *others = sys.argv[1:]
for path in good.split(","):
    read(path)  # the first load imports what all loads need
seen, said = [], []
sys.addaudithook(lambda event, args: seen.append([event, str(args[0]) if event == "open" else repr(args)]))
for path in [*good.split(","), *others]:
    try:
        said.append(read(path).run["step"])
    except (CheckpointError, ShapeError) as error:
        said.append(str(error))
events, seen = seen, []
print(json.dumps({"events": events, "said": said}))
"""

HARMLESS = {"object.__getattr__", "object.__setattr__", "sys._getframe", "builtins.id", "code.__new__"}


def test_row_62_nothing_is_imported_or_opened_beside_the_file(forge: Any, tmp_path: Path, snapshot: Snapshot) -> None:
    good = [tmp_path / "good.json", tmp_path / "good.safetensors"]
    for path in good:
        write(path, snapshot)
    for name in ("layer.py", "Own.py"):
        (tmp_path / name).write_text("raise SystemExit('imported')")
    bad = [
        forge.json(lambda data, kind=kind: data["spec"]["layers"][1].update(kind=kind), name=f"{i}.json")
        for i, kind in enumerate(["os.system", "layer.Own", "Own", "__class__", "Stack", "nn_model.NN", "../x", "json"])
    ]
    bad.append(forge.json(lambda data: data["spec"]["layers"][1].update({"py/object": "os.system"}), name="py.json"))
    bad.append(forge.json(lambda data: data["spec"].update(optimizer={"kind": "layer"}), name="optimizer.json"))
    bad.append(forge.tensors(lambda header: header["__metadata__"].update(run="{"), name="run.safetensors"))
    bad.append(forge.tensors(lambda header: header["layers.1.w"].update(dtype="layer"), name="dtype.safetensors"))
    arguments = [",".join(map(str, good)), *map(str, bad)]
    done = subprocess.run(  # noqa: S603  # this interpreter, and files of ours
        [sys.executable, "-c", WATCH, *arguments], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert found["said"][:2] == [12, 12]
    assert all(isinstance(said, str) for said in found["said"][2:])
    assert len(found["said"]) == 14
    opened = [args for event, args in found["events"] if event == "open"]
    assert set(opened) - {"3", "4", "5", "6", "7"} == {str(path) for path in (*good, *bad)}
    assert {event for event, _ in found["events"]} - HARMLESS == {"open"}


SWAP = """
import os, sys
from nn_model.checkpoint import read
from nn_model.errors import CheckpointError

path, kind = sys.argv[1:]
read(path)
make = {"pipe": os.mkfifo, "link": lambda path: os.symlink("/dev/zero", path)}[kind]

def swap(event, args):
    # Comes when the path has been looked at and is about to be opened.
    if event == "open" and str(args[0]) == path:
        os.unlink(path)
        make(path)

sys.addaudithook(swap)
try:
    read(path)
except CheckpointError as error:
    print(error)
"""


@pytest.mark.parametrize(("kind", "message"), [("pipe", "found a pipe"), ("link", "symbolic links; check the path")])
def test_row_78_a_path_that_changes_under_the_readers_eyes(
    tmp_path: Path, snapshot: Snapshot, kind: str, message: str
) -> None:
    path = tmp_path / "a.json"
    write(path, snapshot)
    command = [sys.executable, "-c", SWAP, str(path), kind]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603  # ours
    assert done.stdout.startswith(f"{path}: ")
    assert message in done.stdout


PACKAGES = [nn_layers, nn_loss, nn_optim, nn_model]
FORBIDDEN_MODULES = {
    "pickle",
    "cPickle",
    "_pickle",
    "dill",
    "cloudpickle",
    "marshal",
    "shelve",
    "yaml",
    "joblib",
    "runpy",
}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        assert package.__file__ is not None
        yield from Path(package.__file__).parent.rglob("*.py")


def suspicious(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names if alias.name.partition(".")[0] in FORBIDDEN_MODULES)
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in FORBIDDEN_MODULES:
                yield module
            case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_CALLS:
                yield name
            case ast.keyword(arg="allow_pickle", value=ast.Constant(value=True)):
                yield "allow_pickle"


def test_row_70_no_code_could_unpickle_or_run_a_file() -> None:
    files = list(sources())
    assert len(files) > 60
    # The one file that writes the compiled driver and imports it is exempt by name; no checkpoint reaches it.
    found = {
        str(path): list(suspicious(ast.parse(path.read_text("utf-8")))) for path in files if path.name != "driver.py"
    }
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "code",
    ["import pickle", "from marshal import loads", "import yaml.x", "eval('1')", "np.load(f, allow_pickle=True)"],
)
def test_the_search_finds_what_it_looks_for(code: str) -> None:
    assert len(list(suspicious(ast.parse(code)))) == 1
