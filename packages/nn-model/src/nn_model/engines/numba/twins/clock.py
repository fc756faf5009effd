"""The clock of a program."""

from nn_layers.protocol import Array
from nn_model import program
from nn_model.engines.numba.registry import twin


@twin(program.tick)
def tick(rates: Array, lr: Array, step: Array) -> None:
    lr[0] = rates[step[0] % rates.size]
    step[0] += 1
