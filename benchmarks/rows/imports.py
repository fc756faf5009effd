"""Imports."""

from benchmarks.row import Contender, Row

__all__ = ["ROWS"]

ROWS = [
    Row(
        name="import",
        about="a fresh process that imports the library; ours: `from nn_model import NN`",
        unit="import",
        make=lambda: None,
        data=lambda: (),
        contenders=(
            Contender("nn numpy", "imports:network", "ours"),
            Contender("PyTorch", "imports:torch", needs="torch"),
            Contender("JAX", "imports:jax", needs="jax"),
            Contender("scikit-learn", "imports:sklearn", needs="sklearn"),
            Contender("onnxruntime", "imports:onnxruntime", needs="onnxruntime"),
            Contender("nn_model alone", "imports:ours", "yardstick"),
            Contender("numpy and pydantic", "imports:numpy_pydantic", "yardstick"),
        ),
        one_thread=True,
    )
]
