"""The nn-rs example: stack layers, train on handwriting with full batches, save, load, report."""

import argparse
from pathlib import Path

import numpy as np

from nn_layers import ELU, Dense, ElasticNet, He
from nn_loss import CrossEntropy
from nn_model import NN
from nn_model.data import Split, load_digits, load_mnist
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with MNIST's IDX files; left out, the bundled 8 x 8 digits")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--weights", type=Path, default=Path("weights.npz"), help="where the weights are saved")
    args = parser.parse_args()
    if args.weights.suffix != ".npz" or not args.weights.parent.is_dir():
        parser.error(f"--weights must be a .npz file in a folder that exists; got {args.weights}")

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
    np.savez(args.weights, **nn.weights())

    fresh = network(data, lr, seed=args.seed + 1)
    with np.load(args.weights, allow_pickle=False) as saved:
        fresh.set_weights(dict(saved))
    print(f"\nWeights saved to {args.weights} and loaded into a fresh network.\n")
    print(fresh.evaluate(data.x_test, data.y_test))


if __name__ == "__main__":
    main()
