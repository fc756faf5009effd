"""How a person's targets become what a loss takes, and how scores become a person's answers."""

from nn_model.targets.coding import Coding, make_coding

__all__ = ["Coding", "make_coding"]
