"""The program of a step, as text for people."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nn_layers.calls import Call
from nn_layers.summary import Text, shape_text
from nn_model.program import Part, Program


def explain(program: Program, rows: int) -> Text:
    """Print one line for every kernel call: whose it is, the formula's name, and the shapes it works on."""
    calls = program.gradients.calls
    lines = [f"one training step of {rows} rows: {len(calls)} calls, then {len(program.update.part.calls)}"]
    lines += ["", "gradients", *_table(program.gradients)]
    lines += ["", "if the loss is finite: update", *_table(program.update.part)]
    return Text("\n".join(lines))


def _table(part: Part) -> Iterator[str]:
    rows = [(owner, _formula(call), _arguments(call)) for owner, call in zip(part.owners, part.calls, strict=True)]
    widths = [max((len(row[i]) for row in rows), default=0) for i in (0, 1)]
    last = None
    for owner, formula, arguments in rows:
        shown = owner if owner != last else ""
        last = owner
        yield f"  {shown:<{widths[0]}}  {formula:<{widths[1]}}  {arguments}".rstrip()


def _formula(call: Call) -> str:
    kernel = call[0]
    return f"{kernel.__module__.rsplit('.', 1)[-1]}.{getattr(kernel, '__name__', type(kernel).__name__)}"


def _arguments(call: Call) -> str:
    return ", ".join(_argument(arg) for arg in call[1])


def _argument(arg: Any) -> str:
    if isinstance(arg, np.ndarray):
        return f"[{shape_text(arg.shape)}]"
    if isinstance(arg, np.random.Generator):
        return "generator"
    if isinstance(arg, float):
        return f"{arg:g}"
    return f"({len(arg)} numbers)" if isinstance(arg, tuple) and len(arg) > 4 else str(arg)
