"""Imports, each in a fresh process."""

import subprocess
import sys
from functools import partial

from benchmarks.row import Row, Run

__all__ = ["jax", "network", "numpy_pydantic", "onnxruntime", "ours", "sklearn", "torch"]


def start(statement: str, _: Row) -> Run:
    """Start Python for one statement."""

    def run(times: int) -> float:
        for _ in range(times):
            subprocess.run([sys.executable, "-c", statement], check=True)  # noqa: S603  # our own few statements
        return 0.0

    return run


ours = partial(start, "import nn_model")
network = partial(start, "from nn_model import NN")
numpy_pydantic = partial(start, "import numpy, pydantic.dataclasses")
torch = partial(start, "import torch")
jax = partial(start, "import jax")
sklearn = partial(start, "import sklearn.neural_network")
onnxruntime = partial(start, "import onnxruntime")
