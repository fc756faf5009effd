"""Make the pictures of the READMEs: train on the bundled digits and draw what there is to see."""

import argparse
import io
from contextlib import redirect_stdout
from pathlib import Path

from matplotlib.figure import Figure

from nn_layers import Dense, Dropout, ReLU
from nn_loss import CrossEntropy
from nn_model import NN, History, Report, plot
from nn_model.data import Split, load_digits
from nn_optim import Adam, OneCycle, Optimizer

EPOCHS, BATCH, TRAIN_ROWS = 12, 64, 1293


def train(data: Split, optimizer: Optimizer) -> tuple[NN, History, str]:
    """Train one network; give it, its history and what it printed."""
    nn = NN([Dense(64, 128), ReLU(), Dropout(0.2), Dense(128, 10)], CrossEntropy(), optimizer)
    with redirect_stdout(io.StringIO()) as printed:
        history = nn.fit(data.x_train, data.y_train, epochs=EPOCHS, batch_size=BATCH, validation_split=0.1)
    return nn, history, printed.getvalue()


def terminal(text: str) -> Figure:
    """Draw text as a terminal shows it."""
    lines = text.splitlines()
    width, height = 0.085 * max(map(len, lines)) + 0.4, 0.17 * len(lines) + 0.4
    figure = Figure(figsize=(width, height), facecolor="#1e1e1e")
    figure.text(0.2 / width, 1 - 0.2 / height, text, family="monospace", fontsize=10, color="#e8e8e8", va="top")
    return figure


def main() -> None:
    """Write the pictures into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)

    data = load_digits()
    cycle = OneCycle(0.01, EPOCHS * -(-TRAIN_ROWS // BATCH))
    nn, with_cycle, printed = train(data, Adam(lr=cycle))
    _, constant, _ = train(data, Adam(lr=0.001))
    report = nn.evaluate(data.x_test, data.y_test)
    if not isinstance(report, Report):
        raise TypeError("digits are classes; the network answered with values")
    pictures = {
        "curves": plot.curves({"one cycle to 0.01": with_cycle, "constant 0.001": constant}),
        "confusion": plot.confusion(report),
        "reliability": plot.reliability(nn.predict_proba(data.x_test), data.y_test),
        "first_layer": plot.first_layer(nn, shape=(8, 8)),
        "learning_rate": plot.learning_rate(cycle, cycle.steps),
        "terminal": terminal(f"{printed}\n{report}"),
    }
    for name, figure in pictures.items():
        print(plot.save(figure, folder / f"{name}.png", dpi=100))


if __name__ == "__main__":
    main()
