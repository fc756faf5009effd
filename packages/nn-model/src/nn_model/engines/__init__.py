"""Engines run programs. Which one runs is chosen at run time and is never part of a saved model."""

from nn_model.engines.choice import Engine, make_engine

__all__ = ["Engine", "make_engine"]
