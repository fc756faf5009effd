"""RustNet's example from radio: is a point of a noisy sine above zero, by a 2-12-1 network on full batches.

The set, its division, the network and the settings are those of RustNet's `run2.py`; `--recommended` trains the same
network with Adam, in a tenth of the epochs. Unlike there, mean and deviation are those of the training rows alone.
"""

import argparse
import csv
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from charts import write_picture
from numpy.typing import NDArray

from nn_layers import Dense, He, ReLU, Sigmoid, Standardize, Uniform
from nn_loss import BinaryCrossEntropy
from nn_model import NN, Report
from nn_model.checkpoint import check_writable
from nn_model.data import Split
from nn_model.data.signals import noisy_sine
from nn_model.plot.canvas import BLUE, VERMILLION, legend, new_figure, quiet
from nn_optim import SGD, Adam, ClipValue, OneCycle

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Answers(NamedTuple):
    """What a network says about the test rows."""

    probability: NDArray[Any]
    predicted: NDArray[np.int64]
    actual: NDArray[np.int64]
    report: Report


def divided(rows: int) -> Split:
    """Make the set; four fifths of its shuffled rows are for training."""
    x, y = noisy_sine(rows)
    order = np.arange(rows)
    np.random.default_rng(7).shuffle(order)
    train, test = np.split(order, [int(0.8 * rows)])
    return Split(x[train], y[train], x[test], y[test])


def network(epochs: int, seed: int, *, recommended: bool) -> NN:
    """Stack the layers; in full batches an epoch is one update."""
    init, optimizer = (He(), Adam(lr=OneCycle(0.05, epochs))) if recommended else (Uniform(), SGD(lr=0.003))
    return NN(
        layers=[Standardize(), Dense(2, 12, init), ReLU(), Dense(12, 1, init), Sigmoid()],
        loss=BinaryCrossEntropy(),
        optimizer=optimizer,
        input_shape=(2,),
        clip=ClipValue(1.0),
        dtype="float64",
        seed=seed,
    )


def train(data: Split, epochs: int, seed: int, *, recommended: bool) -> NN:
    """Train one network."""
    nn = network(epochs, seed, recommended=recommended)
    nn.adapt(data.x_train)
    nn.fit(data.x_train, data.y_train, epochs=epochs, batch_size=len(data.x_train), verbose=False)
    return nn


def judge(nn: NN, data: Split) -> Answers:
    """Ask a network about the test rows."""
    probability = nn.predict_proba(data.x_test)[:, 1]
    predicted = (probability >= 0.5).astype(np.int64)
    return Answers(probability, predicted, data.y_test, Report.from_labels(data.y_test, predicted, [0, 1]))


def picture(answers: Answers) -> "Figure":
    """Draw the probability and the actual label of every test row."""
    figure = new_figure(10, 5)
    ax = figure.subplots()
    quiet(ax)
    actual = ax.plot(answers.actual, "o", color=BLUE, ms=5)[0]
    said = ax.plot(answers.probability, "x", color=VERMILLION, ms=6, mew=1.5)[0]
    ax.set_title("RF Synthetic \u2014 Predicted Probability vs Actual Label (Test Set)")
    ax.set(xlabel="Test row", ylabel="Probability of label 1", ylim=(-0.1, 1.1))
    legend(figure, [actual, said], ["actual label", "predicted probability"], loc="outside lower center", ncols=2)
    return figure


def write_csv(path: Path, answers: Answers) -> None:
    """Write a line for every test row."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["probability", "predicted_label", "actual_label"])
        writer.writerows(zip(*(column.tolist() for column in answers[:3]), strict=True))


def show(answers: Answers) -> None:
    """Print what `run2.py` prints."""
    (tn, fp), (fn, tp) = answers.report.confusion_matrix
    print(f"Test Accuracy: {answers.report.accuracy * 100:.2f}%")
    print("Confusion Matrix (test):")
    print(f"  TP: {tp} | FP: {fp}")
    print(f"  FN: {fn} | TN: {tn}")


def main() -> None:
    """Train, test, export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recommended", action="store_true", help="Adam in one cycle, and a tenth of the epochs")
    parser.add_argument("--seed", type=int, default=0, help="of the first weights")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, from --seed; the rest is of the first")
    parser.add_argument("--model", type=Path, default=Path("noisy_sine.safetensors"), help="where the network is saved")
    parser.add_argument("--csv", type=Path, default=Path("predictions_exported_rf.csv"), help="where the answers go")
    parser.add_argument("--pictures", type=Path, help="folder for the picture; left out, none is made")
    args = parser.parse_args()
    check_writable(args.model)  # before training, not after

    data, epochs = divided(1000), 300 if args.recommended else 3000
    nets = [train(data, epochs, args.seed + i, recommended=args.recommended) for i in range(max(args.seeds, 1))]
    answers = judge(nets[0], data)
    nets[0].save(args.model)
    write_csv(args.csv, answers)
    show(answers)
    if args.seeds > 1:
        found = [100 * judge(nn, data).report.accuracy for nn in nets]
        print(f"Seeds from {args.seed}: {', '.join(f'{a:.1f}' for a in found)}; median {median(found):.2f}%")
    if args.pictures:
        write_picture(args.pictures / "noisy_sine.png", picture(answers))


if __name__ == "__main__":
    main()
