"""Probabilities from trained networks, for one row and for 64."""

from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.row import Contender, Row
from benchmarks.rows.dense import digits, mlp
from benchmarks.rows.images import network, pictures
from nn_optim import SGD

__all__ = ["ROWS"]

PEERS = (
    Contender("nn numpy", "ours:answers", "ours"),
    Contender("PyTorch", "pytorch:answers", needs="torch"),
    Contender("PyTorch compiled", "pytorch:answers_compiled", needs="torch"),
    Contender("JAX", "jax_training:answers", needs="jax"),
    Contender("onnxruntime", "onnx_runtime:answers", needs="onnxruntime"),
)
SCIKIT_LEARN = Contender("scikit-learn", "scikit_learn:answers", needs="sklearn")
NETWORKS: dict[str, tuple[Callable[[], Any], Any, tuple[Contender, ...]]] = {
    "mlp": (partial(mlp, SGD()), digits, (*PEERS, SCIKIT_LEARN)),
    "cnn": (partial(network, "mnist_cnn"), pictures, PEERS),
}
ROWS = [
    Row(
        name=f"latency-{name}-{rows}",
        about=f"predict_proba of {rows} row{'s' if rows > 1 else ''}, network of {name}",
        unit="answer",
        make=make,
        data=partial(data, rows),
        contenders=contenders,
    )
    for name, (make, data, contenders) in NETWORKS.items()
    for rows in (1, 64)
]
