"""Who does the work of a row: one module for each library, imported by its own process only."""

from benchmarks.row import Contender

__all__ = [
    "AUTO",
    "JAX",
    "JAX_LOOP",
    "NUMBA",
    "NUMBA_PART",
    "NUMPY",
    "NUMPY_EPOCHS",
    "PYTORCH",
    "PYTORCH_COMPILED",
    "SCIKIT_LEARN",
]

NUMPY = Contender("nn numpy", "ours:steps", "ours")
NUMPY_EPOCHS = Contender("nn numpy", "ours:epochs", "ours")
NUMBA = Contender("nn numba", "ours:compiled", "ours", "numba")
AUTO = Contender("nn auto", "ours:automatic", "ours")
NUMBA_PART = "nn numba, its part of a fit"
"""What no call of ours runs alone: a program of one part, given to the engine by hand."""
PYTORCH = Contender("PyTorch", "pytorch:eager", needs="torch")
PYTORCH_COMPILED = Contender("PyTorch compiled", "pytorch:compiled", needs="torch")
JAX = Contender("JAX", "jax_training:steps", needs="jax")
JAX_LOOP = Contender("JAX loop", "jax_training:loop", needs="jax")
SCIKIT_LEARN = Contender("scikit-learn", "scikit_learn:steps", needs="sklearn")
