"""Full-batch gradient descent as RustNet has it: one update an epoch, and the squared error from before it."""

import numpy as np

from nn_layers.kernels import sigmoid
from nn_model.arrays import Array
from nn_model.cause import check_theta
from nn_model.network import NN
from nn_model.rustnet.texts import shortest
from nn_model.train.arguments import check_choice, check_number, check_whole
from nn_model.train.dead import warn_dead
from nn_model.train.interrupt import interruptible
from nn_optim import SGD

__all__ = ["check_training", "descend", "rated"]


def check_training(learning_rate: object, epochs: object, verbose: object) -> None:
    """Check what says how to train; raise `PartError` where it does not."""
    check_number("learning_rate", learning_rate)
    check_whole("epochs", epochs)
    check_choice("verbose", verbose, (True, False))


def rated(nn: NN, rate: float) -> NN:
    """Give the network with this rate: itself, or one of the same parts and numbers."""
    if nn.optimizer.lr == rate:
        return nn
    shape = nn.core.layout.input_shape
    other = NN(nn.layers, nn.loss, SGD(rate), seed=nn.seed, input_shape=shape, clip=nn.clip, dtype="float64")
    other.set_weights(nn.weights())
    return other


def descend(nn: NN, x: Array, y: Array, epochs: int, *, verbose: bool) -> None:
    """Make `epochs` updates, each from all rows.

    Raises
    ------
    DivergedError
        The loss is not finite before an update, or the parameters after the last one.
    KeyboardInterrupt
        Ctrl-C: after the update under way, never inside it.

    Warns
    -----
    UserWarning
        A layer that answered to no row in the last step.
    """
    with interruptible() as ended:
        for epoch in range(1, epochs + 1):
            loss, _ = nn.train_step(x, y)
            if verbose:
                print(f"Epoch {epoch}: MSE ~ {shortest(_squared_error(nn, y, loss))}")
            if reason := ended():
                break
    core = nn.core
    check_theta(core.body, core.vectors, epoch, nn.step, float(core.update.frame.lr[0]))
    if len(y) > 1:  # a single row that leaves a layer silent says nothing of the others
        warn_dead(core.body, core.trainer.program(len(y)), set())
    if reason == "interrupted":
        raise KeyboardInterrupt


def _squared_error(nn: NN, y: Array, loss: float) -> float:
    """Give the mean over all elements of (a - y)^2 of the step just made, from before its update."""
    if nn.loss.link is None:  # the loss is that error
        return loss
    scores = nn.core.trainer.program(len(y)).frames[-1].y
    a = np.empty_like(scores)
    sigmoid.forward(scores, sigmoid.exponent_limit(scores), a)
    return float(np.mean((a - y) ** 2))
