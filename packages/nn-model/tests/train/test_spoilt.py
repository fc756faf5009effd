"""An epoch that ends with parameters that are not finite ends training there, whether anybody watches or not."""

from typing import Any, Literal

import numpy as np
import pytest

from nn_layers import Dense, Dropout, Propagate, Sigmoid
from nn_loss import MSE
from nn_model import NN
from nn_model.errors import DivergedError
from nn_model.train import History, kernels
from nn_optim import AdamW

Array = np.ndarray[Any, np.dtype[Any]]
Name = Literal["numpy", "numba"]
X, Y = np.ones((40, 1), "float32"), np.arange(40) % 2


def decaying(engine: Name) -> NN:
    """Give a network whose weight doubles its size every step until it overflows; its loss stays finite."""
    return NN([Dense(1, 1), Sigmoid()], MSE(), AdamW(lr=1.0, weight_decay=3.0), engine=engine, task="classification")


def creeping(engine: Name) -> NN:
    """Give a deeper network whose weights do so slowly, after thousands of steps."""
    layers: list[Propagate] = [Dense(1, 3), Sigmoid(), Dropout(0.5), Dense(3, 1), Sigmoid()]
    return NN(layers, MSE(), AdamW(lr=0.01, weight_decay=204.0), engine=engine, task="classification")


def ended(nn: NN, epochs: int, batch_size: int, *, quiet: bool) -> tuple[Any, ...]:
    """Train until it diverges; give where it ended, and how."""
    with pytest.raises(DivergedError, match="parameters that are not finite") as caught:
        nn.fit(
            X, Y, epochs=epochs, batch_size=batch_size, shuffle=False, verbose=False, threads=1,
            callbacks=[] if quiet else [lambda _: None],
        )  # fmt: skip
    assert nn.run is not None
    history, run = nn.run.history, nn.run
    assert len(history) == run.epoch
    numbers = history.train_loss, history.train_accuracy, history.lr
    return str(caught.value), nn.step, run.epoch, run.batch, run.sums.tolist(), numbers, nn.theta.tobytes()


@pytest.mark.parametrize("make", [decaying, creeping])
@pytest.mark.parametrize("batch_size", [10, 40])
@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_a_quiet_fit_ends_at_the_epoch_at_which_a_watched_one_does(make: Any, batch_size: int, engine: Name) -> None:
    if engine == "numba":
        pytest.importorskip("numba")
        pytest.importorskip("scipy")
    watched = ended(make(engine), 20000, batch_size, quiet=False)
    assert ended(make(engine), 20000, batch_size, quiet=True) == watched
    last = watched[2] + 1  # the burst then ends with that epoch
    assert ended(make(engine), last, batch_size, quiet=True) == watched


def test_a_mended_network_trains_again() -> None:
    nn = decaying("numpy")
    ended(nn, 20000, 10, quiet=True)
    nn.set_weights({name: np.zeros_like(array) for name, array in nn.weights().items()})
    history: History = nn.fit(X, Y, epochs=3, batch_size=10, shuffle=False, verbose=False)
    assert len(history) == 3


@pytest.mark.parametrize("engine", ["numpy", "numba"])
@pytest.mark.parametrize(
    ("numbers", "is_spoilt"),
    [((1, 2), 0), ((3e38, 3e38), 0), ((np.nan, 1), 1), ((1, np.inf), 1), ((-np.inf, 1), 1), ((np.inf, -np.inf), 1)],
)
def test_what_an_epochs_end_calls_spoilt(engine: str, numbers: tuple[float, float], is_spoilt: int) -> None:
    close, halt = kernels.close, kernels.halt
    if engine == "numba":
        compiled = pytest.importorskip("nn_model.engines.numba.registry").callable_from_python
        twins = pytest.importorskip("nn_model.engines.numba.twins.epoch")
        close, halt = compiled(twins.close), compiled(twins.halt)
    spoilt, count, value = np.zeros(1, np.int64), np.zeros(1, np.int64), np.ones(1)
    with np.errstate(all="ignore"):
        close(np.array([4]), 4, np.ones(4), np.ones(1), np.array(numbers, "float32"), np.zeros((2, 5)), count, spoilt)
    halt(spoilt, value)
    assert (spoilt[0], count[0], np.isnan(value[0])) == (is_spoilt, 1, bool(is_spoilt))
