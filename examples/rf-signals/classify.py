"""Tell seven kinds of modulation and noise apart with a small CNN, beside a classifier from cumulants.

Every row has unit power, an unknown phase, carrier offset and timing, and one of 21 signal-to-noise ratios. The CNN
reads I and Q and is told nothing else. The classifier from cumulants is told the noise's power and the ratio; a second
one is given the highest lines in the spectra of the row's powers too, for which it need not know the carrier.
"""

from typing import TYPE_CHECKING

import numpy as np
from charts import BAND, CHANCE, CLASSIC, CNN, chart, publish, table
from classical import by_gaussians, lines, moduli
from command import arguments, trained
from numpy.typing import NDArray

from nn_layers import BatchNorm, Conv2D, Dense, GlobalAvgPool2D, Propagate, ReLU
from nn_loss import CrossEntropy
from nn_model import NN, Report
from nn_model.data.signals import KINDS, Signals, iq, make_signals
from nn_model.plot import confusion
from nn_model.plot.canvas import new_figure
from nn_optim import Adam, OneCycle

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LENGTH = 128
LEVELS = tuple(range(-20, 21, 2))
"""Signal-to-noise ratios in dB, as often in training as in the test."""
SHOWN = (0, 10)
"""Those whose confusions are drawn."""
BATCH = 128


def convolution(channels: int, kernel: int, stride: int = 1) -> list[Propagate]:
    """Convolve along time, normalise, cut off below zero."""
    conv = Conv2D(None, channels, (1, kernel), (1, stride), "same", bias=False)
    return [conv, BatchNorm(None), ReLU()]


def network(steps: int, seed: int) -> NN:
    """Stack the layers: five convolutions, the mean over time, and a score for each kind."""
    layers = [
        *convolution(32, 9, 2),
        *convolution(48, 5, 2),
        *convolution(64, 5),
        *convolution(64, 5, 2),
        *convolution(64, 3),
        GlobalAvgPool2D(),
        Dense(None, len(KINDS)),
    ]
    optimizer = Adam(lr=OneCycle(0.004, steps))
    return NN(layers, CrossEntropy(), optimizer, input_shape=(2, 1, LENGTH), classes=KINDS, seed=seed)


def train(data: Signals, epochs: int, seed: int) -> NN:
    """Train one network on rows of all levels together."""
    nn = network(epochs * -(-len(data.z) // BATCH), seed)
    print(f"{nn.theta.size:,} parameters, {len(data.z):,} rows of {LENGTH} samples, {epochs} epochs", flush=True)
    nn.fit(iq(data.z), np.take(KINDS, data.y), epochs=epochs, batch_size=BATCH)
    return nn


def answers_of(nn: NN, test: Signals) -> NDArray[np.int64]:
    """Give the number of the kind that the network takes each row for."""
    return np.asarray(np.argmax(nn.predict_proba(iq(test.z)), axis=1), np.int64)


def accuracies(answers: NDArray[np.int64], test: Signals) -> NDArray[np.float64]:
    """Give the share of right answers at each level in percent."""
    return np.array([100 * np.mean((answers == test.y)[test.snr_db == level]) for level in LEVELS])


def matrix(answers: NDArray[np.int64], test: Signals, level: int) -> "Figure":
    """Draw which kind was taken for which at one level."""
    at = test.snr_db == level
    figure = new_figure(6.0, 4.9, "compressed")
    ax = figure.subplots()
    confusion(Report.from_labels(test.y[at], answers[at], KINDS), ax)
    ax.set_title(f"CNN at {level} dB: {ax.get_title()}")
    return figure


def compared(nn: NN, training: Signals, test: Signals) -> dict[str, NDArray[np.float64]]:
    """Give the accuracies of the network, of cumulants, and of cumulants with lines."""
    x, xt = moduli(training), moduli(test)
    more, more_test = np.hstack([x, lines(training)]), np.hstack([xt, lines(test)])
    return {
        "CNN": accuracies(answers_of(nn, test), test),
        "cumulants": accuracies(by_gaussians(x, xt, training, test), test),
        "cumulants and lines": accuracies(by_gaussians(more, more_test, training, test), test),
    }


def result(found: dict[str, NDArray[np.float64]]) -> str:
    """Write the table: a line for every level."""
    rows = ([f"{level}", *(f"{one[i]:.1f}" for one in found.values())] for i, level in enumerate(LEVELS))
    return table(["SNR (dB)", *(f"{name} (%)" for name in found)], rows)


def verdict(found: dict[str, NDArray[np.float64]]) -> str:
    """Say at how many levels from -10 dB the network is ahead of the cumulants, and by how much."""
    cnn, classical = (found[name][np.array(LEVELS) >= -10] for name in ("CNN", "cumulants"))
    return (
        f"mean from -10 to 20 dB: CNN {cnn.mean():.1f} %, cumulants {classical.mean():.1f} %\n"
        f"The CNN is ahead at {np.sum(cnn > classical)} of the {len(cnn)} levels from -10 to 20 dB"
    )


def pictures(found: dict[str, NDArray[np.float64]], nn: NN, test: Signals) -> "dict[str, Figure]":
    """Draw accuracies against the signal-to-noise ratio, and confusions at some levels."""
    looks = {"CNN": CNN, "cumulants": CLASSIC, "cumulants and lines": BAND}
    curves = {name: (look, found[name]) for name, look in looks.items()}
    curves["guessing"] = CHANCE, np.full(len(LEVELS), 100 / len(KINDS))
    answers = answers_of(nn, test)
    return {
        "classification": chart(LEVELS, {"Eight kinds of signals": curves}, "SNR (dB)", "Accuracy (%)"),
        **{f"confusion_{level}dB": matrix(answers, test, level) for level in SHOWN},
    }


def main() -> None:
    """Train, judge at every level, draw."""
    args = arguments(__doc__, "classify.safetensors")
    rows, epochs, test_rows = (50, 3, 25) if args.quick else (720, 12, 500)  # of each kind at each level
    training = make_signals(KINDS, rows * len(LEVELS), LENGTH, LEVELS, seed=2 * args.seed)
    test = make_signals(KINDS, test_rows * len(LEVELS), LENGTH, LEVELS, seed=2 * args.seed + 1)
    nn = trained(args, lambda: train(training, epochs, args.seed))

    found = compared(nn, training, test)
    print(f"\n{result(found)}\n{verdict(found)}")
    if args.pictures:
        publish(args.pictures, pictures(found, nn, test), {"classification": result(found)})


if __name__ == "__main__":
    main()
