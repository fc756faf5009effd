"""One update of ten million parameters by every optimizer."""

import numpy as np

from benchmarks.contenders import NUMBA_PART
from benchmarks.row import Array, Contender, Row
from nn_optim import SGD, AdaGrad, Adam, AdaMax, AdamW, Momentum, Nadam, Nesterov, Optimizer, RMSProp

__all__ = ["ROWS"]

SIZE = 10_000_000
RULES = (SGD(), Momentum(), Nesterov(), AdaGrad(), RMSProp(), Adam(), AdamW(), AdaMax(), Nadam())
FUSED = (SGD, Momentum, Nesterov, AdaGrad, Adam, AdamW)
"""Those that PyTorch has in one piece for the CPU."""


def vectors() -> tuple[Array, Array]:
    """Draw parameters and their gradient."""
    rng = np.random.default_rng(0)
    return 0.1 * rng.standard_normal(SIZE, dtype=np.float32), rng.standard_normal(SIZE, dtype=np.float32)


def contenders(rule: Optimizer) -> tuple[Contender, ...]:
    """Give us and PyTorch's ways; its `foreach` takes as long as its loop."""
    return (
        Contender("nn numpy", "ours:updates", "ours"),
        Contender(NUMBA_PART, "compiled_parts:updates", "ours", "numba"),
        Contender("PyTorch", "pytorch:updates", needs="torch"),
        *([Contender("PyTorch fused", "pytorch:fused", needs="torch")] if isinstance(rule, FUSED) else []),
    )


ROWS = [
    Row(
        name=f"optimizer-{rule.kind.lower()}",
        about=f"{rule.kind}, one update of 10 million parameters",
        unit="step",
        make=lambda rule=rule: rule,
        data=vectors,
        contenders=contenders(rule),
    )
    for rule in RULES
]
