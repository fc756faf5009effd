"""Tell seven kinds of modulation and noise apart with a small CNN, beside a classifier from cumulants.

Every row has unit power, an unknown phase, carrier offset and timing, and one of 21 signal-to-noise ratios. The CNN
reads I and Q and is told nothing else. The classifier from cumulants is told the noise's power and the ratio; a second
one is given the highest lines in the spectra of the row's powers too, for which it need not know the carrier.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from charts import BAND, CHANCE, CLASSIC, CNN, chart, publish, table
from gaussians import fit
from numpy.typing import NDArray

from nn_layers import BatchNorm, Conv2D, Dense, GlobalAvgPool2D, Propagate, ReLU
from nn_loss import CrossEntropy
from nn_model import NN, Report, load
from nn_model.checkpoint import check_writable
from nn_model.data.signals import KINDS, Signals, Waveform, cumulants, iq, make_signals, matched_filter
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


def logarithms(x: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Bring features nearer to Gaussians, since powers of noise have long tails."""
    return np.asarray(np.sign(x) * np.log1p(np.abs(x)), np.float64)


def moduli(data: Signals) -> NDArray[np.float64]:
    """Take the cumulants' moduli, of the samples and behind the matched filter: (n, 16)."""
    passed = 1 / Waveform().samples_per_symbol  # of white noise, by the matched filter
    both = [cumulants(data.z, data.noise_power), cumulants(matched_filter(data.z), passed * data.noise_power)]
    return logarithms(np.concatenate([found.features() for found in both], axis=1))


def lines(data: Signals) -> NDArray[np.float64]:
    """Take the highest line in the spectra of z, z^2 and z^4, which no carrier offset smears: (n, 6)."""
    found = []
    for z in (data.z, matched_filter(data.z)):
        unit = z / np.sqrt(np.mean(np.abs(z) ** 2, axis=1, keepdims=True))
        found += [np.abs(np.fft.fft(unit**p, 4 * LENGTH, axis=1)).max(axis=1) / LENGTH for p in (1, 2, 4)]
    return logarithms(np.stack(found, axis=1))


def by_gaussians(
    x: NDArray[np.float64], xt: NDArray[np.float64], training: Signals, test: Signals
) -> NDArray[np.int64]:
    """Classify the test rows, those of each level by Gaussians fitted to the training rows of that level."""
    answers = np.empty_like(test.y)
    for level in LEVELS:
        here, there = training.snr_db == level, test.snr_db == level
        answers[there] = fit(x[here], training.y[here], len(KINDS)).classify(xt[there])
    return answers


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


def main() -> None:
    """Train, judge at every level, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("classify.safetensors"), help="where the network is saved")
    parser.add_argument("--trained", type=Path, help="a saved network to judge, instead of training one")
    parser.add_argument("--pictures", type=Path, help="folder for pictures and table; left out, none are made")
    parser.add_argument("--quick", action="store_true", help="fewer rows and epochs: seconds, and worse")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if not args.trained:
        check_writable(args.model)  # before training, not after

    rows, epochs, test_rows = (50, 3, 25) if args.quick else (720, 12, 500)  # of each kind at each level
    training = make_signals(KINDS, rows * len(LEVELS), LENGTH, LEVELS, seed=2 * args.seed)
    test = make_signals(KINDS, test_rows * len(LEVELS), LENGTH, LEVELS, seed=2 * args.seed + 1)
    nn = load(args.trained) if args.trained else train(training, epochs, args.seed)
    if not args.trained:
        nn.save(args.model)

    answers = np.argmax(nn.predict_proba(iq(test.z)), axis=1)
    ours = accuracies(answers, test)
    x, xt = moduli(training), moduli(test)
    classical = accuracies(by_gaussians(x, xt, training, test), test)
    x, xt = np.hstack([x, lines(training)]), np.hstack([xt, lines(test)])
    searched = accuracies(by_gaussians(x, xt, training, test), test)
    shown = table(
        ["SNR (dB)", "CNN (%)", "cumulants (%)", "cumulants and lines (%)"],
        [
            [f"{row[0]}", *(f"{share:.1f}" for share in row[1:])]
            for row in zip(LEVELS, ours, classical, searched, strict=True)
        ],
    )
    print(f"\n{shown}")
    compared = np.array(LEVELS) >= -10
    print(f"mean from -10 to 20 dB: CNN {ours[compared].mean():.1f} %, cumulants {classical[compared].mean():.1f} %")
    print(
        f"The CNN is ahead at {np.sum((ours > classical)[compared])} of the {compared.sum()} levels from -10 to 20 dB"
    )
    if args.pictures:
        curves = {
            "CNN": (CNN, ours),
            "cumulants": (CLASSIC, classical),
            "cumulants and lines": (BAND, searched),
            "guessing": (CHANCE, np.full(len(LEVELS), 100 / len(KINDS))),
        }
        pictures = {"classification": chart(LEVELS, {"Eight kinds of signals": curves}, "SNR (dB)", "Accuracy (%)")}
        pictures |= {f"confusion_{level}dB": matrix(answers, test, level) for level in SHOWN}
        publish(args.pictures, pictures, {"classification": shown})


if __name__ == "__main__":
    main()
