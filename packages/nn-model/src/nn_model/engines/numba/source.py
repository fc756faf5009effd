"""The driver's source: a program's calls as lines of Python, of names of kernels and whole numbers only."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nn_layers.calls import Call, Port
from nn_model.engines.numba.registry import SMALL as RUN_SMALL
from nn_model.engines.numba.slots import SMALL, Slot, lines_of
from nn_model.engines.twinned import TWINS, twin_module
from nn_model.program import Program

HEAD = '''"""Made by nn-model: one training step, for numba to compile."""

from math import isfinite

import numpy as np

from nn_model.engines.numba.keeping import keep_driver
from nn_model.engines.numba.memory import array, local, put_back, within
'''

SMALL_ARRAY = 64
"""Numbers that nine arrays of ten may have at most in a program that is compiled as one."""

Key = tuple[Any, ...]


@dataclass(slots=True)
class Places:
    """What the driver is handed: where arrays and generators are, and numbers with a fraction.

    Attributes
    ----------
    arrays
        A call and an argument's place in it, for every array and every generator: the array is found there again
        after another has been fed.
    floats
        In the order in which the driver counts them.
    known
        The number of each that has one.
    slots
        What is known of each array; nothing of a generator.
    """

    arrays: list[tuple[int, int]] = field(default_factory=list)
    floats: list[float] = field(default_factory=list)
    known: dict[Key, int] = field(default_factory=dict)
    slots: list[Slot | None] = field(default_factory=list)

    def argument(self, arg: Any, call: int, place: int, port: int | None) -> str:
        """Write one argument of a call."""
        if isinstance(arg, np.ndarray):
            return self._array(arg, call, place, port)
        if isinstance(arg, tuple):
            return "(" + "".join(f"{self._number(item)}, " for item in arg) + ")"
        if isinstance(arg, np.random.Generator):
            return self._generator(arg, call, place)
        return "None" if arg is None else self._number(arg)

    def _number(self, arg: Any) -> str:
        if isinstance(arg, float | np.floating):
            self.floats.append(float(arg))
            return f"f{len(self.floats) - 1}"
        return str(int(arg))

    def _generator(self, arg: np.random.Generator, call: int, place: int) -> str:
        n = self.known.setdefault(("generator", id(arg)), len(self.arrays))
        if n == len(self.arrays):
            self.arrays.append((call, place))
            self.slots.append(None)
        return f"t[{n}]"

    def _array(self, arg: Any, call: int, place: int, port: int | None) -> str:
        """Name an array. One memory has one name, so that the compiler sees what is written and read again."""
        at = address(arg) if port is None else None
        key = (at, port, arg.shape, arg.dtype.name)
        if key not in self.known:
            self.known[key] = len(self.arrays)
            self.arrays.append((call, place))
            dtype = "bool_" if arg.dtype.name == "bool" else arg.dtype.name
            shape = ", ".join(map(str, arg.shape)) + ("," if arg.ndim == 1 else "")
            start = at if arg.flags.writeable else None
            self.slots.append(Slot(start, arg.size, f"({shape})", f"np.{dtype}", arg.itemsize))
        return f"a{self.known[key]}"


def address(arg: Any) -> int:
    """Say where an array's numbers are, or what a generator draws with."""
    if isinstance(arg, np.random.Generator):
        return int(arg.bit_generator.ctypes.bit_generator.value)
    return int(arg.__array_interface__["data"][0])


def calls_of(program: Program) -> list[Call]:
    """Give all calls of a step, in order."""
    return [*program.gradients.calls, *program.update.part.calls]


def write(program: Program) -> tuple[str, Places]:
    """Write the driver of a program, and say what it is to be handed."""
    places, modules = Places(), set()
    ports = _ports(program)
    body: list[str] = []
    first = len(program.gradients.calls)
    for i, (kernel, args) in enumerate(calls_of(program)):
        module = twin_module(kernel)
        modules.add(module)
        written = [places.argument(arg, i, j, ports.get((i, j))) for j, arg in enumerate(args)]
        if i == first:
            body += _test(program, places)
        body.append(f"{module}.{kernel.__name__}({', '.join(written)})")
    if first == len(body):
        body += _test(program, places)
    return _whole(RUN_SMALL if _is_small(program) else "run", places, sorted(filter(None, modules)), body), places


def _is_small(program: Program) -> bool:
    """Whether calls take no longer than it takes to begin them: then it pays to compile all as one, shapes included."""
    sizes = [arg.size for _, args in calls_of(program) for arg in args if isinstance(arg, np.ndarray)]
    return len(sizes) <= 400 and sorted(sizes)[len(sizes) * 9 // 10] <= SMALL_ARRAY


def _test(program: Program, places: Places) -> list[str]:
    name = next(f"a{n}" for key, n in places.known.items() if key[0] == address(program.value))
    return [f"if not isfinite({name}[0]):", "    done = step", "    break"]


def _whole(name: str, places: Places, modules: Sequence[str], body: Sequence[str]) -> str:
    taken, views, left = lines_of(
        {n: slot for n, slot in enumerate(places.slots) if slot is not None}, SMALL if name == RUN_SMALL else 0
    )
    lines = [f"f{n} = f[{n}]" for n in range(len(places.floats))]
    lines += [*taken, *views, "done = steps", "for step in range(steps):", *(f"    {line}" for line in body)]
    lines += [*left, "return done"]
    imports = f"from {TWINS} import {', '.join(modules)}\n"
    text = "".join(f"    {line}\n" for line in lines)
    return f"{HEAD}{imports}\n\n@keep_driver\ndef {name}(t, f, steps):\n{text}"


def _ports(program: Program) -> dict[tuple[int, int], int]:
    """Find the arguments that another array may take the place of: they share no name with any other memory."""
    found: dict[tuple[int, int], int] = {}
    ports: list[Port | None] = [program.x, program.given, program.weights]
    for number, port in enumerate(ports):
        for calls, i, j, _ in [] if port is None or port.copies else port.uses:
            if calls is program.gradients.calls:
                found[i, j] = number
    return found
