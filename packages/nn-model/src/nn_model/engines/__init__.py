"""Engines run programs. Which one runs is chosen at run time and is never part of a saved model."""

from nn_model.engines.choice import Engine, choose, make_engine
from nn_model.engines.numpy import NumpyEngine

__all__ = ["Engine", "NumpyEngine", "choose", "make_engine"]
