"""The command line that `detect.py` and `classify.py` share."""

import argparse
from collections.abc import Callable
from pathlib import Path

from nn_model import NN, load
from nn_model.checkpoint import check_writable


def arguments(about: str | None, model: str) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path(model), help=f"where the network is saved ({model})")
    parser.add_argument("--trained", type=Path, help="a saved network to judge, instead of training one")
    parser.add_argument("--pictures", type=Path, help="folder for pictures and table; left out, none are made")
    parser.add_argument("--quick", action="store_true", help="fewer rows and epochs: seconds, and worse")
    parser.add_argument("--seed", type=int, default=0, help="of rows, first weights and shuffling (0)")
    return parser.parse_args()


def trained(args: argparse.Namespace, train: Callable[[], NN]) -> NN:
    """Give the saved network that was named, or train one and save it."""
    if args.trained:
        try:
            return load(args.trained)
        except ValueError as error:
            raise SystemExit(f"--trained: {error}") from None
    check_writable(args.model)  # before training, not after
    nn = train()
    nn.save(args.model)
    return nn
