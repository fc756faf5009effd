"""The program of a step, as text for people."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nn_layers.calls import Call
from nn_layers.summary import Text, shape_text
from nn_model.engines.twinned import untwinned
from nn_model.program import Part, Program


def explain(program: Program, rows: int, engine: str = "numpy") -> Text:
    """Print one line for every kernel call: whose it is, the formula's name, and the shapes it works on.

    Where the engine is not `"numpy"`, calls that numba cannot compile are named, and which engine runs because of them.
    """
    calls = program.gradients.calls
    lines = [f"one training step of {rows} rows: {len(calls)} calls, then {len(program.update.part.calls)}"]
    lines += ["", "gradients", *_table(program.gradients)]
    lines += ["", "if the loss is finite: update", *_table(program.update.part)]
    return Text("\n".join([*lines, *_engine(program, engine)]))


def _engine(program: Program, engine: str) -> list[str]:
    if engine == "numpy":
        return []
    alone = [f"  {owner}: {formula(call)} has no twin" for owner, call in untwinned(program)]
    if alone:
        return ["", "engine: numpy, since numba cannot compile every call", *alone]
    return ["", "engine: numba"] if engine == "numba" else []


def _table(part: Part) -> Iterator[str]:
    rows = [(owner, formula(call), arguments(call)) for owner, call in zip(part.owners, part.calls, strict=True)]
    widths = [max((len(row[i]) for row in rows), default=0) for i in (0, 1)]
    last = None
    for owner, name, words in rows:
        shown = owner if owner != last else ""
        last = owner
        yield f"  {shown:<{widths[0]}}  {name:<{widths[1]}}  {words}".rstrip()


def formula(call: Call) -> str:
    """Name a call's kernel as `affine.forward`."""
    kernel = call[0]
    home = getattr(kernel, "__module__", None) or "numpy"  # NumPy's older ufuncs name none
    return f"{home.rsplit('.', 1)[-1]}.{getattr(kernel, '__name__', type(kernel).__name__)}"


def arguments(call: Call) -> str:
    """Write a call's arguments: shapes of arrays, and numbers."""
    return ", ".join(_argument(arg) for arg in call[1])


def _argument(arg: Any) -> str:
    if isinstance(arg, np.ndarray):
        return f"[{shape_text(arg.shape)}]"
    if isinstance(arg, np.random.Generator):
        return "generator"
    if isinstance(arg, float):
        return f"{arg:g}"
    return f"({len(arg)} numbers)" if isinstance(arg, tuple) and len(arg) > 4 else str(arg)
