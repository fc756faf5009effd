"""The nn-rs example: stack layers, train on handwriting with full batches, save, load, report.

python main.py                     the bundled 8 x 8 digits
python main.py --data DIR          MNIST
python main.py --document-files    and nn-rs' own files: weights/w0.csv, weights/b0.csv, ...
python main.py --document-report   the report as nn-rs prints it
"""

import argparse
from pathlib import Path

from nn_layers import ELU, Dense, ElasticNet, He
from nn_loss import CrossEntropy
from nn_model import NN, Report, load
from nn_model.checkpoint import check_writable
from nn_model.data import Split, load_digits, load_mnist
from nn_model.formats import nn_rs
from nn_optim import Nadam


def network(data: Split, lr: float, seed: int) -> NN:
    """Stack the layers."""
    penalty = ElasticNet(l1=1e-4, l2=1e-4)
    return NN(
        layers=[
            Dense(data.x_train.shape[1], 64, He(), penalty),
            ELU(),
            Dense(64, 32, He(), penalty),
            ELU(),
            Dense(32, 16, He(), penalty),
            ELU(),
            Dense(16, 10, He(), penalty),
        ],
        loss=CrossEntropy(),
        optimizer=Nadam(lr=lr),
        seed=seed,
    )


def main() -> None:
    """Train, save, load, test."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with MNIST's IDX files; left out, the bundled 8 x 8 digits")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", type=Path, default=Path("mnist_nn.safetensors"), help="where the network is saved")
    parser.add_argument("--document-files", action="store_true", help="nn-rs' files too, in a folder weights")
    parser.add_argument("--document-report", action="store_true", help="print the report line for line as nn-rs does")
    args = parser.parse_args()
    check_writable(args.model)  # before training, not after

    # The bundled digits are 1,437 rows, not 60,000: a larger rate takes the place of their larger network input.
    data, lr = (load_mnist(args.data), 5e-4) if args.data else (load_digits(), 5e-3)
    print(f"Training data: {data.x_train.shape}, labels: {data.y_train.shape}")
    print(f"Test data:     {data.x_test.shape}, labels: {data.y_test.shape}")

    nn = network(data, lr, args.seed)
    print(nn.summary(), end="\n\n")
    for iteration in range(151):
        loss, accuracy = nn.train_step(data.x_train, data.y_train)
        if iteration % 10 == 0:
            print(f"Iteration {iteration:3}: loss = {loss:.6f}, accuracy = {100 * (accuracy or 0):.2f}%")
    nn.save(args.model)
    if args.document_files:
        nn_rs.write(nn, args.model.with_name("weights"))

    fresh = load(args.model)
    print(f"\nSaved to {args.model} and loaded into a fresh network.\n")
    report = fresh.evaluate(data.x_test, data.y_test)
    print(report.to_text(style="nn-rs") if args.document_report and isinstance(report, Report) else report)


if __name__ == "__main__":
    main()
