"""What is promised without a peer: `fit` beside its bare program, and two threads that predict beside one."""

from functools import partial

from benchmarks.contenders import NUMPY_EPOCHS
from benchmarks.row import Contender, Row
from benchmarks.rows.dense import digits, mlp
from nn_optim import SGD

__all__ = ["ROWS"]

ROWS = [
    Row(
        name="fit",
        about="an epoch of 100 batches of 784-512-10, promised: at most 1.05 times its bare program",
        unit="epoch",
        make=partial(mlp, SGD(lr=0.01)),
        data=partial(digits, 6_400),
        contenders=(
            NUMPY_EPOCHS,
            Contender("nn numpy, with a progress bar", "ours:with_bar", "ours", "tqdm"),
            Contender("its bare program", "yardsticks:program", "yardstick"),
        ),
        batch_size=64,
        one_thread=True,
    ),
    Row(
        name="threads",
        about="2 x 4,096 rows predicted by two threads, promised: at most 0.71 of one's time",
        unit="answer",
        make=partial(mlp, SGD()),
        data=partial(digits, 4_096),
        contenders=(
            Contender("two threads", "yardsticks:two_threads", "ours"),
            Contender("one thread", "yardsticks:one_thread", "yardstick"),
        ),
        one_thread=True,
    ),
]
