"""XOR with a 2-4-1 network of sigmoids, as Rust-Neural-Networks and mlp.c have it, in full batches."""

import argparse

import numpy as np

from nn_layers import Dense, Glorot, Sigmoid
from nn_loss import MSE
from nn_model import NN
from nn_optim import Adam


def network(seed: int) -> NN:
    """Stack the layers; `task` makes the labels 0 and 1 out of classes, so that accuracy and labels exist."""
    return NN(
        layers=[Dense(2, 4, Glorot("uniform")), Sigmoid(), Dense(4, 1, Glorot("uniform")), Sigmoid()],
        loss=MSE(),
        optimizer=Adam(lr=0.05),
        task="classification",
        seed=seed,
    )


def main() -> None:
    """Train and print the four answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
    y = np.array([0, 1, 1, 0])
    nn = network(args.seed)
    for epoch in range(1, args.epochs + 1):
        loss, accuracy = nn.train_step(x, y)
        if epoch % 500 == 0:
            print(f"Epoch {epoch:5}: loss = {loss:.6f}, accuracy = {100 * (accuracy or 0):.0f}%")
    for row, label, chance in zip(x, y, nn.predict_proba(x)[:, 1], strict=True):
        print(f"{row[0]:.0f} xor {row[1]:.0f} = {label}, the network says {chance:.3f}")


if __name__ == "__main__":
    main()
